"""Scenarios and instruments as values, and those that every workspace begins with."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from foresto_lab.errors import UnknownNameError, WeightError
from foresto_lab.rebalancing import Drift, Hybrid, Periodic
from foresto_lab.scenarios import (
    BUILT_IN_RULES,
    BUILT_IN_SCENARIOS,
    DEFAULT_INSTRUMENT_MAP,
    DEFAULT_INSTRUMENTS,
    Instrument,
    Scenario,
)

CLASSES = ["equity", "bond", "cash", "gold", "other"]


def test_the_built_in_scenarios_are_those_of_the_design() -> None:
    percents = {
        scenario.name: [round(100 * scenario.weights[name]) for name in CLASSES]
        for scenario in BUILT_IN_SCENARIOS
    }
    assert percents == {
        "MIN_VOL": [15, 45, 25, 10, 5],
        "DEFENSIVE": [25, 40, 20, 10, 5],
        "GROWTH": [55, 20, 10, 10, 5],
    }
    korean = [scenario.name_ko for scenario in BUILT_IN_SCENARIOS]
    assert korean == ["변동성 최소화", "방어형", "성장형"]


def test_the_built_in_rules_are_monthly_quarterly_drift_and_hybrid() -> None:
    assert dict(BUILT_IN_RULES) == {
        "MONTHLY": Periodic("MONTHLY", "FIRST_TRADING_DAY", cost_rate=0.001),
        "QUARTERLY": Periodic("QUARTERLY", "FIRST_TRADING_DAY", cost_rate=0.001),
        "DRIFT_5": Drift(0.05, cost_rate=0.001),
        "HYBRID": Hybrid(Periodic("MONTHLY"), Drift(0.05), "ALL"),
    }


def test_each_asset_class_has_one_instrument() -> None:
    assert list(DEFAULT_INSTRUMENT_MAP) == CLASSES
    assert list(DEFAULT_INSTRUMENT_MAP.values()) == [
        item.symbol for item in DEFAULT_INSTRUMENTS
    ]


@pytest.mark.parametrize("scenario", BUILT_IN_SCENARIOS, ids=lambda item: item.name)
def test_a_scenario_comes_back_from_its_mapping(scenario: Scenario) -> None:
    assert Scenario.from_dict(scenario.to_dict()) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert hash(replace(scenario)) == hash(scenario)
    with pytest.raises(TypeError):
        scenario.weights["equity"] = 1.0  # type: ignore[index]


def test_an_instrument_comes_back_from_its_mapping() -> None:
    for item in DEFAULT_INSTRUMENTS:
        assert Instrument.from_dict(item.to_dict()) == item


def test_the_checksum_names_the_content() -> None:
    scenario = BUILT_IN_SCENARIOS[0]
    turned = dict(reversed(scenario.weights.items()))
    assert replace(scenario, weights=turned).checksum == scenario.checksum
    assert replace(scenario, version="1.0.1").checksum != scenario.checksum


@pytest.mark.parametrize("weights", [{"equity": 1.1}, {"equity": -0.1}, {}])
def test_the_weight_rule_is_enforced(weights: dict[str, float]) -> None:
    with pytest.raises(WeightError, match="scenario MINE"):
        Scenario("MINE", "내 것", "Mine", weights)


def test_an_unknown_field_is_answered_with_the_near_ones() -> None:
    given = {**BUILT_IN_SCENARIOS[0].to_dict(), "weigths": {}}
    with pytest.raises(UnknownNameError, match="weights"):
        Scenario.from_dict(given)
