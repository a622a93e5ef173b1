"""What a simulation shows of costs, flows and schedules, and what its hash covers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.rebalancing.costs import COST_PARTS, ProportionalCost

DAYS = pd.DatetimeIndex(fl.get_calendar("XKRX").sessions("2019-01-02", "2021-12-30"))
WEIGHTS = {"a": 0.5, "b": 0.3, "c": 0.2}
MONTHLY = fl.Periodic("MONTHLY", cost_rate=0.002)
PARTS = [f"cost_{part}" for part in COST_PARTS]
MODEL = (
    fl.Commission(0.00015, minimum=100)
    + fl.HalfSpread(0.0005)
    + fl.CapitalGainsTax(0.22, allowance=5_000)
    + fl.ManagementFee(0.01)
)


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    steps = np.random.default_rng(5).normal(0.0004, 0.012, (len(DAYS), 3))
    return pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), DAYS, list("abc"))


def same(one: fl.SimulationResult, other: fl.SimulationResult) -> None:
    pd.testing.assert_frame_equal(one.path, other.path, check_exact=True)
    pd.testing.assert_frame_equal(one.events, other.events, check_exact=True)
    pd.testing.assert_series_equal(one.summary, other.summary, check_exact=True)


def test_the_parts_of_each_event_are_its_cost(prices: pd.DataFrame) -> None:
    result = fl.simulate(prices, WEIGHTS, MONTHLY, costs=MODEL)
    events = result.events
    assert [name for name in events if name.startswith("cost_")][2:] == PARTS
    assert events.columns[-1] == "realized_gain"
    np.testing.assert_allclose(
        events[PARTS].sum(axis=1), events["cost_amount"], rtol=1e-12
    )
    np.testing.assert_allclose(
        events["nav_before"] - events["cost_amount"], events["nav_after"], rtol=1e-14
    )
    assert (events["cost_commission"] >= 100).all()
    rates = events["cost_amount"] / (events["nav_before"] * events["turnover"])
    np.testing.assert_allclose(events["cost_rate"], rates)


def test_the_ledger_and_the_summary_hold_every_cost(prices: pd.DataFrame) -> None:
    result = fl.simulate(
        prices, WEIGHTS, MONTHLY, costs=MODEL, cashflows=fl.Contribution(20_000)
    )
    ledger, summary, path = result.ledger, result.summary, result.path
    assert ledger is not None
    for part in PARTS:
        assert summary[part] == pytest.approx(ledger[part].sum(), rel=1e-12)
    assert summary["total_cost"] == pytest.approx(ledger[PARTS].to_numpy().sum())
    assert summary["realized_gain"] == pytest.approx(ledger["realized_gain"].sum())
    assert ledger["cost_capital_gains_tax"].ne(0).sum() <= 3  # at three years' ends
    assert path.columns.get_loc("cash_flow") == path.columns.get_loc("drawdown") + 1
    assert summary["total_contributions"] == path["cash_flow"].sum() == 35 * 20_000
    # The value is what was paid in, what was earned and what was not paid away.
    growth = path["nav"].shift() * path["daily_return"]
    worth = 1e6 + path["cash_flow"].sum() + growth.sum()
    assert path["nav"].iloc[-1] == pytest.approx(worth, rel=1e-9)


def test_time_weighted_figures_do_not_see_the_flows(prices: pd.DataFrame) -> None:
    free = fl.Periodic("MONTHLY", cost_rate=0.0)
    still = fl.simulate(prices, WEIGHTS, None)
    moved = fl.simulate(
        prices, {"a": 1.0}, free, cashflows=fl.Contribution(50_000, invest="toward")
    )
    alone = fl.simulate(prices, {"a": 1.0}, free)
    for name in ("daily_return", "cumulative_return", "drawdown"):
        np.testing.assert_allclose(moved.path[name], alone.path[name], atol=1e-12)
    assert moved.summary["cagr"] == pytest.approx(alone.summary["cagr"], rel=1e-10)
    assert "cash_flow" not in still.path


@pytest.mark.parametrize(
    "none",
    [
        fl.CapitalGainsTax(0.0),
        fl.DistributionTax(0.0),
        fl.CapitalGainsTax(0.0, "AVERAGE", settlement="SALE"),
        fl.ManagementFee(0.0),
    ],
)
@pytest.mark.parametrize("rule", [MONTHLY, fl.Drift(0.02), None])
def test_a_rate_of_zero_changes_no_bit(
    prices: pd.DataFrame, rule: Any, none: Any
) -> None:
    costs = fl.Commission(0.0015) + fl.HalfSpread(0.001)
    same(
        fl.simulate(prices, WEIGHTS, rule, costs=costs),
        fl.simulate(prices, WEIGHTS, rule, costs=costs + none),
    )


@pytest.mark.parametrize("rule", [MONTHLY, fl.Drift(0.02), None])
def test_a_contribution_of_zero_percent_is_no_flow(
    prices: pd.DataFrame, rule: Any
) -> None:
    plain = fl.simulate(prices, WEIGHTS, rule)
    zero = fl.simulate(
        prices, WEIGHTS, rule, cashflows=fl.ListedFlows({"2020-03-02": 0.0})
    )
    pd.testing.assert_frame_equal(
        zero.path.drop(columns="cash_flow"), plain.path, check_exact=True
    )
    pd.testing.assert_frame_equal(zero.events, plain.events, check_exact=True)
    shared = zero.summary[plain.summary.index]
    pd.testing.assert_series_equal(shared, plain.summary, check_exact=True)


def test_a_proportional_cost_alone_is_the_plain_simulation(
    prices: pd.DataFrame,
) -> None:
    plain = fl.simulate(prices, WEIGHTS, MONTHLY)
    for costs in (0.002, fl.CostModel((ProportionalCost(0.002),))):
        other = fl.simulate(prices, WEIGHTS, MONTHLY, costs=costs)
        same(plain, other)
        assert plain.request_hash == other.request_hash


def test_a_schedule_trades_to_its_rows(prices: pd.DataFrame) -> None:
    rows = {"2019-01-02": WEIGHTS, "2020-06-01": {"a": 0.1, "b": 0.1, "c": 0.6}}
    schedule = fl.WeightsSchedule.from_rows(rows)
    result = fl.simulate(prices, schedule, fl.Drift(0.03))
    kinds = result.events.set_index("event_date")["trigger_type"]
    assert kinds.loc["2020-06-01"] == "SCHEDULE"
    assert set(kinds) == {"SCHEDULE", "DRIFT"}
    path = result.path
    assert path.loc["2020-06-01", "weight_c"] == 0.6
    for day, kind in kinds.items():
        row = rows["2019-01-02" if str(day) < "2020-06-01" else "2020-06-01"]
        assert path.loc[day, "weight_a"] == row["a"], kind
    held = fl.simulate(prices, fl.WeightsSchedule.from_rows({"2019-01-02": WEIGHTS}))
    plain = fl.simulate(prices, WEIGHTS)
    pd.testing.assert_frame_equal(held.path, plain.path, check_exact=True)


def test_a_weighting_trades_at_its_decisions(prices: pd.DataFrame) -> None:
    weighting = fl.InverseVolatility(lookback=60)
    result = fl.simulate(prices, weighting)
    schedule = weighting.schedule(prices, "XKRX")
    assert result.schedule is not None
    assert result.schedule.checksum == schedule.checksum
    assert result.path.index[0] == pd.Timestamp(str(schedule.dates[0]))
    assert (result.events["trigger_type"] == "SCHEDULE").all()
    assert len(result.events) == len(schedule.dates) - 1


def test_the_hash_covers_everything(prices: pd.DataFrame) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"costs": fl.Commission(0.001)},
        {"costs": fl.Commission(0.002)},
        {"costs": fl.Commission(0.001) + fl.CapitalGainsTax(0.1)},
        {"cashflows": fl.Contribution(100)},
        {"cashflows": fl.Contribution(200)},
        {"cashflows": fl.Contribution(200, invest="toward")},
        {"whole_shares": True},
        {"market": fl.MarketFacts(markets={"a": "KOSPI"})},
        {"weights": fl.WeightsSchedule.from_rows({"2019-01-02": WEIGHTS})},
    ]
    hashes = [
        fl.simulate(
            prices, change.pop("weights", WEIGHTS), MONTHLY, **change
        ).request_hash
        for change in changes
    ]
    assert len(set(hashes)) == len(changes)


def test_a_result_says_what_it_was_given(prices: pd.DataFrame) -> None:
    result = fl.simulate(
        prices, WEIGHTS, MONTHLY, costs=MODEL, cashflows="+1000/MONTHLY",
        whole_shares=True,
    )  # fmt: skip
    told = result.to_dict()
    assert told["whole_shares"] is True
    assert told["costs"] == MODEL.to_dict()
    assert fl.parse_cashflows(told["cashflows"]) == result.cashflows
    assert result.rule is not None
    assert result.rule.cost_rate == 0.0
    plain = fl.simulate(prices, WEIGHTS, MONTHLY).to_dict()
    assert not {"costs", "cashflows", "schedule", "whole_shares"} & set(plain)
