"""Studies as runs of a workspace: kept, found, restored and reproduced, on both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    PreflightError,
    RebalancingDisabledError,
    ReproductionError,
    RuleError,
    UnknownNameError,
)
from foresto_lab.lab import Lab
from foresto_lab.types import RunKind
from tests.oracles.korean_sessions import sessions_2020

WEIGHTS = {"AAA": 0.6, "BBB": 0.3}


@pytest.fixture
def lab(either_lab: Lab, tmp_path: object) -> Lab:
    """Return a workspace with a year of two made-up assets."""
    days = sessions_2020("2020-01-02", "2020-12-30")
    steps = np.random.default_rng(11).normal(0, 0.02, (len(days), 2)).cumsum(axis=0)
    frame = pd.DataFrame(100 * np.exp(steps), days, list(WEIGHTS))
    for symbol in WEIGHTS:
        path = f"{tmp_path}/{symbol}.csv"
        rows = pd.DataFrame({"date": days, "close": frame[symbol].to_numpy()})
        rows.to_csv(path, index=False)
        either_lab.load_prices(path)
    return either_lab


def prices_of(lab: Lab) -> pd.DataFrame:
    return lab.prices(list(WEIGHTS))


def test_a_study_is_kept_found_and_restored_bit_for_bit(lab: Lab) -> None:
    study = lab.rebalancing_study(WEIGHTS, costs=0.002)
    assert study.run_id is not None
    record = lab.run_record(study.run_id)
    assert record.kind is RunKind.STUDY
    assert record.request_hash == study.request_hash
    again = lab.rebalancing_study(WEIGHTS, costs=0.002)
    assert again.run_id == study.run_id
    for kept in (again, lab.run(study.run_id)):
        pd.testing.assert_frame_equal(kept.summary, study.summary, check_exact=True)
        pd.testing.assert_frame_equal(kept.paths, study.paths, check_exact=True)
        for rule in study.compared:
            pd.testing.assert_frame_equal(
                kept.events(rule), study.events(rule), check_exact=True
            )
            pd.testing.assert_frame_equal(
                kept.parts(rule), study.parts(rule), check_exact=True
            )
        assert kept.to_dict() == study.to_dict()
        assert kept.rules == study.rules


def test_it_has_the_numbers_of_the_pure_core(lab: Lab) -> None:
    study = lab.rebalancing_study(WEIGHTS, costs=0.002)
    pure = fl.rebalancing_study(prices_of(lab), WEIGHTS, costs=0.002)
    pd.testing.assert_frame_equal(study.summary, pure.summary, check_exact=True)
    luck = lab.timing_luck(WEIGHTS, ["monthly"])
    alone = fl.timing_luck(prices_of(lab), WEIGHTS, ["monthly"])
    pd.testing.assert_frame_equal(luck.table, alone.table, check_exact=True)


def test_timing_luck_is_kept_found_and_restored_bit_for_bit(lab: Lab) -> None:
    luck = lab.timing_luck(WEIGHTS, base_days=21)
    assert luck.run_id is not None
    again = lab.timing_luck(WEIGHTS, base_days=21)
    assert again.run_id == luck.run_id
    for kept in (again, lab.run(luck.run_id)):
        pd.testing.assert_frame_equal(kept.table, luck.table, check_exact=True)
        pd.testing.assert_frame_equal(kept.summary, luck.summary, check_exact=True)
        assert kept.to_dict() == luck.to_dict()
    assert lab.timing_luck(WEIGHTS, base_days=7).run_id != luck.run_id


def test_both_reproduce_to_the_last_bit(lab: Lab) -> None:
    for run in (lab.rebalancing_study(WEIGHTS), lab.timing_luck(WEIGHTS)):
        found = lab.reproduce(str(run.run_id))
        assert found.identical, str(found)
        assert found.values_compared > 1000


def test_they_are_listed_as_studies(lab: Lab) -> None:
    study = lab.rebalancing_study(WEIGHTS)
    listed = lab.runs(kind="study")
    assert list(listed.index) == [study.run_id]
    assert listed["name"].iloc[0] == "CUSTOM"


def test_rules_by_name_from_the_defaults_and_from_the_store(lab: Lab) -> None:
    lab.save_rule("MINE", fl.Drift(0.03))
    study = lab.rebalancing_study(WEIGHTS, ["monthly", "MINE", "none"])
    assert dict(study.rules) == {
        "none": None,
        "monthly": fl.Periodic("MONTHLY"),
        "MINE": fl.Drift(0.03),
    }
    named = lab.rebalancing_study(WEIGHTS, {"held": None, "own": "MINE"})
    assert dict(named.rules) == {"held": None, "own": fl.Drift(0.03)}
    plain = lab.rebalancing_study(WEIGHTS, {"own": fl.Drift(0.03).to_dict()})
    assert plain.rules["own"] == fl.Drift(0.03)
    with pytest.raises(UnknownNameError, match="Did you mean"):
        lab.rebalancing_study(WEIGHTS, ["montly"])


def test_what_cannot_be_studied_is_not_registered(lab: Lab) -> None:
    with pytest.raises(PreflightError):
        lab.rebalancing_study({"AAA": 0.5, "NOPE": 0.5})
    with pytest.raises(RuleError):
        lab.timing_luck(WEIGHTS, {"drift": fl.Drift(0.05)})
    with pytest.raises(RuleError):
        lab.rebalancing_study(WEIGHTS, {})
    assert lab.runs().empty


def test_it_is_refused_while_rebalancing_is_off(lab: Lab) -> None:
    off = Lab(lab.storage, lab.settings.model_copy(update={"use_rebalancing": False}))
    with pytest.raises(RebalancingDisabledError):
        off.rebalancing_study(WEIGHTS)


def test_without_the_store_nothing_is_kept(lab: Lab) -> None:
    study = lab.rebalancing_study(WEIGHTS, save=False)
    assert study.run_id is None
    assert len(study.request_hash) == 64
    assert lab.runs().empty


def test_another_state_of_the_prices_is_another_run(lab: Lab, tmp_path: object) -> None:
    before = lab.rebalancing_study(WEIGHTS)
    path = f"{tmp_path}/more.csv"
    pd.DataFrame({"date": ["2021-01-04"], "close": [101.0]}).to_csv(path, index=False)
    for symbol in WEIGHTS:
        lab.load_prices(path, symbol=symbol)
    after = lab.rebalancing_study(WEIGHTS)
    assert after.run_id != before.run_id
    assert lab.reproduce(str(before.run_id)).identical


def test_a_state_that_is_not_here_cannot_be_reproduced(lab: Lab) -> None:
    from dataclasses import replace

    study = lab.rebalancing_study(WEIGHTS)
    record = replace(lab.run_record(str(study.run_id)), data_version="elsewhere:9")
    with pytest.raises((ReproductionError, UnknownNameError)):
        lab._reproduce_study(record)


def test_costs_and_cash_flows_are_part_of_the_request(lab: Lab) -> None:
    terms = {
        "costs": [fl.Commission(0.001), fl.ManagementFee(0.01)],
        "cashflows": fl.Contribution(10_000),
    }
    study = lab.rebalancing_study(WEIGHTS, ["monthly", "drift"], **terms)
    pure = fl.rebalancing_study(prices_of(lab), WEIGHTS, ["monthly", "drift"], **terms)
    pd.testing.assert_frame_equal(study.summary, pure.summary, check_exact=True)
    assert study.with_flows
    assert lab.run(str(study.run_id)).to_dict() == study.to_dict()
    assert lab.reproduce(str(study.run_id)).identical
    assert lab.rebalancing_study(WEIGHTS, ["monthly", "drift"]).run_id != study.run_id


def test_computed_weights_are_studied_too(lab: Lab) -> None:
    portfolio = fl.Portfolio(
        "Even",
        {"other": {"instruments": list(WEIGHTS)}},
        weighting=fl.InverseVolatility(lookback=40, frequency="QUARTERLY"),
    )
    lab.save_portfolio(portfolio)
    study = lab.rebalancing_study("Even", ["monthly", "drift"], start="2020-04-01")
    assert "SCHEDULE" in set(study.events("drift")["trigger_type"])
    assert lab.run(str(study.run_id)).to_dict() == study.to_dict()
    assert lab.reproduce(str(study.run_id)).identical
