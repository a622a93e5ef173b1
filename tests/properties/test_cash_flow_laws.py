"""Laws of cash flows: nothing paid is nothing changed, and money is neither made."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import foresto_lab as fl
from foresto_lab.market.calendars import get_calendar
from foresto_lab.rebalancing.cashflows import parse_cashflows
from foresto_lab.scenarios.retirement import retirement_outlook

FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
WEIGHTS = {"a": 0.5, "b": 0.3}
RULES = st.sampled_from(
    [
        None,
        fl.Periodic("MONTHLY", cost_rate=0.002),
        fl.Drift(0.03, cost_rate=0.001),
        fl.Drift(0.2, relative=True, to="band_edge"),
        fl.Hybrid(fl.Periodic("QUARTERLY"), fl.Drift(0.02), "ANY"),
    ]
)
NOTHING = st.sampled_from(
    [
        fl.Contribution(0.0),
        fl.Contribution(nav_rate=0.0),
        fl.Withdrawal(nav_rate=0.0, frequency="WEEKLY", invest="toward"),
        fl.Withdrawal(0.0, "ANNUAL", growth=0.05),
        fl.ListedFlows({"2021-03-02": 0.0}),
        fl.Contribution(1234.5) + fl.Withdrawal(1234.5),
    ]
)


def made_up(seed: int) -> pd.DataFrame:
    sessions = get_calendar("XKRX").sessions("2021-01-04", "2022-06-30")
    steps = np.random.default_rng(seed).normal(0.0, 0.02, (len(sessions), 2))
    return pd.DataFrame(
        100.0 * np.exp(steps.cumsum(axis=0)),
        index=pd.DatetimeIndex(sessions.astype("datetime64[us]")),
        columns=["a", "b"],
    )


@FEW
@given(st.integers(0, 10_000), RULES, NOTHING)
def test_flows_of_nothing_change_no_bit(seed: int, rule: Any, flow: Any) -> None:
    prices = made_up(seed)
    plain = fl.simulate(prices, WEIGHTS, rule)
    paid = fl.simulate(prices, WEIGHTS, rule, cashflows=flow)
    assert not paid.path["cash_flow"].any()
    kept = paid.path.drop(columns="cash_flow")
    pd.testing.assert_frame_equal(kept, plain.path, check_exact=True)
    shared = plain.summary.index
    assert paid.summary[shared].to_dict() == plain.summary.to_dict()


@FEW
@given(
    st.integers(0, 10_000),
    RULES,
    st.floats(0.0, 50_000.0),
    st.floats(0.0, 0.05),
    st.sampled_from(["target", "toward"]),
)
def test_money_goes_where_it_is_booked(
    seed: int, rule: Any, paid_in: float, drawn: float, invest: str
) -> None:
    flows = [
        fl.Contribution(paid_in, invest=invest),
        fl.Withdrawal(nav_rate=drawn, frequency="QUARTERLY", invest=invest),
    ]
    result = fl.simulate(made_up(seed), WEIGHTS, rule, cashflows=flows)
    path, summary = result.path, result.summary
    nav, flow = path["nav"].to_numpy(), path["cash_flow"].to_numpy()
    # What is there is what was there, grown, plus what came in.
    grown = nav[:-1] * (1.0 + path["daily_return"].to_numpy()[1:])
    np.testing.assert_allclose(nav[1:], grown + flow[1:], rtol=1e-9)
    booked = summary["total_contributions"] - summary["total_withdrawals"]
    assert abs(booked - flow.sum()) <= 1e-6 * max(1.0, abs(flow).sum())
    # The index of daily returns is what cumulative return and drawdown are of.
    index = np.cumprod(1.0 + path["daily_return"].to_numpy())
    np.testing.assert_allclose(path["cumulative_return"], index - 1.0, atol=1e-9)
    assert not summary["ruined"]


@FEW
@given(st.integers(0, 10_000), st.floats(0.0, 3_000_000.0))
def test_a_withdrawal_never_takes_more_than_there_is(seed: int, amount: float) -> None:
    flow = fl.Withdrawal(amount, "QUARTERLY")
    result = fl.simulate(made_up(seed), WEIGHTS, cashflows=flow)
    nav = result.path["nav"].to_numpy()
    summary = result.summary
    assert (nav >= 0.0).all()
    asked = 5 * amount  # quarters that begin after day 0
    taken = summary["total_withdrawals"] + summary["unmet_withdrawals"]
    np.testing.assert_allclose(taken, asked, rtol=1e-9, atol=1e-6)
    if summary["ruined"]:
        assert nav[-1] == 0.0
    else:
        assert summary["unmet_withdrawals"] == 0.0


@FEW
@given(
    st.sampled_from("+-"),
    st.floats(0, 1e9, allow_nan=False).map(lambda x: round(x, 2)),
    st.sampled_from(["WEEKLY", "MONTHLY", "QUARTERLY", "SEMIANNUAL", "ANNUAL"]),
    st.sampled_from(["", "/LAST_TRADING_DAY"]),
    st.integers(-50, 50),
    st.sampled_from(["", " toward"]),
)
def test_a_texts_flow_has_that_text(
    sign: str, amount: float, frequency: str, day: str, growth: int, invest: str
) -> None:
    grows = f" growth {growth}%" if growth else ""
    plan = parse_cashflows(f"{sign}{amount:.2f}/{frequency}{day}{grows}{invest}")
    assert plan is not None
    assert parse_cashflows(plan.label) == plan
    assert parse_cashflows(plan.to_dict()) == plan


@FEW
@given(st.text(max_size=40))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    with contextlib.suppress(fl.ForestoError):
        parse_cashflows(text)


@FEW
@given(st.integers(0, 10_000), st.floats(0.01, 0.3), st.floats(-0.02, 0.08))
def test_more_growth_never_lets_one_withdraw_less(
    seed: int, rate: float, inflation: float
) -> None:
    steps = np.random.default_rng(seed).normal(0.002, 0.04, (60, 30))
    growth = np.concatenate([np.ones((1, 30)), np.exp(steps.cumsum(axis=0))])
    richer = growth * 1.001 ** np.arange(61)[:, None]
    asked: dict[str, Any] = {"inflation": inflation, "rates": ()}
    poor = retirement_outlook(growth, rate, **asked)
    rich = retirement_outlook(richer, rate, **asked)
    assert (rich.withdrawals >= poor.withdrawals).all()
    assert (rich.ruin[rate] <= poor.ruin[rate]).all()
