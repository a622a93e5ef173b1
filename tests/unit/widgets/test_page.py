"""The explorer's page as values: the state, the curves it draws, the texts it reads."""

from __future__ import annotations

import json

import numpy as np
import pytest

from foresto_lab.errors import AmountError
from foresto_lab.widgets.page import from_page, parse_percent, state_of, wording
from foresto_lab.widgets.tables import SUMMARY_MEASURES

EPOCH = np.datetime64("1970-01-01", "ms")


def column(chart, name):
    assert name.startswith("@")
    return np.frombuffer(chart["columns"][name[1:]], dtype="<f8")


def curves(chart, axis):
    return [trace for trace in chart["data"] if trace["yaxis"] == axis]


def test_the_state_but_for_its_columns_is_plain_json(explorer):
    state = state_of(explorer)
    columns = state["chart"].pop("columns")
    assert json.loads(json.dumps(state))
    assert all(isinstance(content, bytes) for content in columns.values())


def test_every_point_is_drawn_as_it_is(explorer):
    explorer.add()
    explorer.set(scenario="GROWTH")
    chart = state_of(explorer)["chart"]
    values, depths = curves(chart, "y"), curves(chart, "y2")
    for outcome, value, depth in zip(explorer.outcomes, values, depths, strict=True):
        path = outcome.result.path
        days = EPOCH + column(chart, value["x"]).astype("timedelta64[ms]")
        np.testing.assert_array_equal(days, path.index.to_numpy())
        unit = path["nav"].to_numpy() / column(chart, value["y"])
        np.testing.assert_allclose(unit, 1e6, rtol=1e-12)  # drawn in KRW m
        np.testing.assert_array_equal(column(chart, depth["y"]), path["drawdown"])
        assert value["name"] == outcome.label


def test_the_weights_are_those_of_the_edited_setting(explorer):
    explorer.add()
    explorer.set(scenario="GROWTH")
    chart = state_of(explorer)["chart"]
    areas = curves(chart, "y3")
    path = explorer.result.path
    assert [area["name"] for area in areas][:2] == ["Equity", "Bonds"]
    for area, asset in zip(
        areas, ("equity", "bond", "cash", "gold", "other"), strict=True
    ):
        drawn = column(chart, area["y"])
        np.testing.assert_array_equal(drawn, path[f"weight_{asset}"])


def test_every_rebalancing_is_a_stem(explorer):
    (stems,) = curves(state_of(explorer)["chart"], "y4")
    chart = state_of(explorer)["chart"]
    heights = column(chart, stems["y"]).reshape(-1, 3)
    np.testing.assert_array_equal(heights[:, 1], explorer.result.events["turnover"])
    assert np.isnan(heights[:, 2]).all()
    assert len(stems["customdata"]) == 3 * len(explorer.result.events)


def test_a_setting_without_a_result_has_a_message_and_no_curve(explorer):
    explorer.add()
    explorer.set(kind="DRIFT", threshold=2.0)
    state = state_of(explorer)
    assert state["message"]
    assert [bool(s["message"]) for s in state["settings"]] == [False, True]
    assert [trace["yaxis"] for trace in state["chart"]["data"]] == ["y", "y2"]
    assert {row["cells"][1]["text"] for row in state["table"]["rows"]} == {"–"}


def test_simulated_prices_are_marked_on_the_chart_and_on_the_page(explorer):
    state = state_of(explorer)
    assert state["simulated"]
    texts = [note["text"] for note in state["chart"]["layout"]["annotations"]]
    assert "SIMULATED" in texts


def test_the_best_of_each_measure_is_marked(explorer):
    explorer.add()
    explorer.set(scenario="GROWTH")
    low, high = (outcome.result.summary for outcome in explorer.outcomes)
    rows = state_of(explorer)["table"]["rows"]
    best = {
        name: [cell["best"] for cell in row["cells"]]
        for name, row in zip(SUMMARY_MEASURES, rows, strict=True)
    }
    assert low["volatility"] < high["volatility"]
    assert best["volatility"] == [True, False]
    assert best["cagr"] == [low["cagr"] > high["cagr"], low["cagr"] < high["cagr"]]
    assert best["rebalancing_count"] == [False, False]


def test_the_latest_rebalancings_are_listed_and_all_are_counted(explorer):
    events = state_of(explorer)["events"]
    total = len(explorer.result.events)
    assert total > 60
    assert len(events["rows"]) == 60
    assert str(total) in events["title"]
    last = explorer.result.events.iloc[-1]
    assert events["rows"][0][0] == f"{last['event_date']:%Y-%m-%d}"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_control_has_its_words(explorer, language):
    explorer.set_language(language)
    words = wording(explorer)
    assert all(words["labels"].values())
    assert [value for value, _ in words["options"]["scenario"]] == [
        "MIN_VOL",
        "DEFENSIVE",
        "GROWTH",
    ]
    form = state_of(explorer)["form"]
    for name, options in words["options"].items():
        assert form[name] in [value for value, _ in options]


@pytest.mark.parametrize(
    ("text", "fraction"),
    [("0.07", 0.0007), ("5", 0.05), (" 12.5 % ", 0.125), ("0.15", 0.0015)],
)
def test_percent_as_people_write_it_is_read_exactly(text, fraction):
    assert parse_percent("cost_rate", text) == fraction


def test_percent_goes_to_the_page_and_back_unchanged(explorer):
    for rate in (0.0007, 0.001, 0.0, 0.00123456, 0.29):
        explorer.set(cost_rate=rate)
        text = state_of(explorer)["form"]["cost_rate"]
        assert from_page({"cost_rate": text}) == {"cost_rate": rate}


def test_text_that_is_no_percent_is_refused():
    with pytest.raises(AmountError, match="lots"):
        from_page({"threshold": "lots"})


def test_choosing_own_parameters_changes_nothing():
    assert from_page({"stored": ""}) == {}
    assert from_page({"stored": "HYBRID"}) == {"rule": "HYBRID"}


def test_the_static_twins_draw_the_same_settings(explorer):
    explorer.add()
    explorer.set(scenario="GROWTH")
    twins = explorer.figures()
    assert list(twins) == ["growth", "drawdown", "weights", "turnover"]
    assert [trace.name for trace in twins["growth"].data] == list(explorer.results)
    explorer.set(kind="DRIFT", threshold=2.0)
    assert explorer.figures() == {}
