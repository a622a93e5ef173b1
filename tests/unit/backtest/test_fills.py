"""Trades worked out on paper, one fill rule each."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import foresto_lab as fl
from tests.oracles.backtest_candles import L, S, X, candles, flat, signals

FREE: dict[str, Any] = {"fee_rate": 0.0}


def run(
    rows: list[tuple[float, float, float, float]],
    given: dict[int, int],
    capital: float = 1_000.0,
    **execution: Any,
) -> fl.BacktestResult:
    frame = candles(rows)
    return fl.backtest(
        frame,
        signals(len(frame), given),
        fl.Execution(**{**FREE, **execution}),
        initial_capital=capital,
    )


def only_trade(result: fl.BacktestResult) -> pd.Series[Any]:
    assert len(result.trades) == 1
    return result.trades.iloc[0]


def test_a_signal_fills_at_the_next_open() -> None:
    rows = [(10, 11, 9, 10.5), (12, 13, 11, 12.5), (14, 15, 13, 14), (15, 16, 14, 15)]
    result = run(rows, {0: L, 2: X})
    trade = only_trade(result)
    assert trade.entry_price == 12
    assert trade.exit_price == 15
    assert trade.quantity == 1_000 / 12
    assert trade.pnl == pytest.approx(250.0, abs=1e-9)
    assert trade.bars_held == 2
    assert trade.exit_reason == "signal"
    assert (trade.entry_time - trade.signal_time) == pd.Timedelta("1h")
    expected = [1000, 1000 * 12.5 / 12, 1000 * 14 / 12, 1250]
    assert result.equity["equity"].tolist() == pytest.approx(expected, abs=1e-9)


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    rows = [*flat(100, 100), (90, 92, 89, 91), (91, 91, 91, 91)]
    trade = only_trade(run(rows, {0: L}, stop_loss=0.05))
    assert (trade.exit_price, trade.exit_reason) == (90, "stop_loss")
    assert trade.pnl == pytest.approx(-100.0, abs=1e-9)


def test_a_stop_within_the_bar_fills_at_its_level() -> None:
    rows = [*flat(100, 100), (99, 101, 94, 100), (100, 100, 100, 100)]
    trade = only_trade(run(rows, {0: L}, stop_loss=0.05))
    assert (trade.exit_price, trade.exit_reason) == (95, "stop_loss")


def test_stop_and_target_in_one_bar_is_the_stop() -> None:
    rows = [*flat(100, 100), (100, 112, 94, 100), (100, 100, 100, 100)]
    trade = only_trade(run(rows, {0: L}, stop_loss=0.05, take_profit=0.1))
    assert (trade.exit_price, trade.exit_reason) == (95, "stop_loss")


def test_an_opposite_signal_closes_and_reverses_at_one_open() -> None:
    result = run(flat(100, 100, 110, 110, 99), {0: L, 2: S}, on_opposite="reverse")
    first, second = result.trades.itertuples()
    assert (first.side, first.exit_price, first.exit_reason) == ("LONG", 110, "reverse")
    assert (second.side, second.entry_price) == ("SHORT", 110)
    assert second.quantity == 1_100 / 110
    assert second.is_open
    assert result.metrics["final_equity"] == pytest.approx(1_210.0, abs=1e-9)
