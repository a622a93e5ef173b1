"""Laws that hold for every strategy, every execution and every path of prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import foresto_lab as fl
from foresto_lab.strategies import Signals
from tests.oracles.backtest_cases import (
    candle_frames,
    cases,
    execution_of,
    run_engine,
    signal_bits,
)
from tests.oracles.backtest_reference import Reference, Settings

NEAR = {"rtol": 1e-9, "atol": 1e-9}
Case = tuple[pd.DataFrame, np.ndarray[Any, Any], Settings, pd.DataFrame | None]


def bar_numbers(frame: pd.DataFrame, times: pd.Series[Any]) -> list[int]:
    return [int(frame.index.get_loc(time)) for time in times]


def agree(case: Case) -> None:
    frame, bits, given_settings, finer = case
    result = run_engine(frame, bits, given_settings, finer)
    expected = Reference(
        frame, bits, replace(given_settings, periods_per_year=result.periods_per_year)
    ).run()
    equity = result.equity
    np.testing.assert_allclose(equity["equity"], expected.equity, **NEAR)
    np.testing.assert_allclose(equity["cash"], expected.cash, **NEAR)
    np.testing.assert_allclose(equity["position"], expected.position, **NEAR)
    trades = result.trades
    wanted = pd.DataFrame(
        expected.trades, columns=None if expected.trades else ["side"]
    )
    assert len(trades) == len(wanted)
    if wanted.empty:
        return
    for name in ("side", "exit_reason", "entries"):
        assert trades[name].tolist() == wanted[name].tolist(), name
    assert bar_numbers(frame, trades["signal_time"]) == wanted["signal_bar"].tolist()
    assert bar_numbers(frame, trades["entry_time"]) == wanted["entry_bar"].tolist()
    held = (wanted["exit_bar"] - wanted["entry_bar"]).tolist()
    assert trades["bars_held"].tolist() == held
    closed = ~trades["is_open"]
    for name, other in {
        "quantity": "quantity",
        "entry_price": "entry_price",
        "pnl": "pnl",
        "fees": "fees",
        "tax": "tax",
        "funding": "funding",
        "max_adverse_excursion": "mae",
        "max_favorable_excursion": "mfe",
    }.items():
        np.testing.assert_allclose(trades[name], wanted[other], **NEAR, err_msg=name)
    np.testing.assert_allclose(
        trades["exit_price"][closed], wanted["exit_price"][closed], **NEAR
    )


@settings(max_examples=200, deadline=None)
@given(cases())
def test_the_engine_is_the_slow_reference(case: Case) -> None:
    agree(case)


@settings(max_examples=80, deadline=None)
@given(cases(finer=True))
def test_with_finer_candles_it_is_the_slow_reference(case: Case) -> None:
    agree(case)


@settings(max_examples=80, deadline=None)
@given(cases())
def test_cash_and_position_are_the_equity_and_trades_its_change(case: Case) -> None:
    frame, bits, given_settings, _ = case
    result = run_engine(frame, bits, given_settings)
    equity, trades = result.equity, result.trades
    total = equity["cash"] + equity["position_value"]
    np.testing.assert_allclose(total, equity["equity"], **NEAR)
    change = equity["equity"].iloc[-1] - result.initial_capital
    assert trades["pnl"].sum() == pytest.approx(change, rel=1e-9, abs=1e-6)
    assert (equity["cash"] >= -1e-6).all()
    assert (equity["equity"] >= -1e-6).all()
    assert (equity["position_value"][equity["position"] == 0].abs() < 1e-9).all()


@settings(max_examples=80, deadline=None)
@given(cases())
def test_no_fill_comes_before_its_signal(case: Case) -> None:
    frame, bits, given_settings, _ = case
    trades = run_engine(frame, bits, given_settings).trades
    wait = trades["entry_time"] - trades["signal_time"]
    one_bar = pd.Timedelta("1h" if given_settings.fill == "next_open" else "0h")
    assert (wait == one_bar).all()
    closed = trades[~trades["is_open"]]
    assert (closed["exit_time"] >= closed["entry_time"]).all()


@settings(max_examples=80, deadline=None)
@given(cases(least=2), st.data())
def test_bars_added_later_change_nothing_before(
    case: Case, data: st.DataObject
) -> None:
    frame, bits, given_settings, _ = case
    if given_settings.sizing[0] == "volatility_target":
        given_settings = replace(given_settings, sizing=("all_in",))
    cut = data.draw(st.integers(1, len(frame)))
    whole = run_engine(frame, bits, given_settings)
    part_settings = replace(
        given_settings,
        funding={bar: r for bar, r in given_settings.funding.items() if bar < cut},
    )
    part = run_engine(frame.iloc[:cut], bits[:cut], part_settings)
    pd.testing.assert_frame_equal(
        part.equity, whole.equity.iloc[:cut], check_exact=True
    )
    closed = part.trades[~part.trades["is_open"]]
    pd.testing.assert_frame_equal(
        closed, whole.trades.iloc[: len(closed)], check_exact=True
    )


@settings(max_examples=50, deadline=None)
@given(candle_frames(2), st.data())
def test_without_costs_a_trade_is_its_price_difference(
    frame: pd.DataFrame, data: st.DataObject
) -> None:
    """Fee 0 and slippage 0 conserve value: nothing is lost but by prices."""
    bits = data.draw(signal_bits(len(frame)))
    case = Settings(
        leverage=3.0, stop=0.03, target=0.05, sizing=("fixed_amount", 900.0)
    )
    result = run_engine(frame, bits, case)
    trades = result.trades
    last = trades["exit_price"].fillna(frame["close"].iloc[-1])
    side = np.where(trades["side"] == "LONG", 1.0, -1.0)
    lost_to_liquidation = trades["exit_reason"] == "liquidation"
    gain = side * trades["quantity"] * (last - trades["entry_price"])
    kept = ~lost_to_liquidation
    np.testing.assert_allclose(trades["pnl"][kept], gain[kept], rtol=1e-9, atol=1e-8)
    assert (trades["fees"][kept] == 0).all()


@settings(max_examples=50, deadline=None)
@given(candle_frames(2, roughness=0.01), st.data(), st.sampled_from([None, 3]))
def test_mirrored_prices_swap_longs_and_shorts(
    frame: pd.DataFrame, data: st.DataObject, time_stop: int | None
) -> None:
    """Prices mirrored at a level: the same money per unit, the sides swapped.

    Holds without costs and without levels, which are fractions of other prices there.
    """
    bits = data.draw(signal_bits(len(frame)))
    mirrored = frame.assign(
        open=400 - frame["open"],
        high=400 - frame["low"],
        low=400 - frame["high"],
        close=400 - frame["close"],
    )
    swapped = (((bits & 3) << 2) | ((bits & 12) >> 2)).astype(np.uint8)
    case = Settings(sizing=("fraction_of_equity", 0.1), time_stop=time_stop)
    one = run_engine(frame, bits, case).trades
    other = run_engine(mirrored, swapped, case).trades
    assert (one["side"] != other["side"]).all()
    same = ["entry_time", "exit_time", "exit_reason", "bars_held", "signal_time"]
    pd.testing.assert_frame_equal(one[same], other[same])
    np.testing.assert_allclose(
        one["pnl"] / one["quantity"], other["pnl"] / other["quantity"], atol=1e-9
    )
    np.testing.assert_allclose(one["entry_price"], 400 - other["entry_price"])


@settings(max_examples=30, deadline=None)
@given(cases(least=2))
def test_more_costs_never_help_a_fixed_lot(case: Case) -> None:
    frame, bits, given_settings, _ = case
    fixed = replace(
        given_settings,
        capital=1e9,
        sizing=("fixed_amount", 1_000.0),
        slippage=0.0,
        leverage=1.0,
        maker_fee=None,
    )
    cheap = run_engine(frame, bits, replace(fixed, fee=0.0)).metrics["final_equity"]
    dear = run_engine(frame, bits, replace(fixed, fee=0.003)).metrics["final_equity"]
    assert dear <= cheap + 1e-6


@settings(max_examples=20, deadline=None)
@given(cases())
def test_nothing_given_is_changed_and_a_rerun_is_equal(case: Case) -> None:
    frame, bits, given_settings, _ = case
    before, bits_before = frame.copy(), bits.copy()
    execution = execution_of(given_settings, frame)
    one, two = (
        fl.backtest(
            frame, Signals(bits), execution, initial_capital=given_settings.capital
        )
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(frame, before)
    np.testing.assert_array_equal(bits, bits_before)
    pd.testing.assert_frame_equal(one.equity, two.equity, check_exact=True)
    pd.testing.assert_frame_equal(one.trades, two.trades, check_exact=True)
    assert one.request_hash == two.request_hash
