"""Studies of accounts: costs of parts, taxes, fees, cash flows, changing weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import InputError, RuleError
from foresto_lab.scenarios.decomposition import PARTS
from tests.oracles.korean_sessions import sessions_2020

WEIGHTS = {"a": 0.5, "b": 0.4}
HALVES = {"a": 0.5, "b": 0.5}
RULES = {
    "monthly": fl.Periodic("MONTHLY"),
    "drift": fl.Drift(0.03),
    "edge": fl.Drift(0.03, to="band_edge"),
}
FREE = fl.Periodic("MONTHLY", cost_rate=0.0)


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    days = sessions_2020("2020-01-02", "2020-12-30")
    steps = np.random.default_rng(5).normal(0, 0.02, (len(days), 2)).cumsum(axis=0)
    return pd.DataFrame(100 * np.exp(steps), days, ["a", "b"])


def schedule() -> fl.WeightsSchedule:
    days = pd.DatetimeIndex(["2020-01-02", "2020-03-16", "2020-09-01"])
    rows = [[0.5, 0.4], [0.2, 0.7], [0.6, 0.4]]
    return fl.WeightsSchedule.from_frame(pd.DataFrame(rows, days, ["a", "b"]))


ACCOUNTS: dict[str, dict[str, Any]] = {
    "commission": {"costs": [fl.Commission(0.001, minimum=50.0), fl.HalfSpread(5e-4)]},
    "fee": {"costs": [fl.Commission(0.001), fl.ManagementFee(0.02)]},
    "gains tax": {"costs": [fl.Commission(0.001), fl.CapitalGainsTax(0.22)]},
    "gains tax at each sale": {"costs": fl.CapitalGainsTax(0.22, settlement="SALE")},
    "contributions": {"cashflows": fl.Contribution(20_000)},
    "toward": {"cashflows": fl.Contribution(20_000, invest="toward")},
    "withdrawals": {"cashflows": fl.Withdrawal(20_000)},
    "share of NAV": {"cashflows": fl.Withdrawal(nav_rate=0.02)},
    "both": {
        "costs": [fl.Commission(0.002), fl.ManagementFee(0.01)],
        "cashflows": fl.Contribution(10_000),
    },
    "whole shares": {"whole_shares": True},
    "late": {"costs": fl.Commission(0.001), "execution": "next_close"},
    "schedule": {"weights": schedule(), "costs": 0.002},
    "schedule and flows": {
        "weights": schedule(),
        "costs": fl.Commission(0.001),
        "cashflows": fl.Withdrawal(5_000),
    },
}


@pytest.fixture(params=ACCOUNTS, scope="module")
def account(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"weights": WEIGHTS, **ACCOUNTS[request.param]}


def test_the_parts_add_up_at_every_close(
    account: dict[str, Any], prices: pd.DataFrame
) -> None:
    study = fl.rebalancing_study(prices, rules=RULES, **account)
    scale = study.paths.to_numpy().max()
    for rule in study.compared:
        gap = study.paths[rule] - study.paths["none"]
        parts = study.parts(rule)[list(PARTS)]
        assert (parts.sum(axis=1) - gap).abs().max() <= 1e-9 * scale
        years = study.by_year(rule)
        assert years["difference"].sum() == pytest.approx(gap.iloc[-1])


def test_the_cost_part_is_what_was_paid_more_than_without_a_rule(
    account: dict[str, Any], prices: pd.DataFrame
) -> None:
    account = {"costs": 0.001, **account}
    study = fl.rebalancing_study(prices, rules=RULES, **account)
    weights = account.pop("weights")
    none = fl.simulate(prices, weights, None, **account)
    for name, rule in RULES.items():
        result = fl.simulate(prices, weights, rule, **account)
        more = paid(result) - paid(none)
        cost = study.attribution(name)["cost_effect"]
        assert cost == pytest.approx(-more, abs=1e-6), name


def paid(result: fl.SimulationResult) -> float:
    """Return all costs of a simulation: of trades, of flows, fees and taxes."""
    parts = [
        float(value)
        for name, value in result.summary.items()
        if str(name).startswith("cost_")
    ]
    return sum(parts) if parts else float(result.summary["total_cost"])


def test_contributions_by_hand() -> None:
    # 4 May: 750 and 500 become 625 and 625. 6 May: 100 more is put in, half and half.
    # 7 May: a gains a fifth, to 810 and 675; without the rule, 800 and 550 become 1510.
    days = pd.DatetimeIndex(["2020-04-29", "2020-05-04", "2020-05-06", "2020-05-07"])
    prices = pd.DataFrame(
        {"a": [100.0, 150, 150, 180], "b": [100.0, 100, 100, 100]}, days
    )
    study = fl.rebalancing_study(
        prices,
        HALVES,
        {"monthly": FREE},
        cashflows=fl.ListedFlows({"2020-05-06": 100.0}),
        initial_amount=1000,
    )
    assert study.paths["none"].tolist() == pytest.approx([1000, 1250, 1350, 1510])
    assert study.paths["monthly"].tolist() == pytest.approx([1000, 1250, 1350, 1485])
    (event,) = study.events("monthly").to_dict("records")
    # Left at 750 and 500, with the 100 in the same proportion: 810 and 540, then 1512.
    assert event["return_effect"] == pytest.approx(1485 - 1512)
    # 162 gained there, 160 without a rule.
    assert event["carried_effect"] == pytest.approx(2)
    assert event["cost_effect"] == pytest.approx(0, abs=1e-9)
    assert event["flow_effect"] == pytest.approx(0, abs=1e-9)
    whole = study.attribution("monthly")
    assert whole["difference"] == pytest.approx(-25)
    assert "flow_effect" in whole.index
    assert study.with_flows


def test_a_share_of_nav_taken_out_is_a_flow_that_differs(prices: pd.DataFrame) -> None:
    study = fl.rebalancing_study(
        prices, WEIGHTS, RULES, cashflows=fl.Withdrawal(nav_rate=0.02)
    )
    results = [
        fl.simulate(
            prices, WEIGHTS, rule, costs=0.001, cashflows=fl.Withdrawal(nav_rate=0.02)
        )
        for rule in (RULES["monthly"], None)
    ]
    flows = [result.path["cash_flow"].sum() for result in results]
    effect = study.attribution("monthly")["flow_effect"]
    assert effect == pytest.approx(flows[0] - flows[1])
    assert effect != 0


def test_fractions_are_not_asked_of_flows(prices: pd.DataFrame) -> None:
    study = fl.rebalancing_study(
        prices, WEIGHTS, RULES, cashflows=fl.Contribution(1000)
    )
    with pytest.raises(InputError, match="no fractions of the initial amount"):
        study.attribution("monthly", unit="fraction")


def test_money_that_is_used_up_has_no_parts(prices: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="used up on 2020"):
        fl.rebalancing_study(prices, WEIGHTS, RULES, cashflows=fl.Withdrawal(300_000))


@pytest.mark.parametrize("whole_shares", [False, True])
def test_distributions_are_the_assets_return_and_their_tax_a_cost(
    prices: pd.DataFrame, whole_shares: bool
) -> None:
    paid_out = prices * 0.0
    paid_out.loc["2020-03-31", "a"] = 2.0
    paid_out.loc["2020-06-30"] = [1.0, 3.0]
    terms = {
        "costs": [fl.Commission(0.001), fl.DistributionTax(0.154)],
        "market": fl.MarketFacts(distributions=paid_out),
        "whole_shares": whole_shares,
    }
    study = fl.rebalancing_study(prices, WEIGHTS, RULES, **terms)
    none = fl.simulate(prices, WEIGHTS, None, **terms)
    for name, rule in RULES.items():
        gap = study.paths[name] - study.paths["none"]
        parts = study.parts(name)[list(PARTS)]
        assert (parts.sum(axis=1) - gap).abs().max() <= 1e-3
        more = paid(fl.simulate(prices, WEIGHTS, rule, **terms)) - paid(none)
        cost = study.attribution(name)["cost_effect"]
        assert cost == pytest.approx(-more, abs=1e-6)
    none_left = study.parts("monthly").iloc[:10]
    assert (none_left["carried_effect"].abs() < 1e-6).all()


def test_rules_of_different_cost_need_one_where_money_flows(
    prices: pd.DataFrame,
) -> None:
    rules = {"free": FREE, "dear": fl.Periodic("MONTHLY", cost_rate=0.01)}
    apart = fl.rebalancing_study(prices, WEIGHTS, rules)
    assert apart.attribution("free")["cost_effect"] == 0
    assert apart.attribution("dear")["cost_effect"] < 0
    with pytest.raises(RuleError, match="what a trade costs with costs"):
        fl.rebalancing_study(prices, WEIGHTS, rules, cashflows=fl.Contribution(1000))


def test_drift_is_measured_from_the_row_in_force(prices: pd.DataFrame) -> None:
    study = fl.rebalancing_study(prices, schedule(), {"drift": fl.Drift(0.03)})
    events = study.events("drift")
    told = events[events["trigger_type"] != "SCHEDULE"]
    assert len(told) > 2
    assert (told["drift_before"] >= 0.03 - 1e-9).all()
    assert (told["drift_before"] < 0.1).all()
    assert (told["drift_after"] < 1e-9).all()
    assert (events["trigger_type"] == "SCHEDULE").sum() == 2


def test_base_days_of_an_account_are_simulations_too(prices: pd.DataFrame) -> None:
    terms = {
        "costs": [fl.Commission(0.001, minimum=50.0)],
        "cashflows": fl.Contribution(5_000),
    }
    luck = fl.timing_luck(
        prices, WEIGHTS, {"monthly": fl.Periodic("MONTHLY")}, base_days=3, **terms
    )
    for offset, row in luck.of("monthly").iterrows():
        rule = fl.Periodic("MONTHLY", offset=int(offset))
        result = fl.simulate(prices, WEIGHTS, rule, **terms)
        assert row["final_nav"] == result.path["nav"].iloc[-1]
        assert row["cagr"] == result.summary["cagr"]
