"""The optimizer without a browser: ranges, searching, cancelling, opening a trial."""

from __future__ import annotations

import json
import threading

import pytest

import foresto_lab as fl
from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import FloatRange, IntRange
from foresto_lab.optimize.spaces.space_texts import read_space
from foresto_lab.widgets import Optimizer
from foresto_lab.widgets.optimizer_page import found_of, from_page, state_of, wording
from foresto_lab.widgets.optimizer_setting import suggested_ranges, text_of
from foresto_lab.widgets.strategy_parameters import strategy_names

LONGEST = 240.0
"""Seconds to wait for a search: its kernels may have to be compiled first."""


@pytest.fixture
def optimizer(sample_lab):
    made = Optimizer(sample_lab, symbol="SIM_EQUITY", language="en")
    made.vary("fast_period", "10:30:10")
    made.vary("slow_period", "40:80:20")
    return made


@pytest.fixture(scope="module")
def searched(sample_lab):
    made = Optimizer(sample_lab, symbol="SIM_EQUITY", language="en")
    made.vary("fast_period", "10:30:10")
    made.vary("slow_period", "40:80:20")
    made.start()
    made.wait(LONGEST)
    assert made.result is not None, made.message
    return made


@pytest.mark.parametrize("name", strategy_names())
def test_each_strategy_begins_with_ranges_that_can_be_searched(optimizer, name):
    optimizer.set(strategy=name)
    assert not optimizer.message
    assert sum(one.varied for one in optimizer.setting.ranges.values()) >= 1
    for one in optimizer.setting.ranges.values():
        assert one.domain().count > 1
    assert 4 < optimizer.setting.planned() < 1_000


def test_a_range_around_the_default_goes_by_round_steps():
    ranges = suggested_ranges("sma_cross")
    assert ranges["fast_period"].text == "10:40:2"
    assert ranges["slow_period"].text == "30:120:10"
    assert ranges["allow_short"].text == "false,true"


@pytest.mark.parametrize(
    "domain",
    [
        IntRange(5, 50),
        IntRange(5, 50, 5),
        IntRange(1, 64, log=True),
        FloatRange(0.5, 2.0, 0.25),
        FloatRange(0.5, 2.0),
        Choice(("a", "b")),
        Choice((False, True)),
    ],
)
def test_a_range_is_written_as_it_is_read(domain):
    assert read_space({"x": text_of(domain)})["x"] == domain


def test_it_finds_what_optimize_finds(searched):
    wanted = fl.optimize(
        searched.candles,
        "sma_cross",
        {"fast_period": (10, 30, 10), "slow_period": (40, 80, 20)},
        objective="sharpe",
        constraints="fast_period < slow_period",
    )
    assert searched.result.best == wanted.best
    assert searched.result.trials["sharpe"].tolist() == wanted.trials["sharpe"].tolist()
    assert searched.result.run_id is not None


def test_it_says_how_far_it_was(searched):
    assert searched.progress.done == searched.progress.total == 9
    assert searched.progress.best == searched.result.best_metrics["sharpe"]
    assert not searched.is_running


def test_a_trial_opens_as_its_backtest(searched):
    for trial in (0, 7):
        opened = searched.open(trial)
        row = searched.result.trials.set_index("trial").loc[trial]
        assert opened.metrics["sharpe"] == row["sharpe"]
    page = found_of(searched)["opened"]
    assert page["trial"] == 7
    assert page["title"].startswith("Trial #7: fast_period 30")
    assert len(page["metrics"]) == 12


def test_the_map_knows_the_trial_of_each_cell(searched):
    searched.show_axes("slow_period", "fast_period")
    shown = found_of(searched)["map"]["data"][0]
    trials = [[cell[0] for cell in row] for row in shown["customdata"]]
    assert [len(row) for row in trials] == [3, 3, 3]
    for at_y, fast in enumerate((10, 20, 30)):
        for at_x, slow in enumerate((40, 60, 80)):
            chosen = searched.parameters_of(trials[at_y][at_x])
            assert chosen == {"fast_period": fast, "slow_period": slow}
    searched.show_axes()


def test_the_verdict_is_at_the_top_with_its_reasons(searched):
    shown = found_of(searched)["result"]
    assert shown["verdict"]["level"] in ("robust", "doubtful", "overfitted")
    assert shown["verdict"]["reasons"]
    assert shown["rows"][0]["trial"] == searched.result.top(1)["trial"].iloc[0]
    assert not shown["partial"]


