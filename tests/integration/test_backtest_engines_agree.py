"""Three engines that know nothing of each other trade the same signals the same way.

On what vectorbt and backtesting.py can express, trade by trade, on real candles.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import InputError
from foresto_lab.strategies import Signals
from tests.oracles.backtest_candles import L, candles, flat, signals

pytestmark = pytest.mark.filterwarnings("ignore")
COLUMNS = {"rtol": 1e-9, "atol": 1e-7}


@pytest.fixture(scope="module")
def bitcoin(shared_data: Path) -> pd.DataFrame:
    """Return two years of hourly BTCUSDT."""
    file = shared_data / "crypto_binance_1h_4h_1d" / "BTCUSDT_1h.csv.gz"
    frame = pd.read_csv(file)
    frame.columns = [name.lower() for name in frame.columns]
    times = pd.to_datetime(frame.iloc[:, 0], utc=True)
    frame.index = pd.DatetimeIndex(times).as_unit("us").rename("open_time")
    frame = frame[["open", "high", "low", "close", "volume"]].astype(float)
    return frame[~frame.index.duplicated()].sort_index().iloc[:16_000]


@pytest.fixture(scope="module")
def samsung(shared_data: Path) -> pd.DataFrame:
    """Return 005930's daily candles since 2002."""
    rows = pd.read_parquet(shared_data / "kr_daily_quantkang" / "kr_daily.parquet")
    rows.columns = [str(name).lower() for name in rows.columns]
    rows = rows[(rows["ticker"] == "005930") & (rows["volume"] > 0)]
    days = pd.to_datetime(rows["date"].astype(str))
    rows.index = pd.DatetimeIndex(days).tz_localize("UTC").as_unit("us")
    frame = rows[["open", "high", "low", "close", "volume"]].astype(float).sort_index()
    right = (frame["high"] >= frame[["open", "close"]].max(axis=1)) & (
        frame["low"] <= frame[["open", "close"]].min(axis=1)
    )
    return frame[right & (frame["low"] > 0)].loc["2002":]


def channel_bits(frame: pd.DataFrame, fast: int, slow: int) -> np.ndarray[Any, Any]:
    """Return long and short entries where two means of closes cross."""
    close = frame["close"]
    above = close.rolling(fast).mean() > close.rolling(slow).mean()
    known = close.rolling(slow).mean().shift(1).notna()
    up = (above & ~above.shift(1, fill_value=False) & known).to_numpy()
    down = (~above & above.shift(1, fill_value=False) & known).to_numpy()
    return (up * 1 + down * 4).astype(np.uint8)


