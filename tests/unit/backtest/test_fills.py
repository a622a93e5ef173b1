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


def test_a_stop_is_watched_from_the_entry_bar_on() -> None:
    rows = [(100, 100, 100, 100), (100, 101, 94, 99), (99, 99, 99, 99)]
    trade = only_trade(run(rows, {0: L}, stop_loss=0.05))
    assert (trade.exit_price, trade.bars_held) == (95, 0)


def test_a_fill_at_the_close_is_watched_from_the_next_bar_on() -> None:
    rows = [(100, 100, 80, 100), (100, 101, 96, 99), (99, 99, 94, 99)]
    trade = only_trade(run(rows, {0: L}, stop_loss=0.05, fill="close"))
    assert trade.entry_time == trade.signal_time
    assert (trade.entry_price, trade.exit_price, trade.bars_held) == (100, 95, 2)


def test_a_gap_beyond_the_target_fills_at_the_better_open() -> None:
    """Even though the same bar falls through the stop: the open came first."""
    rows = [*flat(100, 100), (115, 116, 90, 92), (92, 92, 92, 92)]
    trade = only_trade(run(rows, {0: L}, stop_loss=0.05, take_profit=0.1))
    assert (trade.exit_price, trade.exit_reason) == (115, "take_profit")


def test_a_short_stops_above_and_takes_profit_below() -> None:
    rows = [*flat(100, 100), (100, 106, 99, 100), (100, 100, 100, 100)]
    trade = only_trade(run(rows, {0: S}, stop_loss=0.05))
    assert (trade.side, trade.exit_price, trade.pnl) == ("SHORT", 105, -50)
    rows[2] = (100, 104, 89, 95)
    trade = only_trade(run(rows, {0: S}, stop_loss=0.05, take_profit=0.1))
    assert (trade.exit_price, trade.pnl) == (90, 100)


def test_a_trailing_stop_follows_the_best_of_the_bars_before() -> None:
    """Bought at 100; the high of 120 makes the stop 108 from the next bar on."""
    rows = [*flat(100, 100), (100, 120, 99, 119), (119, 119, 107, 107)]
    result = run([*rows, (107, 107, 107, 107)], {0: L}, trailing_stop=0.1)
    trade = only_trade(result)
    assert trade.exit_price == pytest.approx(108, abs=1e-9)
    assert trade.exit_reason == "trailing_stop"
    assert trade.bars_held == 2
    assert trade.max_favorable_excursion == pytest.approx(0.2, abs=1e-12)


@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_a_time_stop_holds_for_exactly_so_many_bars(fill: str) -> None:
    rows = flat(100, 101, 102, 103, 104, 105, 106)
    trade = only_trade(run(rows, {1: L}, time_stop=3, fill=fill))
    assert trade.exit_reason == "time_stop"
    assert trade.bars_held == 3
    assert trade.exit_time - trade.entry_time == pd.Timedelta("3h")


def test_a_stop_comes_before_the_time_is_up() -> None:
    rows = [*flat(100, 100), (100, 100, 90, 95), *flat(95, 95, 95)]
    trade = only_trade(run(rows, {0: L}, time_stop=3, stop_loss=0.05))
    assert trade.exit_reason == "stop_loss"


def test_liquidation_takes_the_margin_and_no_more() -> None:
    """10 times 1,000 at 100: 100 units on a margin of 1,000; fatal at 90 / 0.995."""
    rows = [*flat(100, 100), (100, 100, 90.4, 91), (91, 91, 91, 91)]
    result = run(rows, {0: L}, leverage=10.0)
    trade = only_trade(result)
    assert trade.exit_reason == "liquidation"
    assert trade.quantity == 100
    assert trade.exit_price == pytest.approx(90 / 0.995, abs=1e-9)
    assert trade.pnl == pytest.approx(-1_000, abs=1e-9)
    left = 1_000 - 100 * (100 - 90 / 0.995)
    assert trade.fees == pytest.approx(left, abs=1e-9)
    assert result.metrics["liquidations"] == 1
    assert "LIQUIDATED" in {finding.code for finding in result.findings}


