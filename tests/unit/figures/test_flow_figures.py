"""Figures of cash flows and of retirement: what they draw, in both languages."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from foresto_lab import figures
from foresto_lab.scenarios import SimulationResult
from foresto_lab.scenarios.retirement import (
    RetirementOutlook,
    RetirementStudy,
    retirement,
    retirement_outlook,
)

HANGUL = re.compile("[가-힣]")


@pytest.fixture
def study() -> RetirementStudy:
    dates = pd.to_datetime([f"{2000 + at}-12-31" for at in range(13)])
    random = np.random.default_rng(1)
    prices = pd.DataFrame(
        {"a": np.exp(random.normal(0.04, 0.2, 13).cumsum())}, index=dates
    )
    return retirement(prices, {"a": 1.0}, 0.08, 10)


@pytest.fixture
def outlook() -> RetirementOutlook:
    return retirement_outlook(np.ones((25, 3)), 0.055, rates=(0.4, 0.6))


@pytest.fixture
def with_flows(hand_made: SimulationResult) -> SimulationResult:
    """Return a result as simulations with cash flows have it."""
    path = hand_made.path.copy()
    path.insert(4, "cash_flow", [0.0, 100.0, 0.0, -50.0, 25.0])
    return dataclasses.replace(hand_made, path=path)


DRAWN = [
    (figures.sustainable_rates_by_start, "study"),
    (figures.retirement_fan, "study"),
    (figures.lasting_shares, "study"),
    (figures.ruin_by_year, "outlook"),
    (figures.cash_flows, "with_flows"),
    (figures.cash_flows, "hand_made"),
]


@pytest.mark.parametrize(("draw", "of"), DRAWN)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_figure_speaks_its_language(
    draw: Callable[..., go.Figure],
    of: str,
    language: str,
    request: pytest.FixtureRequest,
) -> None:
    figure = draw(request.getfixturevalue(of), language=language)
    text = json.dumps(figure.to_plotly_json(), ensure_ascii=False, default=str)
    assert bool(HANGUL.search(figure.layout.title.text)) is (language == "ko")
    assert bool(HANGUL.search(text)) is (language == "ko")


@pytest.mark.parametrize(("draw", "of"), DRAWN)
def test_simulated_prices_are_marked(
    draw: Callable[..., go.Figure], of: str, request: pytest.FixtureRequest
) -> None:
    result = dataclasses.replace(request.getfixturevalue(of), simulated=True)
    texts = [a.text for a in draw(result, language="en").layout.annotations]
    assert "SIMULATED" in texts


def test_contributions_lie_on_the_initial_amount(with_flows: SimulationResult) -> None:
    figure = figures.cash_flows(with_flows, language="en")
    named = {trace.name: np.asarray(trace.y, dtype=float) for trace in figure.data}
    assert named["Initial amount"].tolist() == [1000.0] * 5
    assert named["Contributed so far"].tolist() == [0, 100, 100, 100, 125]
    assert named["Withdrawn so far"].tolist() == [0, 0, 0, 50, 50]
    stacked = [trace.name for trace in figure.data if trace.stackgroup]
    assert stacked == ["Initial amount", "Contributed so far"]


def test_rates_are_drawn_by_start(study: RetirementStudy) -> None:
    figure = figures.sustainable_rates_by_start(study, language="en")
    drawn = np.asarray(figure.data[0].y, dtype=float)
    np.testing.assert_allclose(drawn, study.starts["sustainable_rate"], atol=1e-5)
    assert figure.layout.shapes[0].y0 == 0.08


def test_ruin_is_drawn_by_rate(outlook: RetirementOutlook) -> None:
    figure = figures.ruin_by_year(outlook, language="en")
    assert [trace.name for trace in figure.data] == ["5.5%", "40.0%", "60.0%"]
    assert np.asarray(figure.data[2].y).tolist() == [0.0, 1.0]