def with_exits(bits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return entries of longs and their exits alone."""
    return np.where(bits == 4, 2, bits).astype(np.uint8)


EXECUTIONS = {
    "reverse": {},
    "close": {"on_opposite": "close"},
    "ignore": {"on_opposite": "ignore", "stop_loss": 0.03, "take_profit": 0.05},
    "long only": {"allow_short": False, "slippage_bps": 3.0},
    "at the close": {"fill": "close"},
    "stop": {"stop_loss": 0.02},
    "stop and slippage": {"stop_loss": 0.02, "slippage_bps": 5.0},
    "stop and target": {"stop_loss": 0.01, "take_profit": 0.02},
    "trailing": {"trailing_stop": 0.03},
    "fixed amount": {"sizing": fl.FixedAmount(2_000.0), "stop_loss": 0.02},
    "lots": {"lot_size": 0.01, "sizing": fl.FixedAmount(5_000.0)},
}


def compare(ours: fl.BacktestResult, theirs: fl.BacktestResult) -> int:
    """Compare two results trade by trade and bar by bar; return how many trades."""
    one, two = ours.trades, theirs.trades
    assert len(one) == len(two)
    for name in ("side", "exit_reason", "entry_time", "exit_time", "signal_time"):
        pd.testing.assert_series_equal(one[name], two[name])
    for name in ("quantity", "entry_price", "exit_price", "pnl", "fees", "bars_held"):
        np.testing.assert_allclose(one[name], two[name], **COLUMNS, err_msg=name)
    for name in ("equity", "cash", "position"):
        np.testing.assert_allclose(ours.equity[name], theirs.equity[name], **COLUMNS)
    return len(one)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", EXECUTIONS)
def test_vectorbt_agrees_trade_by_trade(bitcoin: pd.DataFrame, name: str) -> None:
    bits = channel_bits(bitcoin, 10, 40)
    execution = fl.Execution(**{"fee_rate": 0.0005, **EXECUTIONS[name]})
    ours, theirs = (
        fl.backtest(
            bitcoin,
            Signals(bits),
            execution,
            initial_capital=10_000.0,
            engine=engine,  # type: ignore[arg-type]
        )
        for engine in ("foresto", "vectorbt")
    )
    assert theirs.engine == "vectorbt"
    assert compare(ours, theirs) > 100


@pytest.mark.shared_data
def test_vectorbt_agrees_on_whole_shares(samsung: pd.DataFrame) -> None:
    bits = with_exits(channel_bits(samsung, 5, 20))
    execution = fl.Execution(fee_rate=0.00015, lot_size=1.0, stop_loss=0.05)
    ours, theirs = (
        fl.backtest(samsung, Signals(bits), execution, engine=engine)
        for engine in ("foresto", "vectorbt")
    )
    assert compare(ours, theirs) > 50


@pytest.mark.shared_data
def test_a_vectorbt_portfolio_of_the_fills_has_our_equity(
    bitcoin: pd.DataFrame,
) -> None:
    execution = fl.Execution(leverage=3, stop_loss=0.02, sell_tax_rate=0.0001)
    bits = channel_bits(bitcoin, 10, 40)
    result = fl.backtest(bitcoin, Signals(bits), execution, initial_capital=10_000.0)
    portfolio = result.to_vectorbt()
    np.testing.assert_allclose(portfolio.value(), result.equity["equity"], **COLUMNS)
    assert portfolio.trades.count() == len(result.trades)
    assert portfolio.total_return() == pytest.approx(result.metrics["total_return"])


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ({"leverage": 2}, "leverage"),
        ({"time_stop": 5}, "time_stop"),
        ({"max_entries": 2}, "max_entries"),
        ({"sell_tax_rate": 0.1}, "sell_tax_rate"),
        ({"minimum_order": 10}, "minimum_order"),
        ({"sizing": fl.FractionOfEquity(0.5)}, "fraction_of_equity"),
        ({"stop_loss": 0.1, "trailing_stop": 0.1}, "together"),
        ({"take_profit": 0.1, "slippage_bps": 1}, "slippage"),
        ({"take_profit": 0.1, "maker_fee_rate": 0}, "maker_fee_rate"),
    ],
    ids=str,
)
def test_vectorbt_refuses_what_it_cannot_express(
    option: dict[str, Any], word: str
) -> None:
    frame = candles(flat(100, 101, 102))
    with pytest.raises(InputError, match=word):
        fl.backtest(
            frame, signals(3, {0: L}), fl.Execution(**option), engine="vectorbt"
        )


def test_an_unknown_engine_is_refused() -> None:
    frame = candles(flat(100, 101, 102))
    with pytest.raises(InputError, match="vectorbt"):
        fl.backtest(frame, signals(3, {}), engine="vectorbot")  # type: ignore[arg-type]


# --- backtesting.py ----------------------------------------------------------------


def with_backtesting(
    frame: pd.DataFrame, bits: np.ndarray[Any, Any], *, fill: str
) -> pd.DataFrame:
    """Return the trades of backtesting.py, one unit each, without costs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from backtesting import Backtest, Strategy

    class Obey(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            pass

        def next(self) -> None:
            bit = bits[len(self.data) - 1]
            if bit & 2 and self.position.is_long:
                self.position.close()
            elif bit & 1 and not self.position.is_long:
                self.buy(size=1)

    named = frame.rename(columns=str.capitalize).tz_localize(None)
    test = Backtest(
        named,
        Obey,
        cash=1e9,
        commission=0.0,
        trade_on_close=fill == "close",
        finalize_trades=False,
    )
    trades: pd.DataFrame = test.run()["_trades"]
    return trades


@pytest.mark.shared_data
@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_backtesting_py_agrees_trade_by_trade(bitcoin: pd.DataFrame, fill: str) -> None:
    frame = bitcoin.iloc[:4_000]
    bits = with_exits(channel_bits(frame, 10, 40))
    ours = fl.backtest(
        frame,
        Signals(bits),
        fl.Execution(fee_rate=0.0, fill=fill, lot_size=1.0, sizing=fl.FixedAmount(1e9)),  # type: ignore[arg-type]
        initial_capital=1e9,
    ).trades
    theirs = with_backtesting(frame, bits, fill=fill)
    ours = ours[~ours["is_open"]]
    assert len(ours) == len(theirs) > 50
    bars = [frame.index.get_loc(time) for time in ours["entry_time"]]
    ends = [frame.index.get_loc(time) for time in ours["exit_time"]]
    assert bars == theirs["EntryBar"].tolist()
    assert ends == theirs["ExitBar"].tolist()
    np.testing.assert_allclose(ours["entry_price"], theirs["EntryPrice"])
    np.testing.assert_allclose(ours["exit_price"], theirs["ExitPrice"])
    np.testing.assert_allclose(ours["pnl"] / ours["quantity"], theirs["PnL"], atol=1e-6)


# --- laws on real candles ----------------------------------------------------------


@pytest.mark.shared_data
@pytest.mark.parametrize("cut", [2, 500, 3_217, 7_999])
def test_later_bars_change_no_earlier_trade_on_real_candles(
    bitcoin: pd.DataFrame, cut: int
) -> None:
    bits = channel_bits(bitcoin, 10, 40)
    execution = fl.Execution(
        leverage=5, stop_loss=0.02, take_profit=0.04, trailing_stop=0.03, time_stop=90
    )
    whole = fl.backtest(bitcoin, Signals(bits), execution)
    part = fl.backtest(bitcoin.iloc[:cut], Signals(bits[:cut]), execution)
    pd.testing.assert_frame_equal(
        part.equity, whole.equity.iloc[:cut], check_exact=True
    )
    closed = part.trades[~part.trades["is_open"]]
    pd.testing.assert_frame_equal(
        closed, whole.trades.iloc[: len(closed)], check_exact=True
    )


@pytest.mark.shared_data
@pytest.mark.parametrize("leverage", [1.0, 3.0, 20.0])
def test_the_money_adds_up_on_real_candles(
    bitcoin: pd.DataFrame, leverage: float
) -> None:
    funding = pd.Series(0.0001, bitcoin.index[::8])
    execution = fl.Execution(
        leverage=leverage,
        slippage_bps=2,
        funding=funding,
        sizing=fl.FractionOfEquity(0.5),
        max_entries=3,
        trailing_stop=0.04,
    )
    result = fl.backtest(bitcoin, Signals(channel_bits(bitcoin, 5, 20)), execution)
    equity, trades = result.equity, result.trades
    change = equity["equity"].iloc[-1] - result.initial_capital
    assert trades["pnl"].sum() == pytest.approx(change, rel=1e-9, abs=1e-6)
    flows = -result.fills["quantity"] * result.fills["price"] - result.fills["costs"]
    last = equity["position"].iloc[-1] * bitcoin["close"].iloc[-1]
    booked = result.initial_capital + flows.sum() + last - trades["funding"].sum()
    assert booked == pytest.approx(equity["equity"].iloc[-1], rel=1e-9, abs=1e-6)