def test_a_cancelled_search_keeps_what_it_had_and_says_so(sample_lab, monkeypatch):
    made = Optimizer(sample_lab, symbol="SIM_EQUITY", language="en")
    made.set(method="tpe", trials=400)
    made.vary("fast_period", "5:60:1")
    made.vary("slow_period", "70:300:1")
    seen = threading.Event()

    def cancel_once_under_way():
        if made.progress is not None and not seen.is_set():
            seen.set()
            made.cancel()

    made.subscribe(cancel_once_under_way)
    assert made.start()
    made.wait(LONGEST)
    assert made.result is not None, made.message
    assert made.result.status == "cancelled"
    assert 0 < made.result.evaluated < 400
    assert found_of(made)["result"]["partial"]


def test_two_searches_do_not_run_at_once(sample_lab):
    made = Optimizer(sample_lab, symbol="SIM_EQUITY")
    made.set(method="tpe", trials=300)
    began = [made.start(), made.start()]
    made.cancel()
    made.wait(LONGEST)
    assert began == [True, False]


def test_candles_of_one_s_own_are_searched_without_a_run(sample_lab, optimizer):
    candles = optimizer.candles.slice(0, 800)
    made = Optimizer(sample_lab, candles=candles, language="en")
    made.vary("fast_period", "10:30:10")
    made.fix("slow_period")
    made.set(fee_rate=0.001)
    made.start()
    found = made.wait(LONGEST)
    assert found is not None, made.message
    assert found.evaluated == 3
    assert found.run_id is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"strategy": "sma_cros"}, "sma_cross"),
        ({"series": "NONE 1d"}, "SIM_EQUITY"),
        ({"method": "annealing"}, "grid"),
        ({"objective": "sharp"}, "sharpe"),
        ({"trials": "many"}, "number"),
        ({"trials": 0}, "above 0"),
        ({"fee_rate": -1}, "above 0"),
        ({"nope": 1}, "objective"),
    ],
)
def test_what_cannot_be_set_is_a_message(optimizer, changes, said):
    before = optimizer.setting
    optimizer.set(**changes)
    assert said in optimizer.message
    assert optimizer.setting == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("50:5", "above its high"),
        ("5:50:0", "above 0"),
        ("5:50:x", "no range"),
        ("1:2:3:4:5", "no range"),
        ("3,3", "more than once"),
        ("1:1000000000", "at most 100,000,000"),
    ],
)
def test_a_range_that_is_none_is_said_before_the_search(optimizer, text, said):
    optimizer.vary("fast_period", text)
    assert said in state_of(optimizer)["planned"]["text"]
    assert state_of(optimizer)["planned"]["fault"]
    assert not optimizer.start()
    assert said in optimizer.message


def test_constraints_that_exclude_all_and_no_range_are_said_before_the_search(
    optimizer,
):
    optimizer.set(constraints="fast_period > slow_period")
    assert "exclude all" in state_of(optimizer)["planned"]["text"]
    for name in ("fast_period", "slow_period"):
        optimizer.fix(name)
    assert "at least one" in state_of(optimizer)["planned"]["text"]
    with pytest.raises(SpaceError):
        optimizer.setting.space()


def test_bounds_on_figures_are_no_constraints_between_parameters(optimizer):
    optimizer.set(constraints="total_trades >= 5; fast_period < slow_period")
    assert optimizer.setting.space().constraints == ("fast_period < slow_period",)
    optimizer.start()
    found = optimizer.wait(LONGEST)
    assert found is not None, optimizer.message
    assert [str(one) for one in found.constraints] == ["total_trades >= 5"]


def test_opening_before_a_search_is_a_message(optimizer):
    assert optimizer.open(3) is None
    assert "Nothing was found" in optimizer.message
    optimizer.vary("nope", "1:2")
    assert "fast_period" in optimizer.message


def test_the_state_is_json_in_both_languages(searched):
    for language, title in (("ko", "최적화"), ("en", "Optimizer")):
        searched.set_language(language)
        words = wording(searched)
        assert words["labels"]["title"] == title
        found = found_of(searched)
        if found["opened"] is not None:
            found["opened"]["chart"].pop("columns")
        json.dumps([words, state_of(searched), found], allow_nan=False)


def test_the_page_writes_percent():
    assert from_page({"fee_rate": "0.15"}) == {"fee_rate": 0.0015}


def test_a_symbol_that_is_not_there_is_refused(sample_lab):
    with pytest.raises(UnknownNameError, match="SIM_EQUITY"):
        Optimizer(sample_lab, symbol="SIM_EQUTY")


def test_it_is_opened_from_the_package(sample_lab):
    assert fl.widgets.Optimizer is Optimizer
    assert fl.widgets.optimizer(sample_lab).lab is sample_lab


def test_the_page_sends_what_was_found_only_when_it_changes(searched):
    view = searched.widget
    before = view.found["version"]
    searched.set(trials=20)
    assert view.found["version"] == before
    searched.open(2)
    assert view.found["version"] == before + 1
