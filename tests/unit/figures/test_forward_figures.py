"""Figures of futures: what they draw, in both languages, of odd results too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import foresto_lab as fl
from foresto_lab import figures
from tests.oracles.forward_cases import constant, forward, history

DRAWN = (
    figures.forward_fan,
    figures.forward_drawdowns,
    figures.forward_cagr,
    figures.forward_chances,
)


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    "options",
    [
        {"goal": 1_100_000, "inflation": 0.02, "years": 2},
        {"cashflows": "-200000/MONTHLY"},
        {"years": 0.5, "paths": 1},
    ],
    ids=["goal", "ruin", "short"],
)
def test_every_figure_is_drawn(draw: Any, language: str, options: Any) -> None:
    figure = draw(forward(history(), **options), language=language)
    assert figure.data
    assert figure.layout.title.text


def test_constant_returns_have_a_distribution_too() -> None:
    figure = figures.forward_drawdowns(forward(constant(0.001)))
    assert sum(figure.data[0].y) == pytest.approx(1.0, abs=1e-3)


def test_the_fan_s_edges_are_its_percentiles() -> None:
    result = forward(history(), years=2)
    figure = figures.forward_fan(result, language="en")
    named = {trace.name: trace for trace in figure.data}
    assert {"Median", "Middle 90%", "Middle 50%"} <= set(named)
    np.testing.assert_allclose(
        np.array(named["Median"].y, dtype=float) * 1e6, result.fan["p50"], atol=100
    )
    assert max(named["Median"].x) == 2.0


def test_made_up_history_is_marked() -> None:
    prices = history()
    prices.attrs["simulated"] = True
    for draw in DRAWN:
        marks = [a.name for a in draw(forward(prices)).layout.annotations]
        assert "simulated" in marks


def test_the_goal_is_a_line() -> None:
    figure = forward(history(), goal=1_234_567).plot(language="en")
    assert any("1,234,567" in str(a.text) for a in figure.layout.annotations)


def test_ruin_is_drawn_where_it_can_be() -> None:
    names = [t.name for t in figures.forward_chances(forward(history())).data]
    assert "고갈 확률" not in names
    ruined = forward(history(), None, None, "-200000/MONTHLY")
    assert "고갈 확률" in [t.name for t in figures.forward_chances(ruined).data]
    assert isinstance(ruined, fl.ForwardResult)
