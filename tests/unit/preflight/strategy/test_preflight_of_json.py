"""Preflight of JSON strategies: structure, the dry run, and its explanation."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from foresto_lab.preflight.report import PreflightReport
from foresto_lab.preflight.strategy import preflight
from foresto_lab.preflight.strategy.retrial import changed_condition
from foresto_lab.strategies.json_strategy import JsonStrategy
from tests.unit.preflight.strategy.plain_strategies import candles, wave


def condition(left: Any, operator: str, right: Any) -> dict[str, Any]:
    return {"left": left, "operator": operator, "right": right}


def dips(level: float, *more: dict[str, Any], **blocks: Any) -> dict[str, Any]:
    return {
        "name": "dips",
        "buyConditions": [condition("close", "<", level), *more],
        "sellConditions": [condition("close", ">", 105)],
        **blocks,
    }


def codes(report: PreflightReport) -> set[str]:
    return {finding.code for finding in report.findings}


# --- structure ------------------------------------------------------------------------


def test_findings_of_the_definition_come_with_their_paths() -> None:
    broken = dips(95)
    broken["buyConditions"] = [{"any": [condition("clsoe", "<", 95)]}]
    report = preflight(broken)
    (finding,) = report.errors
    assert finding.code == "COLUMN_UNKNOWN"
    assert finding.where == "buyConditions[0].any[0].left"
    assert "close" in finding.fix


def test_a_definition_that_is_unsound_is_not_run() -> None:
    report = preflight(dips(95, condition("close", "=<", 3)), candles(wave()))
    assert codes(report) == {"OPERATOR_UNKNOWN"}
    assert report.predicted_trades is None


def test_missing_sell_conditions() -> None:
    without = dips(95)
    del without["sellConditions"]
    assert "SELL_CONDITIONS_MISSING" in codes(preflight(without, candles(wave())))


def test_ten_thousand_nested_conditions() -> None:
    nested: Any = condition("close", "<", 95)
    for _ in range(10_000):
        nested = {"all": [nested]}
    report = preflight(dips(95, nested), candles(wave()))
    assert "CONDITIONS_TOO_DEEP" in codes(report)
    assert len(str(report)) < 5_000


@pytest.mark.parametrize("leverage", [0, 21, -1, "3", None, [], True])
def test_a_leverage_that_cannot_be(leverage: Any) -> None:
    report = preflight(dips(95, risk={"leverage": leverage}), candles(wave()))
    assert report.passed is (leverage is None)


@pytest.mark.parametrize("stop", [0, -0.1, 1.0, "2%"])
def test_a_stop_that_cannot_be(stop: Any) -> None:
    assert not preflight(dips(95, risk={"stop_loss": stop}), candles(wave())).passed


def test_json_as_text_and_as_a_file(tmp_path: Any) -> None:
    text = json.dumps(dips(95))
    path = tmp_path / "dips.json"
    path.write_text(text, "utf-8")
    for given in (text, path, str(path)):
        report = preflight(given, candles(wave()))
        assert report.passed, str(report)
        assert report.predicted_trades == 10
    for given in ("{", str(tmp_path / "none.json"), tmp_path, "no_such_strategy"):
        assert not preflight(given, candles(wave())).passed


# --- the dry run and its explanation --------------------------------------------------


def test_trades_are_counted_and_conditions_shown() -> None:
    report = preflight(dips(95), candles(wave()))
    assert report.predicted_trades == 10
    assert report.explanation is None
    (shown,) = report.conditions
    below = int((wave() < 95).sum())
    assert (shown.path, shown.text) == ("buyConditions[0]", "close < 95")
    assert (shown.held_bars, shown.known_bars) == (below, 400)
    page = report._repr_html_()
    assert "close &lt; 95" in page


def test_a_condition_that_never_holds_says_how_near_it_came_and_what_would_do() -> None:
    report = preflight(dips(85), candles(wave()))
    told = report.explanation
    assert told is not None
    assert told.reason == "condition_never_held"
    (finding,) = [f for f in report.errors if f.code == "ZERO_TRADES"]
    assert finding.where == "buyConditions[0]"
    # the wave's lowest close is 90, first on the 31st bar
    assert "close < 85 never held on 400 bars: lowest 90 on 2024-01-31." in (
        finding.message
    )
    assert finding.fix == (
        "close < 85: at 91 instead of 85 it would have traded 10 times."
    )
    assert preflight(dips(91), candles(wave())).predicted_trades == 10


def test_a_pair_that_excludes_each_other() -> None:
    report = preflight(dips(95, condition("close", ">", 103)), candles(wave()))
    told = report.explanation
    assert told is not None
    assert told.reason == "pair_never_together"
    (pair,) = told.never_together
    assert (pair.first_text, pair.second_text) == ("close < 95", "close > 103")
    counts = {dropped.text: dropped.trades for dropped in told.dropped}
    assert counts["close > 103"] == 10
    alone = {**dips(0), "buyConditions": [condition("close", ">", 103)]}
    without_first = preflight(alone, candles(wave())).predicted_trades
    assert counts["close < 95"] == without_first


def test_conditions_inside_a_group_are_left_out_one_by_one() -> None:
    inner = [condition("close", "<", 95), condition("close", "<", 80)]
    grouped = {**dips(0), "buyConditions": [{"all": inner}]}
    told = preflight(grouped, candles(wave())).explanation
    assert told is not None
    assert [(d.path, d.trades) for d in told.dropped] == [
        ("buyConditions[0].all[1]", 10)
    ]
    assert [c.path for c in told.conditions] == [
        "buyConditions[0].all[0]",
        "buyConditions[0].all[1]",
    ]


def test_an_any_is_one_condition_with_its_parts_below() -> None:
    either = {"any": [condition("close", "<", 80), condition("close", "<", 70)]}
    told = preflight(
        {**dips(0), "buyConditions": [either]}, candles(wave())
    ).explanation
    assert told is not None
    assert [(c.path, c.depth) for c in told.conditions] == [
        ("buyConditions[0]", 0),
        ("buyConditions[0].any[0]", 1),
        ("buyConditions[0].any[1]", 1),
    ]
    assert told.conditions[1].nearest is not None
    assert told.conditions[1].nearest.distance == pytest.approx(10.0, abs=1e-9)


def test_a_crossing_names_the_bar_and_the_value_that_decided() -> None:
    crossing = {**dips(0), "buyConditions": [condition("close", "crossover", 85)]}
    told = preflight(crossing, candles(wave())).explanation
    assert told is not None
    nearest = told.conditions[0].nearest
    assert nearest is not None
    # it was never at or below 85 on the bar before; lowest on the 31st bar
    assert nearest.left == pytest.approx(90.0, abs=1e-9)
    assert nearest.time == "2024-01-31"
    assert [(m.after, m.trades) for m in told.moved] == [(91.0, 10)]


def test_between_is_held_against_its_nearer_bound() -> None:
    between = {**dips(0), "buyConditions": [condition("close", "between", [80, 85])]}
    told = preflight(between, candles(wave())).explanation
    assert told is not None
    nearest = told.conditions[0].nearest
    assert nearest is not None
    assert (nearest.right, nearest.distance) == (85.0, pytest.approx(5.0, abs=1e-9))


def test_a_column_against_a_column_names_both_values() -> None:
    above = {**dips(0), "buyConditions": [condition("close", ">", "high")]}
    told = preflight(above, candles(wave())).explanation
    assert told is not None
    assert "against high" in told.headline()
    assert told.moved == ()


def test_one_side_that_never_enters_is_a_warning() -> None:
    both = dips(
        95,
        shortConditions=[condition("close", ">", 500)],
        coverConditions=[condition("close", "<", 95)],
    )
    report = preflight(both, candles(wave()))
    assert report.passed
    (finding,) = [f for f in report.warnings if f.code == "SIDE_NEVER_ENTERS"]
    assert finding.where == "shortConditions[0]"
    assert "close > 500 never held" in finding.message
    both["shortConditions"] = [condition("close", ">", 105)]
    assert "SIDE_NEVER_ENTERS" not in codes(preflight(both, candles(wave())))


def test_a_condition_that_always_holds_is_noted() -> None:
    report = preflight(dips(95, condition("close", ">", 1)), candles(wave()))
    (finding,) = [f for f in report.info if f.code == "CONDITION_ALWAYS_HOLDS"]
    assert finding.where == "buyConditions[1]"
    assert "CONDITION_ALWAYS_HOLDS" not in codes(preflight(dips(95), candles(wave())))


def test_a_json_strategy_is_not_changed_by_what_is_tried_on_it() -> None:
    given = dips(85, condition("close", ">", 200))
    before = copy.deepcopy(given)
    strategy = JsonStrategy.from_dict(given)
    checksum = strategy.checksum
    preflight(given, candles(wave()))
    preflight(strategy, candles(wave()))
    assert given == before
    assert strategy.checksum == checksum


def test_a_change_reaches_one_place_only() -> None:
    block = JsonStrategy.from_dict(
        dips(95, {"not": {"any": [condition("close", ">", n) for n in (1, 2)]}})
    ).definition.blocks["buyConditions"]
    left = changed_condition(block, "buyConditions[1].not.any[0]", lambda _: None)
    assert left is not None
    assert left.text == "all(close < 95, not (close > 2))"
    assert changed_condition(block, "nowhere", lambda _: None) == block


def test_the_report_is_strict_json_in_both_cases() -> None:
    for level in (85, 95):
        report = preflight(dips(level), candles(wave()))
        text = json.dumps(report.to_dict(), allow_nan=False)
        facts = json.loads(text)
        assert facts["predicted_trades"] == report.predicted_trades
        assert ("explanation" in facts) is (level == 85)


def test_the_view_speaks_two_languages_and_escapes() -> None:
    report = preflight({**dips(85), "name": "dips"}, candles(wave()))
    korean, english = report.to_html("ko"), report.to_html("en")
    assert "성립 비율" in korean
    assert "Held" in english
    assert "close &lt; 85" in korean
    assert "<script" not in korean
    assert "http" not in korean


def test_candles_of_integers_are_candles() -> None:
    frame = candles(wave()).round().astype(np.int64)
    assert preflight(dips(95), frame).predicted_trades == 10
