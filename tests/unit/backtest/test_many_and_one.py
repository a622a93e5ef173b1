"""Many symbols' account beside the one symbol's, and the kernels beside themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.backtest import Execution, FixedRisk, FractionOfEquity, backtest
from foresto_lab.backtest.choices import choose
from foresto_lab.backtest.many import backtest_many
from foresto_lab.backtest.rotation_walk import rules_of
from foresto_lab.engine import momentum, rotation
from foresto_lab.engine.rotation_positions import N_ROTATION_ACCOUNT
from foresto_lab.market.candle_panel import parse_candle_panel
from foresto_lab.strategies.library.momentum_rotation import MomentumRotation
from foresto_lab.strategies.library.rsi_reversal import RsiReversal
from foresto_lab.strategies.signals import Signals

CLOSE = {"rel": 1e-9, "abs": 1e-6}
KOREAN_TAX = {"2019-06-03": 0.0025, "2021-01-01": 0.0023, "2023-01-01": 0.002}


def walks(n_bars: int, n_symbols: int, seed: int = 1) -> pd.DataFrame:
    """Return candles of random walks."""
    random = np.random.default_rng(seed)
    shape = (n_bars, n_symbols)
    close = 100.0 * np.exp(random.normal(0.0, 0.02, shape).cumsum(axis=0))
    opening = close * np.exp(random.normal(0.0, 0.01, shape))
    high = np.maximum(opening, close) * (1.0 + random.random(shape) * 0.02)
    low = np.minimum(opening, close) * (1.0 - random.random(shape) * 0.02)
    index = pd.date_range("2020-01-01", periods=n_bars, freq="D", tz="UTC")
    columns = {}
    for place in range(n_symbols):
        fields = (opening, high, low, close, np.ones(shape))
        names = ("open", "high", "low", "close", "volume")
        for name, values in zip(names, fields, strict=True):
            columns[f"s{place}", name] = values[:, place]
    return pd.DataFrame(columns, index=index)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fill": "close", "slippage_bps": 5.0},
        {"stop_loss": 0.03, "take_profit": 0.05, "maker_fee_rate": 0.0001},
        {"trailing_stop": 0.04, "time_stop": 7, "sell_tax_rate": 0.002},
        {"lot_size": 1.0, "minimum_order": 500.0, "sell_tax_rate": KOREAN_TAX},
        {"sizing": FractionOfEquity(0.3), "on_opposite": "close"},
        {"sizing": FixedRisk(0.01), "stop_loss": 0.05, "sell_tax_rate": 0.002},
    ],
)
def test_one_symbol_trades_as_it_does_alone(options: dict[str, Any]) -> None:
    candles = walks(600, 1)
    random = np.random.default_rng(5)
    into, out, short = (random.random(600) < 0.05 for _ in range(3))
    signals = Signals.of(long_entry=into, long_exit=out, short_entry=short)
    execution = Execution(allow_short=False, **options)
    alone = backtest(candles["s0"], signals, execution, symbol="s0")
    shared = backtest_many(candles, {"s0": signals}, execution, max_positions=1)
    assert len(shared.trades) == len(alone.trades) > 10
    for name in ("symbol", "entry_time", "exit_time", "exit_reason", "signal_time"):
        assert shared.trades[name].tolist() == alone.trades[name].tolist() or (
            name == "exit_time" and shared.trades[name].equals(alone.trades[name])
        )
    for name in (
        "quantity",
        "pnl",
        "fees",
        "tax",
        "return_rate",
        "max_adverse_excursion",
        "max_favorable_excursion",
    ):
        assert shared.trades[name].tolist() == pytest.approx(
            alone.trades[name].tolist(), **CLOSE
        )
    assert shared.equity["equity"].tolist() == pytest.approx(
        alone.equity["equity"].tolist(), **CLOSE
    )
    for name, value in alone.metrics.items():
        assert shared.metrics[name] == pytest.approx(value, nan_ok=True, **CLOSE)


def test_compiled_kernels_say_what_their_python_says() -> None:
    panel = parse_candle_panel(walks(60, 5))
    strategy = MomentumRotation(
        lookback_bars=10, skip_bars=2, top=2, keep_rank=3, rebalance="WEEKLY"
    )
    execution = Execution(stop_loss=0.05, lot_size=1.0, sell_tax_rate=0.002)
    decisions = choose(
        panel, strategy, execution, max_positions=None, rank_by=None
    ).decisions
    risk = execution.risk_with(strategy.risk)
    scores = np.empty_like(decisions.ranking.scores)
    window = (panel.rows[:, 3].copy(), decisions.ranking.decisions, 10, 2)
    momentum.momentum_kernel.py_func(panel.values, *window, scores)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(scores, decisions.ranking.scores)
    told = []
    for kernel in (rotation.rotation_kernel, rotation.rotation_kernel.py_func):  # type: ignore[attr-defined]
        account = np.zeros(N_ROTATION_ACCOUNT)
        equity = np.empty((60, 3))
        trades = kernel(
            panel.values,
            panel.rows,
            panel.last_bars,
            scores,
            decisions.ranking.decisions,
            decisions.leaves,
            rules_of(execution, risk, decisions, 1e6, 5),
            np.array([0.002]),
            account,
            equity,
        )
        told.append((trades, equity, account))
    for one, other in zip(*told, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert len(told[0][0]) > 5


def test_a_strategy_of_one_symbol_runs_on_many() -> None:
    candles = walks(500, 4)
    result = backtest_many(
        candles, RsiReversal(), Execution(allow_short=False), rank_by="-rsi"
    )
    assert len(result.trades) > 4
    assert set(result.trades["entry_conditions"].iloc[0]) == {"rsi"}
    change = result.equity["equity"].iloc[-1] - result.initial_capital
    assert result.trades["pnl"].sum() == pytest.approx(change, **CLOSE)
    assert ("s0", "rsi") in result.signals.columns


def test_a_mapping_of_candles_is_the_same_as_a_frame() -> None:
    candles = walks(200, 3)
    candles.iloc[:20, :5] = np.nan
    candles.iloc[90:94, 5:10] = np.nan
    strategy = MomentumRotation(lookback_bars=20, skip_bars=2, top=2)
    split = {symbol: candles[symbol].dropna() for symbol in ("s0", "s1", "s2")}
    one = backtest_many(candles, strategy)
    other = backtest_many(split, strategy)
    pd.testing.assert_frame_equal(one.equity, other.equity)
    assert one.request_hash == other.request_hash


def test_korean_stocks_and_etfs_in_whole_shares(shared_data: Path) -> None:
    prices = pd.read_parquet(shared_data / "kr_daily_quantkang" / "kr_daily.parquet")
    prices = prices[prices["date"] >= 20150101]
    days = pd.to_datetime(prices["date"].astype(str), utc=True)
    frames = {
        code: frame.set_index(days[frame.index])[
            ["open", "high", "low", "close", "volume"]
        ].astype(float)
        for code, frame in prices.groupby("code")
    }
    valid = {
        code: frame[(frame["low"] > 0) & (frame["high"] >= frame["low"])]
        for code, frame in frames.items()
    }
    rotation_of_four = MomentumRotation(top=4, keep_rank=6)
    execution = Execution(
        lot_size=1.0, fee_rate=0.00015, sell_tax_rate=KOREAN_TAX, slippage_bps=5.0
    )
    require_sound(valid, rotation_of_four, execution)
    whole = backtest_many(valid, rotation_of_four, execution)
    assert (whole.trades["quantity"] % 1.0 == 0.0).all()
    early = whole.trades["exit_time"] < pd.Timestamp("2019-06-03", tz="UTC")
    assert (whole.trades.loc[early, "tax"] == 0.0).all()


def test_american_funds_by_momentum(shared_data: Path) -> None:
    path = shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet"
    require_sound(
        american(path),
        MomentumRotation(top=3, absolute_filter=True, weighting="score"),
        Execution(),
    )


def american(path: Path) -> dict[str, pd.DataFrame]:
    """Return candles by fund, adjusted."""
    prices = pd.read_parquet(path)
    days = pd.to_datetime(prices["date"], utc=True)
    factor = prices["adj_close"] / prices["close"]
    for name in ("open", "high", "low", "close"):
        prices[name] = prices[name] * factor
    prices["high"] = prices[["open", "high", "close"]].max(axis=1)
    prices["low"] = prices[["open", "low", "close"]].min(axis=1)
    names = ["open", "high", "low", "close", "volume"]
    return {
        str(symbol): frame.set_index(days[frame.index])[names].astype(float).dropna()
        for symbol, frame in prices.groupby("ticker")
    }


def require_sound(
    candles: dict[str, pd.DataFrame], strategy: MomentumRotation, execution: Execution
) -> None:
    """Hold a run on real candles to what every run is held to."""
    whole = backtest_many(candles, strategy, execution)
    table = whole.equity
    assert len(whole.trades) > 20
    change = table["equity"].iloc[-1] - whole.initial_capital
    assert whole.trades["pnl"].sum() == pytest.approx(change, rel=1e-9)
    assert (table["cash"] >= -1e-6).all()
    assert (table["position"] <= strategy.selection.top).all()
    end = table.index[int(len(table) * 0.7)]
    part = backtest_many(
        {symbol: own[own.index <= end] for symbol, own in candles.items()},
        strategy,
        execution,
    )
    shared = table["equity"][table.index <= end]
    assert part.equity["equity"].tolist() == shared.tolist()


def test_the_front_door_takes_many_symbols() -> None:
    candles = walks(200, 3)
    strategy = MomentumRotation(lookback_bars=20, skip_bars=2, top=2)
    one = fl.backtest(candles, strategy, initial_capital=1e6)
    other = backtest_many(candles, strategy, initial_capital=1e6)
    pd.testing.assert_frame_equal(one.equity, other.equity)
