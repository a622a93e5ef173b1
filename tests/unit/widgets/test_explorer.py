"""The explorer without a browser: its numbers, its messages, what it keeps."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.widgets import ScenarioExplorer

WEIGHTS = {  # as published for the three scenarios, in percent
    "MIN_VOL": (15, 45, 25, 10, 5),
    "DEFENSIVE": (25, 40, 20, 10, 5),
    "GROWTH": (55, 20, 10, 10, 5),
}
ASSETS = ("equity", "bond", "cash", "gold", "other")


@pytest.fixture
def expected(sample_prices):
    """Return the pure simulation of a scenario, on prices read without the store."""

    def simulate(scenario, rule, **options):
        weights = {a: w / 100 for a, w in zip(ASSETS, WEIGHTS[scenario], strict=True)}
        return fl.simulate(sample_prices, weights, rule, **options)

    return simulate


def same(result, wanted):
    pd.testing.assert_frame_equal(result.path, wanted.path, check_exact=True)
    pd.testing.assert_frame_equal(result.events, wanted.events, check_exact=True)
    assert list(result.summary.index) == list(wanted.summary.index)
    return True


# --- numbers ----------------------------------------------------------------------


def test_it_opens_on_the_first_scenario_over_all_there_is(explorer, expected):
    assert explorer.comparison.setting.scenario == "MIN_VOL"
    assert explorer.stored_rule_name() == "MONTHLY"
    assert same(explorer.result, expected("MIN_VOL", fl.Periodic("MONTHLY")))
    assert not explorer.can_undo


@pytest.mark.parametrize("scenario", WEIGHTS)
@pytest.mark.parametrize(
    "rule",
    [
        None,
        fl.Periodic("QUARTERLY", "LAST_TRADING_DAY", cost_rate=0.002),
        fl.Drift(0.1, relative=True, to="band_edge"),
        fl.Hybrid(fl.Periodic("MONTHLY"), fl.Drift(0.02), "ANY"),
    ],
    ids=["buy and hold", "periodic", "drift", "hybrid"],
)
def test_its_numbers_are_those_of_simulate(explorer, expected, scenario, rule):
    outcome = explorer.set(
        scenario=scenario,
        rule=rule,
        start="2012-03-05",
        end="2019-12-30",
        initial_amount=5_000_000,
    )
    wanted = expected(
        scenario, rule, start="2012-03-05", end="2019-12-30", initial_amount=5_000_000
    )
    assert same(outcome.result, wanted)


def test_parameters_of_the_rule_can_be_set_one_by_one(explorer, expected):
    explorer.set(kind="DRIFT")
    explorer.set(threshold=0.03)
    explorer.set(cost_rate=0.004)
    assert same(explorer.result, expected("MIN_VOL", fl.Drift(0.03, cost_rate=0.004)))


def test_it_is_computed_anew_at_every_change(explorer):
    before = explorer.result
    explorer.set(cost_rate=0.002)
    explorer.undo()
    assert explorer.result is not before
    assert same(explorer.result, before)


def test_four_settings_are_compared_over_the_same_period(explorer, expected):
    rules = {"QUARTERLY": None, "DRIFT_5": None, "HYBRID": None}
    for name in rules:
        explorer.add()
        explorer.set(rule=name)
    explorer.set(start="2015-01-02", end="2020-12-30")
    assert len(explorer.outcomes) == 4
    wanted = [
        fl.Periodic("MONTHLY"),
        fl.Periodic("QUARTERLY"),
        fl.Drift(0.05),
        fl.Hybrid(fl.Periodic("MONTHLY"), fl.Drift(0.05), "ALL"),
    ]
    for outcome, rule in zip(explorer.outcomes, wanted, strict=True):
        path = expected("MIN_VOL", rule, start="2015-01-02", end="2020-12-30")
        assert same(outcome.result, path)
    assert len(set(explorer.results)) == 4


def test_settings_that_differ_in_cost_alone_are_told_apart(explorer):
    explorer.add()
    explorer.set(cost_rate=0.005)
    labels = [outcome.label for outcome in explorer.outcomes]
    assert labels[0].endswith("· 0.10%")
    assert labels[1].endswith("· 0.50%")
    explorer.set(costs="KOREA_RETAIL")
    assert explorer.outcome.label.endswith("· Private investor in Korea")


def test_costs_by_name_and_cash_flows_are_those_of_simulate(explorer, expected):
    explorer.set(costs="KOREA_RETAIL", cash_flow="+200000/MONTHLY")
    facts = fl.MarketFacts(markets=dict.fromkeys(ASSETS, "KRX_ETF"))
    wanted = expected(
        "MIN_VOL",
        fl.Periodic("MONTHLY"),
        costs="KOREA_RETAIL",
        cashflows="+200000/MONTHLY",
        market=facts,
    )
    assert same(explorer.result, wanted)
    assert explorer.result.summary["cost_commission"] > 0
    code = explorer.code()
    assert 'costs="KOREA_RETAIL"' in code
    assert 'cashflows="+200000/MONTHLY"' in code


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"costs": "KOREA"}, "KOREA_RETAIL"),
        ({"cash_flow": "200000"}, "lacks the sign"),
        ({"cash_flow": "-200%/ANNUAL"}, "nav_rate"),
    ],
)
def test_costs_and_flows_that_are_none_are_told(explorer, changes, words):
    outcome = explorer.set(**changes)
    assert outcome.result is None
    assert words in outcome.message


@pytest.mark.parametrize(
    ("years", "start"), [(1, "2023-12-30"), (5, "2019-12-30"), (0, "2010-01-04")]
)
def test_the_last_years_end_with_the_data(explorer, years, start):
    explorer.last_years(years)
    assert str(explorer.comparison.start) == start
    assert str(explorer.comparison.end) == "2024-12-30"
    first = explorer.result.path.index[0].date()
    assert date.fromisoformat(start) <= first


# --- messages ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "DRIFT", "threshold": 1.5}, "1.5"),
        ({"cost_rate": 1.0}, "cost_rate"),
        ({"initial_amount": -1}, "initial_amount"),
        ({"start": "2020-01-02", "end": "2015-01-02"}, "lies after end"),
        ({"start": "1990-01-02", "end": "1991-01-02"}, ""),
    ],
)
def test_what_cannot_be_simulated_becomes_a_message_and_can_be_undone(
    explorer, changes, words
):
    before = explorer.comparison
    outcome = explorer.set(**changes)
    assert outcome.result is None
    assert words in outcome.message
    assert outcome.message.endswith(".")
    explorer.undo()
    assert explorer.comparison == before
    assert explorer.result is not None
    assert explorer.message == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": "GROWHT"},
        {"rule": "MONTLY"},
        {"treshold": 0.1},
        {"start": "yesterday"},
        {"initial_amount": "much"},
        {"kind": "SOMETIMES"},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_said_and_breaks_nothing(explorer, changes):
    outcome = explorer.set(**changes)
    assert outcome.result is None
    assert outcome.message
    explorer.undo()
    assert explorer.set(scenario="GROWTH").result is not None


def test_one_bad_setting_leaves_the_others_standing(explorer):
    explorer.add()
    explorer.set(kind="DRIFT", threshold=2.0)
    first, second = explorer.outcomes
    assert first.result is not None
    assert second.result is None
    assert list(explorer.results) == [first.label]


def test_a_fifth_setting_is_a_message(explorer):
    for _ in range(4):
        explorer.add()
    assert len(explorer.outcomes) == 4
    assert "Remove one first" in explorer.message


# --- undo -------------------------------------------------------------------------


def test_undo_and_redo_walk_through_every_kind_of_change(explorer):
    steps = [explorer.comparison]
    for change in (
        lambda: explorer.set(scenario="GROWTH"),
        explorer.add,
        lambda: explorer.set(rule="DRIFT_5"),
        lambda: explorer.select(0),
        lambda: explorer.remove(1),
        lambda: explorer.last_years(3),
    ):
        change()
        steps.append(explorer.comparison)
    for step in reversed(steps[:-1]):
        explorer.undo()
        assert explorer.comparison == step
    assert not explorer.can_undo
    for step in steps[1:]:
        explorer.redo()
        assert explorer.comparison == step
    assert not explorer.can_redo


def test_a_slide_is_undone_as_one(explorer):
    before = explorer.comparison
    for threshold in (0.06, 0.07, 0.08):
        explorer.set(kind="DRIFT", threshold=threshold, gesture="threshold-0")
    explorer.set(kind="DRIFT", threshold=0.09, gesture="threshold-1")
    explorer.undo()
    assert explorer.comparison.setting.threshold == 0.08
    explorer.undo()
    assert explorer.comparison == before


def test_setting_what_is_set_already_is_no_change(explorer):
    explorer.set(scenario="MIN_VOL")
    assert not explorer.can_undo


# --- kept -------------------------------------------------------------------------


def test_a_saved_run_is_found_again_with_the_same_numbers(explorer, sample_lab):
    explorer.set(scenario="GROWTH", rule="DRIFT_5", start="2016-01-04")
    saved = explorer.save()
    assert saved.run_id in sample_lab.runs().index
    assert sample_lab.run_record(saved.run_id).request_hash == saved.request_hash
    assert same(sample_lab.run(saved.run_id), explorer.result)


def test_what_cannot_be_simulated_is_not_saved(explorer, sample_lab):
    before = len(sample_lab.runs())
    explorer.set(start="2020-01-02", end="2015-01-02")
    assert explorer.save() is None
    assert explorer.message
    assert len(sample_lab.runs()) == before


@pytest.mark.parametrize(
    "rule",
    [
        None,
        "HYBRID",
        fl.Periodic("WEEKLY", cost_rate=0.0015),
        fl.Drift(0.04, relative=True, to="band_edge"),
        fl.Hybrid(fl.Periodic("ANNUAL"), fl.Drift(0.07), "ANY"),
    ],
    ids=["buy and hold", "stored", "periodic", "drift", "hybrid"],
)
def test_the_copied_code_reproduces_the_setting(explorer, rule):
    explorer.set(scenario="DEFENSIVE", rule=rule, start="2014-05-07", end="2021-06-30")
    names: dict[str, object] = {}
    exec(explorer.code(), names)
    assert same(names["result"], explorer.result)
    assert names["result"].request_hash == explorer.save().request_hash


def test_no_report_is_begun_of_what_cannot_be_simulated(explorer, sample_lab):
    explorer.set(start="2020-01-02", end="2015-01-02")
    assert explorer.report() is None
    assert explorer.report_progress is None
    assert "lies after end" in explorer.message


def test_a_report_that_fails_ends_in_a_sentence(explorer, sample_lab):
    templates = sample_lab.home / "notebooks" / "reports"
    templates.mkdir(parents=True, exist_ok=True)
    broken = templates / "scenario.ipynb"
    broken.write_text("no notebook", "utf-8")
    try:
        explorer.report().join(timeout=120)
    finally:
        broken.unlink()
    assert explorer.report_progress.status == "failed"
    assert "scenario.ipynb" in explorer.report_progress.message


# --- watching ---------------------------------------------------------------------


def test_listeners_hear_of_every_change_until_they_leave(explorer):
    heard = []
    leave = explorer.subscribe(lambda: heard.append(explorer.comparison))
    explorer.set(scenario="GROWTH")
    explorer.undo()
    leave()
    explorer.redo()
    assert [c.setting.scenario for c in heard] == ["GROWTH", "MIN_VOL"]


def test_sample_prices_are_known_to_be_simulated(explorer):
    assert explorer.simulated


def test_other_data_in_the_store_is_noticed(tmp_path, sample_lab):
    from foresto_lab.workspace import set_up_workspace

    home = tmp_path / "ws"
    set_up_workspace(home)
    lab = fl.open_lab(home)
    explorer = ScenarioExplorer(lab, language="en")
    sessions = pd.bdate_range("2025-01-06", "2025-01-10")
    more = pd.DataFrame(
        [
            {"date": day, "symbol": f"SIM_{asset.upper()}", "close": 100.0}
            for asset in ASSETS
            for day in sessions
        ]
    )
    file = tmp_path / "more.csv"
    more.to_csv(file, index=False)
    lab.load_prices(file)
    explorer.last_years(0)
    assert explorer.comparison.end == date(2025, 1, 10)


def test_a_change_is_answered_quickly(explorer, record_property):
    explorer.set(cost_rate=0.002)
    seconds = []
    for rate in np.linspace(0.0, 0.01, 20):
        explorer.set(cost_rate=float(rate))
        seconds.append(explorer.compute_seconds)
    record_property("compute_ms", json.dumps(sorted(s * 1000 for s in seconds)))
    assert min(seconds) < 0.2
