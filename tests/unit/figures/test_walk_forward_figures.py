"""Walk-forwards and cross-validations drawn: windows, parameters, paths."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.figures import walk_forward as figures

HANGUL = re.compile("[가-힣]")


def walked(chosen: list[dict[str, Any] | None]) -> Any:
    """Return three windows of ten days; one without parameters held cash."""
    days = pd.date_range("2024-01-01", periods=30, tz="UTC", name="open_time")
    numbers = pd.Index([1, 2, 3], name="window")
    windows = pd.DataFrame(
        {
            "test_start": days[::10],
            "test_end": days[9::10],
            "status": ["cash" if row is None else "traded" for row in chosen],
            "train_objective": [1.0, 0.8, 1.2],
            "test_objective": [0.5, -0.2, np.nan],
        },
        index=numbers,
    )
    names = ["fast_period", "entry"]
    rows = [row or dict.fromkeys(names) for row in chosen]
    equity = pd.DataFrame(
        {
            "equity": np.linspace(1e7, 1.2e7, 30),
            "window": np.repeat([1, 2, 3], 10),
        },
        index=days,
    )
    return SimpleNamespace(
        windows=windows,
        equity=equity,
        parameters=pd.DataFrame(rows, index=numbers, columns=names),
        stability=pd.DataFrame({"mean_step": [0.3, np.nan]}, index=names),
        initial_capital=1e7,
        objective="sharpe",
        request={"subject": {"data": {"symbols": ["SIM_EQUITY"]}}},
    )


CHOSEN = [
    {"fast_period": 10, "entry": "follow"},
    None,
    {"fast_period": 20, "entry": "reverse"},
]


def test_every_second_window_is_shaded_and_one_in_cash_in_another_colour() -> None:
    figure = figures.plot_walk_forward(walked(CHOSEN), language="en")
    shades = [s for s in figure.layout.shapes if s.type == "rect"]
    spans = {(s.x0, s.x1): s.fillcolor for s in shades}
    assert ("2024-01-01", "2024-01-10") in spans
    assert ("2024-01-11", "2024-01-20") in spans  # held cash
    assert ("2024-01-21", "2024-01-30") in spans
    cash = spans["2024-01-11", "2024-01-20"]
    assert cash != spans["2024-01-01", "2024-01-10"]


def test_equity_is_in_a_short_unit_from_the_first_bar_to_the_last() -> None:
    figure = figures.plot_walk_forward(walked(CHOSEN), language="ko")
    line = figure.data[0]
    assert (line.y[0], line.y[-1]) == (1000.0, 1200.0)
    assert figure.layout.yaxis.title.text == "만원"


def test_parameters_are_drawn_over_their_windows_with_gaps_for_cash() -> None:
    figure = figures.plot_walk_forward(walked(CHOSEN), language="en")
    named = {trace.name: trace for trace in figure.data[1:]}
    fast = named["fast_period"]
    assert list(fast.x) == [
        "2024-01-01",
        "2024-01-10",
        None,
        "2024-01-21",
        "2024-01-30",
        None,
    ]
    assert list(fast.y) == [10.0, 10.0, None, 20.0, 20.0, None]
    assert list(named["entry"].text) == [
        "follow",
        "follow",
        None,
        "reverse",
        "reverse",
        None,
    ]


def test_the_same_choice_everywhere_is_said_not_drawn() -> None:
    same = [{"fast_period": 10, "entry": "follow"}] * 3
    figure = figures.plot_walk_forward(walked(same), language="en")
    assert len(figure.data) == 1
    assert "same parameters" in figure.layout.title.subtitle.text


def test_scores_stand_beside_each_other() -> None:
    inside, outside = figures.window_scores(walked(CHOSEN), language="en").data
    assert list(inside.y) == [1.0, 0.8, 1.2]
    np.testing.assert_array_equal(outside.y, [0.5, -0.2, np.nan])


def test_paths_of_a_cross_validation_are_counted() -> None:
    result = SimpleNamespace(
        paths=pd.DataFrame({"sharpe": [0.5, 1.0, -0.5, np.nan, 1.5]}),
        objective="sharpe",
        request={"subject": {"data": {"symbols": ["005930"]}}},
    )
    figure = figures.plot_cross_validation(result, language="en")
    assert sum(figure.data[0].y) == 4
    told = [a.text for a in figure.layout.annotations]
    assert told == ["median · 25% of 4 paths at 0 or below"]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", ["plot_walk_forward", "window_scores"])
def test_every_figure_is_in_its_language_and_marked(name: str, language: str) -> None:
    figure = getattr(figures, name)(walked(CHOSEN), language=language)
    text = json.dumps(figure.to_plotly_json(), ensure_ascii=False, default=str)
    assert bool(HANGUL.search(text)) == (language == "ko")
    assert any(a.name == "simulated" for a in figure.layout.annotations)


def test_many_bars_and_windows_make_no_large_figure() -> None:
    result = walked(CHOSEN)
    days = pd.date_range("1990-01-01", periods=200_000, freq="h", tz="UTC")
    numbers = np.arange(1, 401)
    result.equity = pd.DataFrame(
        {
            "equity": 1e7 + np.arange(200_000.0),
            "window": np.repeat(numbers, 500),
        },
        index=days,
    )
    result.windows = pd.DataFrame(
        {
            "test_start": days[::500],
            "test_end": days[499::500],
            "status": "traded",
            "train_objective": 1.0,
            "test_objective": 0.5,
        },
        index=numbers,
    )
    result.parameters = pd.DataFrame(
        {"fast_period": numbers % 7, "entry": "follow"}, index=numbers
    )
    assert len(figures.plot_walk_forward(result).to_json()) < 200_000
    scores = figures.window_scores(result, language="en")
    assert "58 of 400 shown" in scores.layout.title.subtitle.text
