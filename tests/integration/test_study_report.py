"""The page of a rebalancing study: its facts come again, and altered ones are found."""

from __future__ import annotations

from pathlib import Path

import pytest

import foresto_lab as fl
from foresto_lab.errors import ReportParameterError
from foresto_lab.lab import Lab
from foresto_lab.reports import study as studies
from foresto_lab.reports.verify import rerun_numbers
from foresto_lab.workspace import set_up_workspace

SPAN = {"start": "2022-01-03", "end": "2024-12-30"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    home = tmp_path_factory.mktemp("home")
    set_up_workspace(home)
    return fl.open_lab(home)


def facts_of(lab: Lab, runs: studies.StudyRuns) -> list[dict[str, object]]:
    facts = studies.cover(lab, runs, language="en").facts
    assert facts is not None
    listed: list[dict[str, object]] = facts["runs"]
    return listed


def test_every_number_that_is_claimed_comes_again(lab: Lab) -> None:
    runs = studies.run_studies(lab, "GROWTH", ["monthly", "annual"], **SPAN)
    study, luck = facts_of(lab, runs)
    assert study["kind"] == luck["kind"] == "study"
    assert rerun_numbers(lab, study) == study["numbers"]
    assert rerun_numbers(lab, luck) == luck["numbers"]
    numbers = study["numbers"]
    assert isinstance(numbers, dict)
    parts = ("return_effect", "carried_effect", "cost_effect", "flow_effect")
    assert sum(numbers[f"{part}@annual"] for part in parts) == pytest.approx(
        numbers["difference@annual"]
    )


def test_the_blocks_hold_what_the_study_does(lab: Lab) -> None:
    runs = studies.run_studies(
        lab, "GROWTH", ["monthly", "annual"], base_days=21, **SPAN
    )
    assert runs.detailed == "monthly"  # 35 trades; the annual rule made 2
    table = studies.attribution(runs, language="en")
    assert table.text.count("\n") == 1
    told = studies.events(runs, "annual", language="en")
    assert "2023-01-02" in told.text
    assert "2024-01-02" in told.text
    assert "21" in studies.luck_table(runs, language="en").text
    said = studies.headline(runs, language="en")
    assert "2 rules against never rebalancing" in said.text


def test_rules_without_a_base_day_leave_luck_out(lab: Lab) -> None:
    runs = studies.run_studies(lab, "GROWTH", ["drift"], **SPAN)
    assert runs.luck is None
    assert len(facts_of(lab, runs)) == 1
    assert studies.luck_table(runs).text == ""
    assert "base day" in studies.luck_figure(runs, "cagr", language="en").text
    assert studies.events(runs, "drift", language="en").text


def test_a_mistyped_parameter_is_refused_before_anything_runs(
    lab: Lab, tmp_path: Path
) -> None:
    with pytest.raises(ReportParameterError, match="base_day"):
        lab.report("rebalancing_study", base_day=3)
