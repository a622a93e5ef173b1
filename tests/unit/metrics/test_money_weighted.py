"""XIRR, TWR and Modified Dietz: worked by hand, beside pyxirr and numpy-financial."""

from __future__ import annotations

import math

import numpy as np
import numpy_financial
import pandas as pd
import pytest
import pyxirr

from foresto_lab.errors import InputError
from foresto_lab.metrics.money_weighted import (
    modified_dietz,
    money_weighted_return,
    time_weighted_return,
    time_weighted_returns,
    xirr,
)

YEARS = ["2021-01-01", "2022-01-01", "2023-01-01"]  # 365 days each


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_two_payments_worked_by_hand() -> None:
    # 1000 x^2 + 1000 x = 2310 has x = (-1 + sqrt(1 + 9.24)) / 2 = 1.1
    found = xirr(YEARS, [-1000, -1000, 2310])
    assert float(found) == pytest.approx(0.1, abs=1e-12)
    assert found.reason == ""


def test_the_worked_example_of_excels_manual() -> None:
    # Microsoft, XIRR function: 0.373362535, its last digit rounded.
    dates = ["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"]
    found = xirr(dates, [-10_000, 2_750, 4_250, 3_250, 2_750])
    assert float(found) == pytest.approx(0.373362535, abs=2e-9)


def test_a_leap_year_counts_366_of_365_days() -> None:
    # 2020 has 366 days: 1.1 over 366/365 of a year.
    found = xirr({"2020-01-01": -100, "2021-01-01": 110})
    assert float(found) == pytest.approx(1.1 ** (365 / 366) - 1, abs=1e-12)


def test_a_loss_worked_by_hand() -> None:
    assert float(xirr(YEARS[:2], [-1000, 250])) == pytest.approx(-0.75, abs=1e-12)


def test_the_order_does_not_matter_and_a_day_may_come_twice() -> None:
    mixed = [YEARS[2], YEARS[0], YEARS[1], YEARS[0]]
    assert float(xirr(mixed, [2310, -400, -1000, -600])) == pytest.approx(
        0.1, abs=1e-12
    )


def test_a_series_is_taken() -> None:
    flows = pd.Series([-1000.0, 1100.0], index=pd.to_datetime(YEARS[:2]))
    assert float(xirr(flows)) == pytest.approx(0.1, abs=1e-12)


def test_several_rates_are_none_and_are_named() -> None:
    # -1000 x^2 + 2500 x - 1540 = 0 has x = (2500 +- 300) / 2000: 1.1 and 1.4
    found = xirr(YEARS, [-1000, 2500, -1540])
    assert math.isnan(found.rate)
    assert "10.00%, 40.00%" in found.reason


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ([-1000, 500, -1540], "no rate makes"),
        ([-1000, -500, 0], "paid in and nothing came back"),
        ([1000, 500, 20], "received"),
        ([-1000, 0, 0], "fewer than two days"),
        ([0, 0, 0], "fewer than two days"),
    ],
)
def test_no_rate_has_a_reason(amounts: list[float], reason: str) -> None:
    found = xirr(YEARS, amounts)
    assert math.isnan(float(found))
    assert reason in found.reason
    assert reason in repr(found)


@pytest.mark.parametrize(
    ("dates", "amounts"),
    [
        (YEARS, [-1, math.nan, 2]),
        (YEARS, [-1, math.inf, 2]),
        (YEARS, [-1, 2]),
        (["no date", *YEARS[1:]], [-1, 1, 1]),
        (["NaT", *YEARS[1:]], [-1, 1, 1]),
        (YEARS, None),
    ],
)
def test_bad_flows_are_refused(dates: list[str], amounts: list[float] | None) -> None:
    with pytest.raises(InputError, match="xirr"):
        xirr(dates, amounts)


@pytest.mark.parametrize("seed", range(40))
def test_the_root_agrees_with_pyxirr(seed: int) -> None:
    random = np.random.default_rng(seed)
    offsets = np.sort(random.choice(8_000, 120, replace=False))
    dates = np.datetime64("2001-03-05") + offsets.astype("timedelta64[D]")
    amounts = -random.uniform(1.0, 100.0, 120)
    amounts[-1] = -amounts[:-1].sum() * random.uniform(0.3, 6.0)
    oracle = pyxirr.xirr(dates.tolist(), amounts.tolist())
    assert float(xirr(dates, amounts)) == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_yearly_flows_agree_with_numpy_financial(seed: int) -> None:
    random = np.random.default_rng(seed)
    dates = np.datetime64("2001-01-01") + 365 * np.arange(20).astype("timedelta64[D]")
    amounts = np.append(-random.uniform(1.0, 100.0, 19), 1_500.0)
    oracle = numpy_financial.irr(amounts)
    assert float(xirr(dates, amounts)) == pytest.approx(oracle, abs=1e-9)


