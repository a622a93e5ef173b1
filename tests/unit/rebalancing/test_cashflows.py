"""Cash flows on sessions, worked by hand; their texts and mappings; bad input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import AmountError, CashFlowError, InputError, UnknownNameError
from foresto_lab.market.calendars import TradingCalendar, get_calendar
from foresto_lab.rebalancing.cashflows import (
    ConsumerPrices,
    Contribution,
    FlowPlan,
    ListedFlows,
    Withdrawal,
    no_flows,
    parse_cashflows,
)


@pytest.fixture(scope="module")
def xkrx() -> TradingCalendar:
    return get_calendar("XKRX")


@pytest.fixture(scope="module")
def sessions(xkrx: TradingCalendar) -> np.ndarray:
    """Return two years and a half of Seoul's sessions from a year's first one."""
    return xkrx.sessions("2020-01-02", "2022-06-30")


def on(flows: Any, sessions: np.ndarray, calendar: TradingCalendar | None) -> dict:
    plan = parse_cashflows(flows)
    assert plan is not None
    placed = plan.on(sessions, calendar)
    return {
        str(sessions[row]): placed.amounts[row]
        for row in np.flatnonzero(placed.amounts)
    }


def test_annual_contributions_begin_after_day_zero(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    assert on(Contribution(100.0, "ANNUAL"), sessions, xkrx) == {
        "2021-01-04": 100.0,
        "2022-01-03": 100.0,
    }


def test_the_last_trading_day_of_a_month_cut_short_has_no_flow(
    xkrx: TradingCalendar,
) -> None:
    sessions = xkrx.sessions("2020-01-02", "2020-03-30")
    flow = Contribution(1.0, "MONTHLY", "LAST_TRADING_DAY")
    assert list(on(flow, sessions, xkrx)) == ["2020-01-31", "2020-02-28"]


def test_growth_compounds_from_the_first_flow(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    flow = Withdrawal(1000.0, "ANNUAL", growth=0.1)
    assert on(flow, sessions, xkrx) == {
        "2021-01-04": -1000.0,
        "2022-01-03": pytest.approx(-1100.0, abs=1e-9),
    }


def test_growth_may_count_from_another_date(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    flow = Withdrawal(1000.0, "ANNUAL", growth=0.1, money_of="2019-01-02")
    assert list(on(flow, sessions, xkrx).values()) == pytest.approx([-1210, -1331])


def test_monthly_growth_goes_by_whole_months(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    amounts = list(on(Contribution(1.0, growth=0.21), sessions, xkrx).values())
    assert amounts[0] == 1.0
    assert amounts[6] == pytest.approx(1.1, abs=1e-12)
    assert amounts[12] == pytest.approx(1.21, abs=1e-12)


def test_consumer_prices_keep_the_amount_in_step(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    prices = pd.Series(
        [50.0, 100.0, 103.0, 90.0],
        index=pd.to_datetime(["2020-01-01", "2021-01-01", "2021-12-01", "2022-02-01"]),
    )
    flow = Withdrawal(1000.0, "ANNUAL", growth=prices)
    assert list(on(flow, sessions, xkrx).values()) == pytest.approx([-1000, -1030])
    flow = Withdrawal(1000.0, "ANNUAL", growth=prices, money_of="2020-06-30")
    assert list(on(flow, sessions, xkrx).values()) == pytest.approx([-2000, -2060])


@pytest.mark.parametrize(
    ("date", "levels"),
    [
        ("too late", {"2020-01-01": 1.0, "2021-06-01": 1.1}),
        ("too early", {"2021-06-01": 1.0}),
    ],
)
def test_consumer_prices_must_reach_the_flows(
    date: str, levels: dict, sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    with pytest.raises(CashFlowError, match="needs a consumer price"):
        FlowPlan((Withdrawal(1.0, "ANNUAL", growth=levels),)).on(sessions, xkrx)


def test_start_and_end_are_included(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    flow = Contribution(1.0, start="2020-03-02", end="2020-05-04")
    assert list(on(flow, sessions, xkrx)) == ["2020-03-02", "2020-04-01", "2020-05-04"]


def test_nav_rates_are_signed(sessions: np.ndarray, xkrx: TradingCalendar) -> None:
    plan = FlowPlan((Withdrawal(nav_rate=0.04, frequency="ANNUAL"),))
    placed = plan.on(sessions, xkrx)
    assert not placed.amounts.any()
    assert placed.nav_rates[np.flatnonzero(placed.nav_rates)].tolist() == [-0.04] * 2
    assert not placed.is_empty


def test_a_missing_row_moves_a_flow_and_loses_none(xkrx: TradingCalendar) -> None:
    sessions = xkrx.sessions("2020-01-02", "2020-06-30")
    gap = (sessions > np.datetime64("2020-02-20")) & (
        sessions < np.datetime64("2020-04-15")
    )
    kept = sessions[~gap]  # the first sessions of March and April have no row
    amounts = on(Contribution(1.0), kept, xkrx)
    assert amounts == {
        "2020-02-03": 1,
        "2020-04-16": 2,
        "2020-05-04": 1,
        "2020-06-01": 1,
    }


def test_a_listed_date_moves_to_the_next_row_and_is_told(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    plan = FlowPlan((ListedFlows({"2020-03-01": 5.0, "2020-02-03": -7.0}),))
    placed = plan.on(sessions, xkrx)
    rows = np.flatnonzero(placed.amounts)
    assert [str(session) for session in sessions[rows]] == ["2020-02-03", "2020-03-02"]
    assert placed.amounts[rows].tolist() == [-7.0, 5.0]
    (finding,) = placed.findings
    assert finding.code == "FLOW_MOVED"
    assert "2020-03-01 to 2020-03-02" in finding.message


@pytest.mark.parametrize("date", ["2020-01-02", "2019-12-30", "2022-07-01"])
def test_a_listed_date_outside_is_told(
    date: str, sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    placed = FlowPlan((ListedFlows({date: 5.0}),)).on(sessions, xkrx)
    assert placed.is_empty
    assert [finding.code for finding in placed.findings] == ["FLOW_OUTSIDE"]
    assert date in placed.findings[0].message


def test_a_flow_that_never_comes_due_is_told(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    placed = FlowPlan((Contribution(1.0, start="2030-01-01"),)).on(sessions, xkrx)
    assert [finding.code for finding in placed.findings] == ["FLOW_NEVER_DUE"]


def test_equal_flows_in_and_out_of_a_session_are_none(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    plan = Contribution(123.45) + Withdrawal(123.45)
    assert plan.on(sessions, xkrx).is_empty


def test_the_way_to_invest_of_a_session(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    toward = FlowPlan((Contribution(1.0, invest="toward"),)).on(sessions, xkrx)
    assert (toward.toward == (toward.amounts > 0)).all()
    plan = Contribution(1.0, invest="toward") + Withdrawal(5.0, "ANNUAL")
    mixed = plan.on(sessions, xkrx)
    assert mixed.toward.sum() == toward.toward.sum() - 2
    assert [finding.code for finding in mixed.findings] == ["FLOW_INVEST_MIXED"]


def test_rows_may_stand_for_a_calendar() -> None:
    months = np.arange("1871-01", "1874-03", dtype="datetime64[M]")
    rows = months.astype("datetime64[D]")
    first = on(Withdrawal(4.0, "ANNUAL"), rows, None)
    assert list(first) == ["1872-01-01", "1873-01-01", "1874-01-01"]
    last = on(Withdrawal(4.0, "ANNUAL", "LAST_TRADING_DAY"), rows, None)
    assert list(last) == ["1871-12-01", "1872-12-01", "1873-12-01"]
    assert len(on(Contribution(1.0), rows, None)) == len(rows) - 1


def test_no_flows_are_empty() -> None:
    assert no_flows(3).is_empty
    assert no_flows(3).toward.tolist() == [False] * 3


PLANS: list[Any] = [
    Contribution(500_000),
    Contribution(nav_rate=0.0, frequency="QUARTERLY"),
    Withdrawal(40_000.5, "ANNUAL", "LAST_TRADING_DAY", growth=0.025, invest="toward"),
    Withdrawal(
        1, "WEEKLY", start="2020-01-01", end="2030-12-31", money_of="2019-05-01"
    ),
    Withdrawal(nav_rate=0.04, frequency="ANNUAL"),
    ListedFlows({"2020-03-02": 1_000_000}),
    ListedFlows({"2020-03-02": -1.25}, invest="toward"),
    Contribution(1) + Withdrawal(2) + ListedFlows({"2020-03-02": 3}),
]


@pytest.mark.parametrize("flow", PLANS, ids=repr)
def test_mappings_and_texts_read_back(flow: Any) -> None:
    plan = parse_cashflows(flow)
    assert plan is not None
    assert parse_cashflows(plan.to_dict()) == plan
    assert parse_cashflows(plan.label) == plan
    assert eval(repr(flow), vars(fl).copy() | {n: getattr(fl, n) for n in fl.__all__})


def test_consumer_prices_read_back() -> None:
    flow = Withdrawal(1.0, growth={"2020-01-01": 100.0, "2020-02-01": 101.5})
    plan = parse_cashflows(flow.to_dict())
    assert plan == FlowPlan((flow,))
    assert flow.label == "-1/MONTHLY growth with consumer prices"


@pytest.mark.parametrize(
    ("text", "flow"),
    [
        ("+500000/MONTHLY", Contribution(500_000)),
        ("-4%/ANNUAL", Withdrawal(nav_rate=0.04, frequency="ANNUAL")),
        ("-40000/annual growth 2.5%", Withdrawal(40_000, "ANNUAL", growth=0.025)),
        ("+1,000,000@2020-03-02 toward",
         ListedFlows({"2020-03-02": 1e6}, invest="toward")),
        ("- 5_000 /MONTHLY/last_trading_day to 2030-01-01",
         Withdrawal(5000, base_day="LAST_TRADING_DAY", end="2030-01-01")),
        ("-1/ANNUAL growth -1% money-of 2020-01-01 from 2021-01-01 target",
         Withdrawal(1, "ANNUAL", growth=-0.01, money_of="2020-01-01",
                    start="2021-01-01")),
    ],
)  # fmt: skip
def test_texts(text: str, flow: Any) -> None:
    assert parse_cashflows(text) == FlowPlan((flow,))


def test_a_text_may_hold_several() -> None:
    plan = parse_cashflows("+5/MONTHLY; -4%/ANNUAL")
    assert plan == Contribution(5) + Withdrawal(nav_rate=0.04, frequency="ANNUAL")
    assert parse_cashflows(["+5/MONTHLY", "-4%/ANNUAL"]) == plan


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing in it"),
        ("500000/MONTHLY", "lacks the sign"),
        ("+500000", "lacks when"),
        ("+/MONTHLY", "not of that form"),
        ("+5/MONTHLY;", "nothing in it"),
        ("+5/MONTHLY up", "'up' is no option"),
        ("+5/MONTHLY from", "'from' lacks"),
        ("+5/MONTHLY growth 2", "write a rate a year such as 2.5%"),
        ("+5/MONTHLY growth 2% growth 3%", "twice"),
        ("+5%@2020-01-02", "not a % of NAV"),
        ("+5@2020-01-02 growth 2%", "means nothing"),
        ("-4%/ANNUAL growth 2%", "has no growth"),
    ],
)
def test_texts_that_cannot_be_read(text: str, words: str) -> None:
    with pytest.raises(CashFlowError, match=words):
        parse_cashflows(text)


@pytest.mark.parametrize("text", ["+5/ANUAL", "+5/MONTHLY/FIRST_DAY"])
def test_texts_with_unknown_names(text: str) -> None:
    with pytest.raises(UnknownNameError):
        parse_cashflows(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Contribution(-1.0),
        lambda: Withdrawal(-1.0),
        lambda: Contribution(math.nan),
        lambda: Contribution(math.inf),
        lambda: Contribution("5"),
        lambda: Contribution(True),
        lambda: Contribution(1.0, growth=-1.0),
        lambda: Contribution(1.0, growth=-2.0),
        lambda: Contribution(1.0, growth=math.nan),
        lambda: Contribution(1.0, growth="2%"),
        lambda: Withdrawal(nav_rate=1.0),
        lambda: Withdrawal(nav_rate=-0.01),
        lambda: Withdrawal(nav_rate=math.nan),
        lambda: ListedFlows({"2020-01-02": math.nan}),
        lambda: ListedFlows({"2020-01-02": "1"}),
        lambda: parse_cashflows("-100%/ANNUAL"),
    ],
)
def test_amounts_outside_their_range(make: Any) -> None:
    with pytest.raises(AmountError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        Contribution,
        lambda: Contribution(1.0, nav_rate=0.1),
        lambda: Contribution(nav_rate=0.1, growth=0.02),
        lambda: Contribution(nav_rate=0.1, money_of="2020-01-01"),
        lambda: Contribution(1.0, start="2021-01-01", end="2020-01-01"),
        lambda: ListedFlows({}),
        lambda: ListedFlows([1, 2]),
        lambda: ListedFlows({"2020-01-02": 1.0, pd.Timestamp("2020-01-02"): 2.0}),
        lambda: FlowPlan(()),
        lambda: parse_cashflows([]),
        lambda: parse_cashflows([[]]),
        lambda: parse_cashflows(5),
        lambda: parse_cashflows({}),
        lambda: parse_cashflows({"2020-01-02": 5.0}),
        lambda: parse_cashflows({"type": "LISTED"}),
        lambda: ConsumerPrices({}),
        lambda: ConsumerPrices(5),
        lambda: ConsumerPrices({"2020-01-01": 0.0}),
        lambda: ConsumerPrices({"2020-01-01": math.nan}),
        lambda: ConsumerPrices({"2020-02-01": 1.0, "2020-01-01": 1.0}),
        lambda: ConsumerPrices({"2020-01-01": 1.0, pd.Timestamp("2020-01-01"): 1.0}),
    ],
)
def test_flows_that_cannot_be(make: Any) -> None:
    with pytest.raises(CashFlowError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Contribution(1.0, "DAILY"),
        lambda: Contribution(1.0, base_day="MIDDLE"),
        lambda: Contribution(1.0, invest="away"),
        lambda: parse_cashflows({"type": "GIFT", "amount": 1.0}),
        lambda: parse_cashflows({"type": "CONTRIBUTION", "amunt": 1.0}),
        lambda: parse_cashflows({"type": "PLAN", "flows": [], "x": 1}),
    ],
)
def test_unknown_names(make: Any) -> None:
    with pytest.raises(UnknownNameError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Contribution(1.0, start="yesterday"),
        lambda: ListedFlows({"2020-13-01": 1.0}),
        lambda: ListedFlows({pd.Timestamp("2020-01-02 09:00"): 1.0}),
        lambda: ConsumerPrices({"x": 1.0}),
    ],
)
def test_dates_that_are_none(make: Any) -> None:
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        make()


def test_a_list_need_not_be_sorted() -> None:
    flows = ListedFlows({"2021-01-04": 1.0, "2020-01-02": 2.0})
    assert flows.dates == ("2020-01-02", "2021-01-04")
    assert flows.amounts == (2.0, 1.0)


def test_a_flow_of_nothing_does_not_decide_how_another_is_invested(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    plan = Contribution(1.0, invest="toward") + Withdrawal(0.0)
    placed = plan.on(sessions, xkrx)
    assert (placed.toward == (placed.amounts > 0)).all()
    assert placed.findings == ()


def test_a_plan_takes_what_parse_takes() -> None:
    assert FlowPlan(["+5/MONTHLY", Withdrawal(2)]).flows == (  # type: ignore[arg-type]
        Contribution(5),
        Withdrawal(2),
    )


def test_growth_beyond_every_number_is_refused(
    sessions: np.ndarray, xkrx: TradingCalendar
) -> None:
    flow = Contribution(1e300, "ANNUAL", growth=1e300)
    with pytest.raises(CashFlowError, match="grows beyond every number"):
        FlowPlan((flow,)).on(sessions, xkrx)
