"""The explorer's part about the future: the fan of the active setting, few paths."""

from __future__ import annotations

from pathlib import Path

import pytest

import foresto_lab as fl
from foresto_lab.errors import UnknownNameError
from foresto_lab.widgets.explorer import ScenarioExplorer
from foresto_lab.widgets.futures import LIVE_PATHS, MEASURES
from foresto_lab.workspace import set_up_workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    set_up_workspace(home)
    return home


@pytest.fixture
def explorer(home: Path) -> ScenarioExplorer:
    return ScenarioExplorer(fl.open_lab(home), language="en")


def test_the_fan_takes_the_chart_s_place(explorer: ScenarioExplorer) -> None:
    state = explorer.widget.state
    assert state["view"] == "history"
    explorer.set_view("forward")
    state = explorer.widget.state
    assert state["view"] == "forward"
    assert state["chart"]["layout"]["title"]["text"] == "Future value"
    assert len(state["table"]["rows"]) == len(MEASURES)
    (result,) = explorer.futures.values()
    assert result.n_paths == LIVE_PATHS
    before = result.summary["final_p50"]
    explorer.set(scenario="GROWTH")
    (result,) = explorer.futures.values()
    assert result.summary["final_p50"] != before
    explorer.set_view("history")
    assert len(explorer.widget.state["table"]["rows"]) > len(MEASURES)


def test_what_cannot_be_drawn_shows_the_past(explorer: ScenarioExplorer) -> None:
    explorer.set_view("forward")
    explorer.set(start="2024-12-20", end="2024-12-30")
    assert explorer.futures == {}
    assert explorer.widget.state["chart"]["data"]


def test_an_unknown_part_is_refused(explorer: ScenarioExplorer) -> None:
    with pytest.raises(UnknownNameError, match="part of the explorer"):
        explorer.set_view("sideways")