def test_a_gap_beyond_the_margin_loses_the_margin_alone() -> None:
    rows = [*flat(100, 100), (80, 80, 80, 80), (80, 80, 80, 80)]
    sizing = fl.FractionOfEquity(0.5)
    result = run(rows, {0: L}, leverage=10.0, sizing=sizing)
    trade = only_trade(result)
    assert trade.exit_price == 90
    assert trade.pnl == pytest.approx(-500, abs=1e-9)
    assert result.metrics["final_equity"] == pytest.approx(500, abs=1e-9)


def test_a_short_is_liquidated_above() -> None:
    """5 times short at 100: 50 units, margin 1,000; fatal at 120 / 1.005."""
    rows = [*flat(100, 100), (100, 119.5, 100, 110), (110, 110, 110, 110)]
    trade = only_trade(run(rows, {0: S}, leverage=5.0))
    assert trade.exit_reason == "liquidation"
    assert trade.exit_price == pytest.approx(120 / 1.005, abs=1e-9)


def test_all_in_leaves_room_for_its_own_fee() -> None:
    """Quantity q so that q * 100 / 4 + q * 100 * 0.001 = 1,000."""
    result = run(flat(100, 100, 100), {0: L}, leverage=4.0, fee_rate=0.001)
    trade = only_trade(result)
    assert trade.quantity == pytest.approx(1_000 / 25.1, abs=1e-9)
    assert result.equity["cash"].iloc[-1] == pytest.approx(0.0, abs=1e-9)
    assert trade.fees == pytest.approx(100 / 25.1, abs=1e-9)


def test_fees_are_paid_on_both_sides_and_a_target_pays_the_makers() -> None:
    rows = [*flat(100, 100), (100, 111, 100, 110), (110, 110, 110, 110)]
    trade = only_trade(
        run(
            rows,
            {0: L},
            sizing=fl.FixedAmount(500.0),
            fee_rate=0.002,
            maker_fee_rate=0.001,
            take_profit=0.1,
            slippage_bps=50.0,
        )
    )
    entry = 100 * 1.005
    quantity = 500 / entry
    assert trade.entry_price == pytest.approx(entry, abs=1e-12)
    assert trade.exit_price == pytest.approx(entry * 1.1, abs=1e-12)
    fees = 500 * 0.002 + quantity * entry * 1.1 * 0.001
    assert trade.fees == pytest.approx(fees, abs=1e-9)
    assert trade.pnl == pytest.approx(50 - fees, abs=1e-9)


def test_slippage_makes_every_other_fill_worse() -> None:
    rows = [*flat(100, 100), (100, 100, 90, 95), (95, 95, 95, 95)]
    trade = only_trade(run(rows, {0: S}, slippage_bps=100.0, time_stop=2))
    assert trade.entry_price == pytest.approx(99, abs=1e-12)
    assert trade.exit_price == pytest.approx(95 * 1.01, abs=1e-12)
    rows = [*flat(100, 100), (100, 100, 90, 95), (95, 95, 95, 95)]
    stopped = only_trade(run(rows, {0: L}, slippage_bps=100.0, stop_loss=0.05))
    assert stopped.exit_price == pytest.approx(101 * 0.95 * 0.99, abs=1e-12)


def test_funding_is_paid_at_the_open_by_what_was_carried_into_the_bar() -> None:
    """2 units carried into bars 2 and 3: 2 * 110 * 1 % and 2 * 120 * 0.5 %."""
    frame = candles(flat(100, 100, 110, 120, 120))
    rates = pd.Series(
        [0.01, 0.01, 0.005],
        index=pd.DatetimeIndex([frame.index[1], frame.index[2], frame.index[3]]),
    )
    rows = [(o, h, low, c) for o, h, low, c in frame.iloc[:, :4].to_numpy()]
    rows[2] = (110, 110, 110, 110)
    rows[3] = (120, 120, 120, 120)
    result = run(rows, {0: L}, funding=rates, sizing=fl.FixedAmount(200.0))
    trade = only_trade(result)
    assert trade.funding == pytest.approx(2.2 + 1.2, abs=1e-9)
    assert trade.pnl == pytest.approx(40 - 3.4, abs=1e-9)
    short = only_trade(run(rows, {0: S}, funding=rates, sizing=fl.FixedAmount(200.0)))
    assert short.funding == pytest.approx(-3.4, abs=1e-9)


