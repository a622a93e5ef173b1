"""The pages of searches and walk-forwards: made, verified, and found out if altered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

import foresto_lab as fl
from foresto_lab.errors import ReportParameterError, SpaceError
from foresto_lab.lab import Lab
from foresto_lab.reports import optimization as searches
from foresto_lab.reports import walk_forward as walks
from foresto_lab.reports.verify import rerun_numbers
from foresto_lab.workspace import set_up_workspace

SPACE = ["fast_period=5:20:5", "slow_period=30:90:20"]
SPAN: dict[str, Any] = {
    "symbols": ["SIM_EQUITY"],
    "start": "2018-01-02",
    "end": "2022-12-29",
}
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    home = tmp_path_factory.mktemp("home")
    set_up_workspace(home)
    return fl.open_lab(home)


@pytest.fixture(scope="module")
def run(lab: Lab) -> Any:
    return searches.search(
        lab, "sma_cross", SPACE, where=["fast_period < slow_period"], **SPAN
    )


@pytest.fixture(scope="module")
def walk(lab: Lab) -> Any:
    return walks.walk_forward(lab, "sma_cross", SPACE, train=500, test=250, **SPAN)


def facts_of(block: Any) -> dict[str, Any]:
    facts: dict[str, Any] = block.facts["runs"][0]
    return facts


# --- what is claimed ------------------------------------------------------------------


def test_every_number_that_is_claimed_of_a_search_comes_again(
    lab: Lab, run: Any
) -> None:
    facts = facts_of(searches.cover(lab, run))
    assert facts["kind"] == "optimization"
    assert facts["numbers"]["sharpe"] == run.best_metrics["sharpe"]
    assert facts["numbers"]["trials"] == len(run.trials) == 16
    assert rerun_numbers(lab, facts) == facts["numbers"]


def test_what_was_tried_before_is_taken_from_the_store_not_from_the_page(
    lab: Lab, run: Any
) -> None:
    facts = facts_of(searches.cover(lab, run))
    facts["terms"] = {**facts["terms"], "prior_evaluated": 10**6}
    numbers = rerun_numbers(lab, facts)
    assert numbers["prior_trials"] == facts["numbers"]["prior_trials"] < 10**6


def test_every_number_that_is_claimed_of_a_walk_forward_comes_again(
    lab: Lab, walk: Any
) -> None:
    facts = facts_of(walks.cover(lab, walk))
    assert facts["numbers"]["window_count"] == len(walk.windows)
    assert rerun_numbers(lab, facts) == facts["numbers"]


# --- what is shown --------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_verdict_stands_in_words_with_its_reasons(run: Any, language: str) -> None:
    shown = searches.verdict(run, language=language)
    assert run.verdict.word(language) in shown.text
    for reason in run.verdict.reasons:
        assert reason.text(language) in shown.text
    assert bool(HANGUL.search(shown.text)) == (language == "ko")
    assert f'class="verdict {run.verdict.level}"' in shown.html


def test_blocks_of_a_search_say_what_it_found(run: Any) -> None:
    top = searches.top(run, language="en").text.splitlines()
    assert top[0].startswith(f"1 | {run.best['fast_period']} | ")
    chosen = searches.best_parameters(run, language="en").text
    assert "fast_period" in chosen
    assert "5 ~ 20, step 5" in chosen
    ledger = searches.ledger(run, language="en").text
    assert "16 of them in this search" in ledger
    meanings = searches.statistics(run, language="en").html
    assert "Above 1% it is overfitted" in meanings
    assert "every figure above is in sample" in searches.parts(run, language="en").text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_statistic_is_without_its_word_and_its_meaning(
    run: Any, language: str
) -> None:
    assert set(run.statistics.index) <= set(fl.labels.MEASURES)
    for name in run.statistics.index:
        assert searches.meaning(name, language), name


def test_a_split_is_told_part_by_part(lab: Lab) -> None:
    found = searches.search(lab, "sma_cross", SPACE, split=[0.6, 0.2, 0.2], **SPAN)
    rows = searches.parts(found, language="en").text.splitlines()
    assert [row.split(" | ")[0] for row in rows] == ["Train", "Validation", "Test"]


def test_several_objectives_show_their_front_and_its_generations(lab: Lab) -> None:
    found = searches.search(
        lab,
        "sma_cross",
        SPACE,
        method="nsga2",
        trials=40,
        objective=["sharpe_ratio", "max_drawdown"],
        **SPAN,
    )
    assert isinstance(searches.front(found), go.Figure)
    assert isinstance(searches.generations(found), go.Figure)


def test_a_grid_has_neither_front_nor_generations(run: Any) -> None:
    assert searches.front(run).text == ""
    assert searches.generations(run).text == ""


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_walk_forward_says_what_was_left_out_of_sample(
    walk: Any, language: str
) -> None:
    shown = walks.verdict(walk, language=language)
    assert bool(HANGUL.search(shown.text)) == (language == "ko")
    assert len(walks.windows(walk).text.splitlines()) == len(walk.windows)
    assert len(walks.stability(walk).text.splitlines()) == 2
    won = int((walk.windows["end_equity"] > walk.windows["start_equity"]).sum())
    if language == "en":
        assert f"{won} of {len(walk.windows)} windows" in shown.text


# --- the pages ------------------------------------------------------------------------


def test_the_page_of_a_search_verifies_and_an_altered_one_does_not(
    lab: Lab, tmp_path: Path
) -> None:
    report = lab.report("optimization", space=SPACE, language="ko", **SPAN)
    page = Path(report.path).read_text("utf-8")
    assert "판정:" in page
    found = lab.verify(report.path)
    assert found.verified, str(found)
    assert found.numbers_compared > 50
    shown = re.search(r'<dd data-fact="[0-9a-f]{12}\.sharpe">([^<]+)<', page)
    assert shown is not None
    altered = tmp_path / "altered.html"
    whole = shown.group(0).replace(f">{shown.group(1)}<", ">9.99<")
    altered.write_text(page.replace(shown.group(0), whole), "utf-8")
    assert not lab.verify(altered).verified


def test_the_page_of_a_walk_forward_verifies(lab: Lab) -> None:
    report = lab.report(
        "walk_forward", space=SPACE, train=500, test=250, language="en", **SPAN
    )
    found = lab.verify(report.path)
    assert found.verified, str(found)
    assert found.numbers_compared > 30


def test_what_the_templates_do_not_take_is_refused(lab: Lab) -> None:
    with pytest.raises(ReportParameterError, match="constraints"):
        lab.report("optimization", constraint=["total_trades >= 5"])
    with pytest.raises(SpaceError, match="NAME=LOW:HIGH"):
        searches.search(lab, "sma_cross", ["fast_period"], **SPAN)
