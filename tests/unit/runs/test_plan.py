"""From what a caller names to a request: names, symbols, calendars, dates."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from foresto_lab.errors import (
    DateRangeError,
    InputError,
    RebalancingDisabledError,
    UnknownNameError,
    WeightError,
)
from foresto_lab.rebalancing import Drift
from foresto_lab.runs.plan import parse_date, plan_simulation
from foresto_lab.runs.protocols import Catalog
from foresto_lab.scenarios import Instrument, Scenario
from foresto_lab.storage import open_storage


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    catalog = open_storage(Path(tmp_path_factory.mktemp("workspace"))).catalog
    catalog.save_instruments(
        [
            Instrument("SPY", "SPY", "SPY", "equity", currency="USD", calendar="XNYS"),
            Instrument("SIM_BOND", "모의 채권", "Simulated", "bond", simulated=True),
        ]
    )
    return catalog


def test_a_scenario_is_found_without_case_and_mapped_to_its_instruments(
    catalog: Catalog,
) -> None:
    plan = plan_simulation("min_vol", catalog=catalog, start="2015-01-02")
    assert plan.request.scenario == "MIN_VOL"
    assert dict(plan.request.weights) == {
        "equity": 0.15,
        "bond": 0.45,
        "cash": 0.25,
        "gold": 0.10,
        "other": 0.05,
    }
    assert plan.request.instruments["equity"] == "069500"
    assert plan.request.start == date(2015, 1, 2)
    assert plan.request.calendar == "XKRX"
    assert plan.simulated is False


def test_a_mistyped_scenario_is_answered_with_the_near_ones(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean MIN_VOL"):
        plan_simulation("MINVOL", catalog=catalog)


def test_the_built_in_scenarios_need_no_database(catalog: Catalog) -> None:
    own = Scenario("HOUSE", "우리", "House", {"equity": 1.0})
    catalog.save_scenario(own)
    with pytest.raises(UnknownNameError):
        plan_simulation("HOUSE", catalog=catalog, use_scenario_db=False)
    plan = plan_simulation("growth", catalog=catalog, use_scenario_db=False)
    assert plan.name == "GROWTH"


def test_a_stored_rule_is_found_by_name_and_kept_in_full(catalog: Catalog) -> None:
    plan = plan_simulation("GROWTH", catalog=catalog, rebalancing="drift_5")
    assert plan.rule == Drift(0.05)
    assert plan.request.rebalancing == Drift(0.05).to_dict()


def test_a_rule_is_refused_while_rebalancing_is_off_never_ignored(
    catalog: Catalog,
) -> None:
    with pytest.raises(RebalancingDisabledError, match="USE_REBALANCING"):
        plan_simulation(
            "GROWTH", catalog=catalog, rebalancing="MONTHLY", use_rebalancing=False
        )
    plan = plan_simulation("GROWTH", catalog=catalog, use_rebalancing=False)
    assert plan.request.rebalancing is None


def test_weights_of_ones_own_name_symbols_or_asset_classes(catalog: Catalog) -> None:
    plan = plan_simulation({"005930": 0.5, "equity": 0.5}, catalog=catalog)
    assert dict(plan.request.instruments) == {"005930": "005930", "equity": "069500"}
    assert plan.name == "CUSTOM"


@pytest.mark.parametrize("weights", [{"a": 1.1}, {"a": -0.1}, {"a": float("nan")}, {}])
def test_weights_that_are_no_portfolio_are_refused(
    catalog: Catalog, weights: dict[str, float]
) -> None:
    with pytest.raises(WeightError):
        plan_simulation(weights, catalog=catalog)


def test_a_portfolio_of_another_type_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="mapping of symbol"):
        plan_simulation(3, catalog=catalog)  # type: ignore[arg-type]


def test_an_instrument_given_for_the_call_goes_before_the_map(catalog: Catalog) -> None:
    plan = plan_simulation(
        {"equity": 1.0}, catalog=catalog, instruments={"equity": "SPY"}
    )
    assert dict(plan.request.instruments) == {"equity": "SPY"}
    assert plan.request.calendar == "XNYS"


def test_an_instrument_for_an_asset_that_is_not_held_is_refused(
    catalog: Catalog,
) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean equity"):
        plan_simulation(
            {"equity": 1.0}, catalog=catalog, instruments={"equities": "SPY"}
        )


def test_instruments_of_two_calendars_need_one_to_be_named(catalog: Catalog) -> None:
    mixed = {"SPY": 0.5, "069500": 0.5}
    with pytest.raises(InputError, match="XKRX, XNYS"):
        plan_simulation(mixed, catalog=catalog)
    plan = plan_simulation(mixed, catalog=catalog, calendar="XNYS")
    assert plan.request.calendar == "XNYS"


def test_one_simulated_instrument_makes_the_plan_simulated(catalog: Catalog) -> None:
    assert plan_simulation({"SIM_BOND": 1.0}, catalog=catalog).simulated is True


def test_start_after_end_is_refused_with_both_dates(catalog: Catalog) -> None:
    with pytest.raises(DateRangeError) as caught:
        plan_simulation("GROWTH", catalog=catalog, start="2024-01-02", end="2023-01-02")
    assert caught.value.facts["start"] == date(2024, 1, 2)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("", None),
        ("2024-02-29", date(2024, 2, 29)),
        (date(2024, 2, 29), date(2024, 2, 29)),
        (datetime(2024, 2, 29, 15, 30), date(2024, 2, 29)),  # noqa: DTZ001
    ],
)
def test_dates_are_read_from_strings_dates_and_timestamps(
    given: object, expected: date | None
) -> None:
    assert parse_date(given, "start") == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["2023-02-29", "29.02.2024", "yesterday", "0"])
def test_what_is_no_date_is_refused_by_name(given: str) -> None:
    with pytest.raises(DateRangeError, match=r"start is .* not a date"):
        parse_date(given, "start")