def test_an_account_with_one_contribution_worked_by_hand() -> None:
    # 1000 grows by 10 % to 1100, 1000 comes in, 2100 grows by 10 % to 2310.
    nav = np.array([1000.0, 2100.0, 2310.0])
    flow = np.array([0.0, 1000.0, 0.0])
    rate = money_weighted_return(days(*YEARS), nav, flow)
    assert float(rate) == pytest.approx(0.1, abs=1e-12)
    assert time_weighted_returns(nav, flow) == pytest.approx([0.1, 0.1], abs=1e-15)
    assert time_weighted_return(nav, flow) == pytest.approx(0.21, abs=1e-15)


def test_timing_moves_xirr_and_not_twr() -> None:
    # 1000, +100 % to 2000, 2000 comes in, -50 % to 2000: 1000 x^2 + 2000 x = 2000.
    nav = np.array([1000.0, 4000.0, 2000.0])
    flow = np.array([0.0, 2000.0, 0.0])
    rate = money_weighted_return(days(*YEARS), nav, flow)
    assert float(rate) == pytest.approx(math.sqrt(3) - 2, abs=1e-12)
    assert time_weighted_return(nav, flow) == pytest.approx(0.0, abs=1e-15)


def test_without_flows_it_is_growth_over_calendar_days() -> None:
    sessions = days("2015-01-02", "2017-07-03", "2024-12-30")
    nav = np.array([1_000_000.0, 900_000.0, 2_345_678.9])
    rate = money_weighted_return(sessions, nav, np.zeros(3))
    span = int((sessions[-1] - sessions[0]).astype(int))
    assert float(rate) == pytest.approx(2.3456789 ** (365 / span) - 1, abs=1e-12)


def test_a_ruined_account_still_has_the_rate_of_what_it_paid_out() -> None:
    # 1000 paid in, 500 and 500 taken out, nothing left: every won came back.
    nav = np.array([1000.0, 500.0, 0.0])
    flow = np.array([0.0, -500.0, -500.0])
    rate = money_weighted_return(days(*YEARS), nav, flow)
    assert float(rate) == pytest.approx(0.0, abs=1e-12)


def test_nothing_earned_after_ruin() -> None:
    nav = np.array([100.0, 0.0, 0.0])
    flow = np.array([0.0, -110.0, 0.0])
    assert time_weighted_returns(nav, flow).tolist() == [pytest.approx(0.1), 0.0]


def test_modified_dietz_worked_by_hand() -> None:
    # 1000, 500 in after a quarter of the time, 1700 at the end:
    # (1700 - 1000 - 500) / (1000 + 0.75 * 500) = 200 / 1375
    sessions = days("2021-01-01", "2021-01-26", "2021-04-11")  # 25 and 75 of 100 days
    nav = np.array([1000.0, 1500.0, 1700.0])
    flow = np.array([0.0, 500.0, 0.0])
    assert modified_dietz(sessions, nav, flow) == pytest.approx(200 / 1375, abs=1e-15)
    assert math.isnan(modified_dietz(sessions[:1], nav[:1], flow[:1]))


def test_an_account_paid_into_and_drawn_on_by_turns_has_one_rate() -> None:
    # 1000 grows 10 % a year; 300 out, 200 in, 400 out, all by turns: the rate is 10 %.
    sessions = np.datetime64("2021-01-01") + 365 * np.arange(6).astype("timedelta64[D]")
    flow = np.array([0.0, -300.0, 200.0, -400.0, 100.0, -50.0])
    nav = [1000.0]
    for amount in flow[1:]:
        nav.append(nav[-1] * 1.1 + amount)
    found = money_weighted_return(sessions, np.array(nav), flow)
    assert float(found) == pytest.approx(0.1, abs=1e-12)


def test_a_daily_account_of_twenty_years() -> None:
    random = np.random.default_rng(2)
    sessions = np.arange("2000-01-01", "2020-01-01", dtype="datetime64[D]")
    flow = random.normal(0.0, 10.0, len(sessions))
    flow[0] = 0.0
    growth = np.exp(random.normal(0.0002, 0.01, len(sessions)))
    nav = np.empty(len(sessions))
    nav[0] = 10_000.0
    for day in range(1, len(sessions)):
        nav[day] = nav[day - 1] * growth[day] + flow[day]
    assert (nav > 0).all()
    amounts = -flow
    amounts[0], amounts[-1] = -nav[0], nav[-1] - flow[-1]
    oracle = pyxirr.xirr(sessions.tolist(), amounts.tolist())
    found = money_weighted_return(sessions, nav, flow)
    assert float(found) == pytest.approx(oracle, abs=1e-9)