def test_funding_between_opens_is_paid_at_the_next_open() -> None:
    frame = candles(flat(100, 100, 100, 100))
    instant = frame.index[1] + pd.Timedelta("20min")
    rates = pd.Series([0.01], index=pd.DatetimeIndex([instant]))
    rows = flat(100, 100, 100, 100)
    trade = only_trade(run(rows, {0: L}, funding=rates))
    assert trade.funding == pytest.approx(10, abs=1e-9)


def test_sell_tax_is_paid_on_sales_alone_at_the_rate_of_the_day() -> None:
    rows = flat(100, 100, 110, 110)
    frame_days = {"freq": "24h"}
    frame = candles(rows, **frame_days)
    execution = fl.Execution(
        fee_rate=0.0, sell_tax_rate={"2024-01-01": 0.01, "2024-01-04": 0.002}
    )
    result = fl.backtest(
        frame, signals(4, {0: L, 2: X}), execution, initial_capital=1_000.0
    )
    trade = only_trade(result)
    assert trade.tax == pytest.approx(1_100 * 0.002, abs=1e-9)
    assert trade.pnl == pytest.approx(100 - 2.2, abs=1e-9)
    assert result.metrics["total_tax"] == trade.tax


def test_a_short_pays_the_tax_when_it_is_opened() -> None:
    trade = only_trade(run(flat(100, 100, 100), {0: S}, sell_tax_rate=0.01))
    assert trade.quantity == pytest.approx(1_000 / 101, abs=1e-9)
    assert trade.tax == pytest.approx(1_000 / 101, abs=1e-9)


def test_lots_are_whole() -> None:
    result = run(flat(30, 30, 30), {0: L}, lot_size=1.0)
    assert only_trade(result).quantity == 33
    assert result.equity["cash"].iloc[-1] == 10
    exact = run(flat(100, 100, 100), {0: L}, lot_size=0.1, capital=730.0)
    assert only_trade(exact).quantity == pytest.approx(7.3, abs=1e-12)


def test_capital_below_one_lot_is_a_finding_and_no_trade() -> None:
    result = run(flat(70_000, 70_000, 70_000), {0: L}, lot_size=1.0, capital=50_000.0)
    assert result.trades.empty
    codes = {finding.code for finding in result.findings}
    assert {"ORDER_TOO_SMALL", "NO_TRADES"} <= codes
    assert (result.equity["equity"] == 50_000).all()


def test_an_order_below_the_minimum_is_not_filled() -> None:
    result = run(flat(10, 10, 10), {0: L}, minimum_order=2_000.0)
    assert result.trades.empty
    assert not run(flat(10, 10, 10), {0: L}, minimum_order=1_000.0).trades.empty


def test_pyramiding_adds_up_to_so_many_entries_at_the_mean_price() -> None:
    """100 at 100, 100 at 125: 1.8 units at 200 / 1.8; the third signal is ignored."""
    rows = flat(100, 100, 125, 125, 150, 150)
    result = run(
        rows,
        {0: L, 2: L, 3: L},
        max_entries=2,
        sizing=fl.FixedAmount(100.0),
        time_stop=4,
    )
    trade = only_trade(result)
    assert trade.entries == 2
    assert trade.quantity == pytest.approx(1.8, abs=1e-12)
    assert trade.entry_price == pytest.approx(200 / 1.8, abs=1e-9)
    assert trade.pnl == pytest.approx(1.8 * 150 - 200, abs=1e-9)


def test_fixed_risk_loses_just_that_when_stopped_costs_included() -> None:
    rows = [*flat(100, 100), (100, 100, 90, 95), (95, 95, 95, 95)]
    mirrored = [(200 - o, 200 - low, 200 - h, 200 - c) for o, h, low, c in rows]
    for side, given in ((L, rows), (S, mirrored)):
        trade = only_trade(
            run(
                given,
                {0: side},
                sizing=fl.FixedRisk(0.02),
                stop_loss=0.05,
                fee_rate=0.001,
                slippage_bps=10.0,
                sell_tax_rate=0.002,
            )
        )
        assert trade.exit_reason == "stop_loss"
        assert trade.pnl == pytest.approx(-20.0, abs=1e-9)


