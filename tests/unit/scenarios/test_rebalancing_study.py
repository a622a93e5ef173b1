"""What each trade of a rule did, worked out with a pencil and by a slow account."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    DateRangeError,
    InputError,
    PriceTableError,
    RuleError,
    UnknownAssetError,
    UnknownNameError,
    WeightError,
)
from foresto_lab.scenarios.decomposition import PARTS
from tests.oracles.korean_sessions import sessions_2020

HALVES = {"a": 0.5, "b": 0.5}
MONTHLY = fl.Periodic("MONTHLY", cost_rate=0.01)
DAYS = ["2020-04-28", "2020-05-04", "2020-06-01", "2020-06-02"]


def two_trades() -> pd.DataFrame:
    """Day 0, a trade on the 4th of May, one on the 1st of June, and a day after it."""
    return pd.DataFrame(
        {"a": [100.0, 150.0, 150.0, 180.0], "b": [100.0, 100.0, 125.0, 100.0]},
        index=pd.DatetimeIndex(DAYS, name="date"),
    )


def study(**options: object) -> fl.RebalancingStudy:
    rules = options.pop("rules", {"monthly": MONTHLY})
    return fl.rebalancing_study(
        two_trades(), HALVES, rules, initial_amount=1000, **options
    )


# --- by hand ----------------------------------------------------------------------


def test_each_part_of_each_trade() -> None:
    # 4 May: 750 and 500 of 1250; 0.1 is traded, at a cost of 1.25: 624.375 of each.
    # 1 June: 624.375 and 780.46875, 1404.84375 in all; a sixth of a third is traded.
    first, second = study().events("monthly").to_dict("records")
    assert first["event_date"] == pd.Timestamp("2020-05-04")
    assert first["until"] == pd.Timestamp("2020-06-01")
    assert second["until"] == pd.Timestamp("2020-06-02")
    assert first["drift_before"] == pytest.approx(0.1)
    assert first["drift_removed"] == pytest.approx(0.1)
    assert first["half_sum_removed"] == pytest.approx(0.1)
    assert second["drift_removed"] == pytest.approx(1 / 18)
    assert first["turnover"] == pytest.approx(0.1)
    assert first["cost"] == pytest.approx(1.25)
    assert second["cost"] == pytest.approx(0.78046875)

    # Left at 60 and 40, 1248.75 would have become 1248.75 x (0.6 + 0.4 x 1.25).
    assert first["return_effect"] == pytest.approx(1404.84375 - 1373.625)
    # Never rebalanced, 1250 became 1375: the same weights, on what the trade cost.
    assert first["compounding_effect"] == pytest.approx(-0.125)
    assert first["earlier_trades_effect"] == pytest.approx(0.0, abs=1e-9)
    assert first["carried_effect"] == pytest.approx(-0.125)
    assert first["cost_effect"] == pytest.approx(-1.25)

    # Left at 4 and 5 ninths, 1404.06328125 would have become 8.8 ninths of itself.
    assert second["return_effect"] == pytest.approx(1404.06328125 - 1372.861875)
    # Never rebalanced, 1375 became 1400, a 55th more; the lead was 29.06328125.
    assert second["carried_effect"] == pytest.approx(-31.20140625 - 25)
    assert second["compounding_effect"] == pytest.approx(29.06328125 / 55)
    assert second["difference"] == pytest.approx(31.20140625 - 56.20140625 - 0.78046875)


def test_the_parts_add_up_to_the_difference_of_the_paths() -> None:
    found = study()
    whole = found.attribution("monthly")
    assert whole["return_effect"] == pytest.approx(62.42015625)
    assert whole["carried_effect"] == pytest.approx(-56.32640625)
    assert whole["cost_effect"] == pytest.approx(-2.03046875)
    assert whole["difference"] == pytest.approx(1404.06328125 - 1400)
    assert list(whole.index) == [
        "return_effect",
        "carried_effect",
        "cost_effect",
        "difference",
    ]
    assert found.summary.loc["monthly", "difference"] == whole["difference"]
    assert found.summary.loc["none", "difference"] == 0.0
    assert found.paths["none"].tolist() == [1000, 1250, 1375, 1400]


def test_as_fractions_they_add_up_to_the_difference_of_total_returns() -> None:
    found = study()
    returns = found.summary["total_return"]
    whole = found.attribution("monthly", unit="fraction")
    assert whole["difference"] == pytest.approx(returns["monthly"] - returns["none"])
    assert whole.iloc[:-1].sum() == pytest.approx(whole["difference"], abs=1e-12)
    fractions = found.events("monthly", unit="fraction")["return_effect"]
    money = found.events("monthly")["return_effect"]
    np.testing.assert_array_equal(fractions, money / 1000)


def test_a_year_takes_what_came_in_it() -> None:
    days = ["2019-11-29", "2019-12-02", "2019-12-30", "2020-01-02", "2020-01-03"]
    prices = pd.DataFrame(
        {"a": [100.0, 150, 150, 150, 180], "b": [100.0, 100, 100, 125, 125]},
        index=pd.DatetimeIndex(days),
    )
    rules = {"monthly": MONTHLY}
    found = fl.rebalancing_study(prices, HALVES, rules, initial_amount=1000)
    years = found.by_year("monthly")
    assert list(years.index) == [2019, 2020]
    # The trade of 2 December cost 1.25; nothing moved before the new year.
    assert years.loc[2019].to_dict() == pytest.approx(
        {
            "return_effect": 0,
            "carried_effect": 0,
            "cost_effect": -1.25,
            "flow_effect": 0,
            "earlier_trades_effect": 0,
            "compounding_effect": 0,
            "difference": -1.25,
        },
        abs=1e-9,
    )
    gap = found.paths["monthly"] - found.paths["none"]
    assert years["difference"].sum() == pytest.approx(gap.iloc[-1])


def test_weights_at_the_bands_edge_leave_drift_behind() -> None:
    edge = fl.Drift(0.05, to="band_edge", cost_rate=0.0)
    found = study(rules={"edge": edge})
    first = found.events("edge").iloc[0]
    assert first["drift_before"] == pytest.approx(0.1)
    assert first["drift_after"] == pytest.approx(0.05)
    assert first["drift_removed"] == pytest.approx(0.05)


# --- what is asked ------------------------------------------------------------------


def test_the_default_rules() -> None:
    days = sessions_2020("2020-01-02", "2020-12-30")
    steps = np.random.default_rng(3).normal(0, 0.02, (len(days), 2)).cumsum(axis=0)
    prices = pd.DataFrame(100 * np.exp(steps), days, ["a", "b"])
    found = fl.rebalancing_study(prices, HALVES)
    assert list(found.rules) == [
        "none",
        "monthly",
        "quarterly",
        "annual",
        "drift",
        "hybrid",
    ]
    assert found.baseline == "none"
    assert found.summary.loc["monthly", "rebalancing_count"] == 11
    # A year that begins on day 0 has no other first trading day.
    assert found.summary.loc["annual", "rebalancing_count"] == 0
    assert found.attribution("annual").tolist() == [0.0, 0.0, 0.0, 0.0]
    assert [f.code for f in found.findings] == ["NEVER_TRADED"]


def test_rules_by_name_in_a_list_or_alone() -> None:
    assert list(study(rules=["monthly", "drift"]).rules) == ["none", "monthly", "drift"]
    assert list(study(rules="monthly").rules) == ["none", "monthly"]
    assert list(study(rules=[None, MONTHLY]).rules) == [
        "none",
        "MONTHLY/FIRST_TRADING_DAY",
    ]
    held = study(rules={"held": None, "cheap": MONTHLY})
    assert held.baseline == "held"
    assert held.compared == ("cheap",)


def test_a_cost_for_all_rules() -> None:
    dear, free = study(costs=0.02), study(costs=0.0)
    assert dear.events("monthly")["cost"].iloc[0] == pytest.approx(2.5)
    assert free.attribution("monthly")["cost_effect"] == 0.0


def test_the_hash_names_rules_prices_and_costs() -> None:
    assert study().request_hash == study().request_hash
    assert study().request_hash != study(costs=0.02).request_hash
    assert len(study().request_hash) == 64


def test_it_is_plain_data_and_shows_itself() -> None:
    found = study()
    text = json.dumps(found.to_dict())
    assert json.loads(text)["summary"]["monthly"]["difference"] == pytest.approx(
        4.06328125
    )
    assert "monthly" in repr(found)
    assert "매월" in found._repr_html_()


# --- what is refused ----------------------------------------------------------------


def refused(kind: type[Exception], match: str, **options: object) -> None:
    given = {"prices": two_trades(), "weights": HALVES, **options}
    with pytest.raises(kind, match=match):
        fl.rebalancing_study(**given)  # type: ignore[arg-type]


def test_unknown_rule_names_are_answered_with_the_near_ones() -> None:
    refused(UnknownNameError, "Did you mean monthly", rules=["montly"])
    refused(UnknownNameError, "Did you mean monthly", rules={"mine": "montly"})


def test_rules_that_are_none() -> None:
    refused(RuleError, "rules is empty", rules={})
    refused(RuleError, "rules is empty", rules=[])
    refused(RuleError, "only rule is no rebalancing", rules=[None])
    refused(RuleError, "Two rules are called", rules=[MONTHLY, MONTHLY])
    refused(RuleError, "must be a rule", rules={"mine": 5})
    refused(
        RuleError, "both no rebalancing", rules={"a": None, "b": None, "c": MONTHLY}
    )
    refused(RuleError, "called 'none'", rules={"none": MONTHLY})


def test_one_asset_has_nothing_to_be_rebalanced_against() -> None:
    refused(InputError, "nothing to rebalance", weights={"a": 1.0})
    refused(InputError, "nothing to rebalance", weights={"a": 1.0, "b": 0.0})
    with_cash = fl.rebalancing_study(two_trades(), {"a": 0.5}, {"m": MONTHLY})
    assert with_cash.events("m")["turnover"].iloc[0] == pytest.approx(0.1)


def test_a_span_too_short_for_any_trade() -> None:
    refused(
        DateRangeError,
        r"2 sessions\) no rule \(annual, far\)",
        prices=two_trades().iloc[:2],
        rules={"annual": fl.Periodic("ANNUAL"), "far": fl.Drift(0.9)},
    )


def test_what_simulate_refuses() -> None:
    refused(WeightError, "is 'x'", weights={"a": "x"})
    refused(WeightError, "must be a mapping", weights=None)
    refused(WeightError, "names no asset", weights={})
    refused(PriceTableError, "prices", prices=[1, 2, 3])
    refused(UnknownAssetError, "Unknown asset", weights={"a": 0.5, "c": 0.5})


def test_what_a_study_does_not_have() -> None:
    found = study()
    with pytest.raises(UnknownNameError, match="rule of this study 'none'"):
        found.events("none")
    with pytest.raises(UnknownNameError, match="unit 'percent'"):
        found.attribution("monthly", unit="percent")  # type: ignore[arg-type]


def test_parts_are_named_once() -> None:
    assert len(set(PARTS)) == 4
