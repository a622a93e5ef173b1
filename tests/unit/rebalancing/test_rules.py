"""Rules as values: what they are called, how they are stored, what they refuse."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from foresto_lab.errors import (
    AmountError,
    ForestoError,
    RuleError,
    UnknownNameError,
)
from foresto_lab.rebalancing import (
    Drift,
    Hybrid,
    Periodic,
    ProportionalCost,
    RebalancingRule,
    parse_rule,
)

RULES: dict[str, RebalancingRule] = {
    "MONTHLY/FIRST_TRADING_DAY": Periodic("MONTHLY"),
    "ANNUAL/LAST_TRADING_DAY": Periodic("ANNUAL", "LAST_TRADING_DAY", cost_rate=0.002),
    "DRIFT>=5.00%": Drift(),
    "DRIFT>=0.001%": Drift(0.00001),
    "DRIFT>=25.00% of target": Drift(0.25, relative=True),
    "DRIFT>=3.33%, to band edge": Drift(0.0333, to="band_edge"),
    "WEEKLY/FIRST_TRADING_DAY & DRIFT>=5.00%": Hybrid(Periodic("WEEKLY"), Drift()),
    "MONTHLY/FIRST_TRADING_DAY | DRIFT>=5.00%": Hybrid(
        Periodic("MONTHLY"), Drift(), "ANY", cost_rate=0.0
    ),
}


@pytest.mark.parametrize(("label", "rule"), RULES.items(), ids=list(RULES))
def test_a_rule_comes_back_from_its_mapping(label: str, rule: RebalancingRule) -> None:
    assert rule.label == label
    assert parse_rule(rule.to_dict()) == rule
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert hash(replace(rule)) == hash(rule)
    with pytest.raises(FrozenInstanceError):
        rule.cost_rate = 0.5  # type: ignore[misc]


def test_names_are_taken_in_any_case() -> None:
    assert Periodic("monthly", "last_trading_day") == Periodic(
        "MONTHLY", "LAST_TRADING_DAY"
    )


def test_a_hybrid_costs_what_its_parts_agree_on() -> None:
    parts = Periodic("MONTHLY", cost_rate=0.002), Drift(cost_rate=0.002)
    assert Hybrid(*parts).cost_rate == 0.002
    assert Hybrid(*parts, cost_rate=0.003).cost_rate == 0.003
    with pytest.raises(RuleError, match=r"0\.002 .* 0\.001.*cost_rate="):
        Hybrid(parts[0], Drift())


@pytest.mark.parametrize(
    "threshold", [0, 1, 1.5, -0.1, float("nan"), "0.05", None, True]
)
def test_a_threshold_lies_between_0_and_1(threshold: Any) -> None:
    with pytest.raises(
        AmountError, match=r"threshold is .* above 0 and below 1"
    ) as caught:
        Drift(threshold)
    assert caught.value.given is threshold


@pytest.mark.parametrize("rate", [-0.001, 1, 2, float("inf"), float("nan"), "1%", True])
def test_a_cost_rate_is_a_fraction_below_1(rate: Any) -> None:
    for make in (
        lambda: Periodic("MONTHLY", cost_rate=rate),
        lambda: Drift(0.05, cost_rate=rate),
        lambda: Hybrid(Periodic("MONTHLY"), Drift(), cost_rate=rate),
        lambda: ProportionalCost(rate),
    ):
        with pytest.raises(AmountError, match=r"cost_rate is .* 0 or more and below 1"):
            make()


@pytest.mark.parametrize(
    ("make", "near"),
    [
        (lambda: Periodic("MONTHLEY"), "MONTHLY"),
        (lambda: Periodic("DAILY"), "WEEKLY"),
        (lambda: Periodic("MONTHLY", "FIRST_DAY"), "FIRST_TRADING_DAY"),
        (lambda: Drift(to="band-edge"), "band_edge"),
        (lambda: Hybrid(Periodic("MONTHLY"), Drift(), "EVERY"), "ANY"),
        (lambda: parse_rule({"type": "PERIODICAL"}), "PERIODIC"),
        (lambda: parse_rule({"type": "DRIFT", "treshold": 0.1}), "threshold"),
    ],
)
def test_an_unknown_name_is_answered_with_those_there_are(make: Any, near: str) -> None:
    with pytest.raises(UnknownNameError, match=near):
        make()


@pytest.mark.parametrize(
    "given", [{}, {"frequency": "MONTHLY"}, {"type": "PERIODIC"}, "MONTHLY", None]
)
def test_a_mapping_that_is_no_rule_is_refused(given: Any) -> None:
    with pytest.raises(RuleError):
        parse_rule(given)


def test_the_parts_of_a_hybrid_stand_in_their_order() -> None:
    with pytest.raises(RuleError, match="Periodic and a Drift, in this order"):
        Hybrid(Drift(), Periodic("MONTHLY"))  # type: ignore[arg-type]


def test_errors_are_those_of_the_package_and_of_python() -> None:
    with pytest.raises(ForestoError):
        Drift(0)
    with pytest.raises(ValueError, match="threshold"):
        Drift(0)


def test_an_offset_is_part_of_the_rule_and_of_its_name() -> None:
    rule = Periodic("MONTHLY", offset=5)
    assert rule.label == "MONTHLY/FIRST_TRADING_DAY+5"
    assert Periodic("ANNUAL", "LAST_TRADING_DAY", offset=3).label == (
        "ANNUAL/LAST_TRADING_DAY-3"
    )
    assert parse_rule(rule.to_dict()) == rule
    assert rule != Periodic("MONTHLY")


def test_what_is_stored_of_a_rule_without_offset_says_nothing_of_it() -> None:
    assert Periodic("MONTHLY", cost_rate=0.002).to_dict() == {
        "type": "PERIODIC",
        "frequency": "MONTHLY",
        "base_day": "FIRST_TRADING_DAY",
        "cost_rate": 0.002,
    }


@pytest.mark.parametrize("offset", [-1, 1.5, True, "3", None])
def test_an_offset_is_a_whole_number_of_sessions(offset: object) -> None:
    with pytest.raises(AmountError, match="whole number of sessions"):
        Periodic("MONTHLY", offset=offset)  # type: ignore[arg-type]