def test_a_volatility_target_holds_what_would_have_had_that_volatility() -> None:
    """Returns of 10 % and 0 have deviation 0.0707..., annual times the root of P."""
    rows = flat(100, 110, 110, 110, 110)
    result = run(rows, {2: L}, sizing=fl.VolatilityTarget(0.5, lookback=2))
    deviation = 0.1 / 2**0.5 * result.periods_per_year**0.5
    trade = only_trade(result)
    assert trade.quantity == pytest.approx(0.5 / deviation * 1_000 / 110, rel=1e-9)


@pytest.mark.parametrize(
    ("on_opposite", "sides", "reason"),
    [
        ("reverse", ["LONG", "SHORT"], "reverse"),
        ("close", ["LONG"], "signal"),
        ("ignore", ["LONG"], "end"),
    ],
)
def test_an_opposite_signal(on_opposite: str, sides: list[str], reason: str) -> None:
    result = run(flat(100, 100, 100, 100, 100), {0: L, 2: S}, on_opposite=on_opposite)
    assert result.trades["side"].tolist() == sides
    assert result.trades["exit_reason"].iloc[0] == reason


def test_without_shorts_a_short_signal_closes_a_long_at_most() -> None:
    result = run(flat(100, 100, 100, 100, 100), {0: L, 2: S, 3: S}, allow_short=False)
    assert only_trade(result).exit_reason == "signal"


@pytest.mark.parametrize("bits", [L | S, L | X])
def test_signals_that_contradict_each_other_are_none(bits: int) -> None:
    assert run(flat(100, 100, 100), {0: bits}).trades.empty


def test_an_exit_beside_an_entry_of_its_side_is_an_exit() -> None:
    result = run(flat(100, 100, 100, 100), {0: L, 1: L | X})
    assert only_trade(result).exit_reason == "signal"


def test_a_signal_on_the_last_bar_is_never_filled() -> None:
    assert run(flat(100, 100, 100), {2: L}).trades.empty
    assert len(run(flat(100, 100, 100), {2: L}, fill="close").trades) == 1


def test_a_position_open_at_the_end_is_marked_and_flagged() -> None:
    result = run(flat(100, 100, 105), {0: L})
    trade = only_trade(result)
    assert trade.is_open
    assert pd.isna(trade.exit_time)
    assert pd.isna(trade.exit_price)
    assert trade.exit_reason == "end"
    assert trade.pnl == pytest.approx(50, abs=1e-9)
    assert "OPEN_AT_END" in {finding.code for finding in result.findings}
    assert result.metrics["open_trades"] == 1


def test_excursions_are_of_bars_seen_whole_and_of_the_exit() -> None:
    rows = [
        (100, 100, 100, 100),
        (100, 108, 97, 105),
        (105, 106, 96, 100),
        (101, 150, 50, 100),
    ]
    trade = only_trade(run(rows, {0: L, 2: X}))
    assert trade.max_favorable_excursion == pytest.approx(0.08, abs=1e-12)
    assert trade.max_adverse_excursion == pytest.approx(-0.04, abs=1e-12)


def test_finer_candles_tell_which_level_came_first() -> None:
    rows = [*flat(100, 100), (100, 112, 94, 100), (100, 100, 100, 100)]
    finer = candles(
        [
            *[(100, 100, 100, 100)] * 8,
            (100, 111, 100, 110),
            (110, 112, 100, 100),
            (100, 100, 94, 95),
            (95, 100, 95, 100),
        ],
        freq="15min",
    )
    both = {"stop_loss": 0.05, "take_profit": 0.1}
    assert only_trade(run(rows, {0: L}, **both)).exit_reason == "stop_loss"
    told = only_trade(run(rows, {0: L}, **both, finer=finer))
    assert told.exit_reason == "take_profit"
    assert told.exit_price == pytest.approx(110, abs=1e-9)
