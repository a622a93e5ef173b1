"""The figures of a backtest: by hand, and beside empyrical on the same returns."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.metrics.bar_periods import bars_per_year
from foresto_lab.strategies import Signals
from tests.oracles.backtest_candles import L, S, X, candles, flat, signals

FREE = fl.Execution(fee_rate=0.0)


def times(first: str, count: int, freq: str) -> np.ndarray[Any, Any]:
    index = pd.date_range(first, periods=count, freq=freq, tz="UTC")
    return np.asarray(index.as_unit("us").asi8)


@pytest.fixture(scope="module")
def noisy() -> fl.BacktestResult:
    random = np.random.default_rng(7)
    closes = 100.0 * np.exp(random.normal(0.0002, 0.01, 1_500).cumsum())
    bits = random.choice([0, 0, 0, 0, 1, 2, 4], 1_500).astype(np.uint8)
    frame = candles(flat(*closes), freq="D")
    return fl.backtest(frame, Signals(bits), fl.Execution(fee_rate=0.0001))


@pytest.fixture(scope="module")
def returns(noisy: fl.BacktestResult) -> pd.Series[float]:
    equity = noisy.equity["equity"]
    before = equity.shift(1).fillna(noisy.initial_capital)
    return (equity / before - 1.0).tz_localize(None)


def test_figures_of_returns_are_those_of_empyrical(
    noisy: fl.BacktestResult, returns: pd.Series[float]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import empyrical
    metrics, periods = noisy.metrics, noisy.periods_per_year
    assert periods == 365
    known = {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.annual_return(returns, annualization=365),
        "volatility": empyrical.annual_volatility(returns, annualization=365),
        "sharpe": empyrical.sharpe_ratio(returns, annualization=365),
        "sortino": empyrical.sortino_ratio(returns, annualization=365),
        "max_drawdown": empyrical.max_drawdown(returns),
    }
    for name, value in known.items():
        assert metrics[name] == pytest.approx(value, rel=1e-9), name
    years = 1_500 / 365.25
    growth = 1 + metrics["total_return"]
    assert metrics["cagr"] == pytest.approx(growth ** (1 / years) - 1, rel=1e-9)
    assert metrics["calmar"] == pytest.approx(
        metrics["cagr"] / -metrics["max_drawdown"], rel=1e-12
    )


def test_figures_of_trades_are_those_of_the_table(noisy: fl.BacktestResult) -> None:
    metrics, trades = noisy.metrics, noisy.trades
    closed = trades[~trades["is_open"]]
    won, lost = closed[closed["pnl"] > 0]["pnl"], closed[closed["pnl"] < 0]["pnl"]
    deviation = closed["pnl"].std()
    held = closed["exit_time"] - closed["entry_time"]
    expected = {
        "total_trades": len(trades),
        "open_trades": len(trades) - len(closed),
        "win_rate": len(won) / len(closed),
        "profit_factor": won.sum() / -lost.sum(),
        "expectancy": closed["pnl"].mean(),
        "average_win": won.mean(),
        "average_loss": lost.mean(),
        "payoff_ratio": won.mean() / -lost.mean(),
        "best_trade": closed["return_rate"].max(),
        "worst_trade": closed["return_rate"].min(),
        "average_trade": closed["return_rate"].mean(),
        "average_bars_held": closed["bars_held"].mean(),
        "average_holding_time": held.mean() / pd.Timedelta("1D"),
        "sqn": len(closed) ** 0.5 * closed["pnl"].mean() / deviation,
        "total_fees": trades["fees"].sum(),
        "exposure": (noisy.equity["position"] != 0).mean(),
        "final_equity": noisy.equity["equity"].iloc[-1],
        "recovery_factor": metrics["total_return"] / -metrics["max_drawdown"],
        "max_drawdown": noisy.equity["drawdown"].min(),
    }
    for name, value in expected.items():
        assert metrics[name] == pytest.approx(value, rel=1e-9), name


def test_streaks_by_hand() -> None:
    """Bought and sold at opens: 10 to 11, 11 to 12, 12 to 6, 6 to 6, 6 to 7."""
    opens = (10, 10, 11, 11, 12, 12, 6, 6, 6, 6, 7)
    rows = [(price, price, price, price) for price in opens]
    given = {bar: L if bar % 2 == 0 else X for bar in range(10)}
    result = fl.backtest(candles(rows, freq="D"), signals(11, given), FREE)
    pnl = result.trades["return_rate"].tolist()
    assert pnl == pytest.approx([0.1, 1 / 11, -0.5, 0.0, 1 / 6])
    assert result.metrics["max_consecutive_wins"] == 2
    assert result.metrics["max_consecutive_losses"] == 1
    assert result.metrics["win_rate"] == 3 / 5
    assert result.metrics["exposure"] == 5 / 11


def test_a_drawdown_lasts_from_its_peak_to_its_recovery() -> None:
    """Held from the second bar on: 10, 12, 9, 11, 12, 8; first back at bar 5."""
    closes = (10, 10, 12, 9, 11, 12, 11, 13)
    frame = candles(flat(*closes), freq="D")
    metrics = fl.backtest(frame, signals(8, {0: L}), FREE).metrics
    assert metrics["max_drawdown"] == pytest.approx(-0.25, abs=1e-12)
    assert metrics["max_drawdown_duration"] == pytest.approx(3.0)
    unrecovered = fl.backtest(frame.iloc[:5], signals(5, {0: L}), FREE).metrics
    assert unrecovered["max_drawdown_duration"] == pytest.approx(2.0)


def test_a_loss_from_the_first_bar_counts_from_the_capital() -> None:
    frame = candles([(10, 10, 10, 10), (10, 10, 8, 8), (8, 8, 8, 8)], freq="D")
    metrics = fl.backtest(frame, signals(3, {0: L}), FREE).metrics
    assert metrics["max_drawdown"] == pytest.approx(-0.2, abs=1e-12)
    assert metrics["max_drawdown_duration"] == pytest.approx(2.0)


def test_without_a_trade_ratios_are_undefined() -> None:
    metrics = fl.backtest(candles(flat(10, 11, 12)), signals(3, {}), FREE).metrics
    for name in ("win_rate", "profit_factor", "sharpe", "sortino", "calmar", "sqn"):
        assert np.isnan(metrics[name]), name
    assert metrics["total_trades"] == 0
    assert metrics["max_drawdown"] == 0


def test_a_ruined_account_has_figures() -> None:
    rows = [*flat(100, 100), (50, 50, 50, 50), (50, 50, 50, 50)]
    result = fl.backtest(
        candles(rows), signals(4, {0: L, 2: S}), fl.Execution(fee_rate=0, leverage=5)
    )
    metrics = result.metrics
    assert metrics["final_equity"] == 0
    assert metrics["total_return"] == -1
    assert metrics["max_drawdown"] == -1
    assert metrics["liquidations"] == 1
    assert np.isfinite(metrics["volatility"])


@pytest.mark.parametrize(
    ("first", "count", "freq", "periods"),
    [
        ("2024-01-01", 10_000, "1min", 525_600),
        ("2024-01-03", 2_000, "1min", 525_600),
        ("2024-01-01", 1_000, "1h", 8_760),
        ("2024-01-01", 300, "4h", 2_190),
        ("2024-01-01", 100, "1D", 365),
        ("2024-01-01", 100, "B", 252),
        ("2024-01-01", 100, "W-MON", 52),
        ("2024-01-01", 24, "MS", 12),
        ("2024-01-01", 1, "1D", 252),
    ],
)
def test_bars_in_a_year(first: str, count: int, freq: str, periods: float) -> None:
    assert bars_per_year(times(first, count, freq)) == periods


def test_a_session_of_an_exchange_has_so_many_bars() -> None:
    """Six hours and a half of one-minute bars, from Monday to Friday."""
    days = pd.bdate_range("2024-01-01", periods=15, tz="UTC")
    minutes = [day + pd.Timedelta(minutes=m) for day in days for m in range(390)]
    index = pd.DatetimeIndex(minutes).as_unit("us")
    assert bars_per_year(np.asarray(index.asi8)) == 252 * 390
