"""What is drawn is what the result holds, in both languages, marked when simulated."""

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
from foresto_lab.figures.series import drift_by_asset, largest_drift, period_returns
from foresto_lab.findings import Finding
from foresto_lab.scenarios import SimulationResult
from foresto_lab.types import Severity

OF_ONE = [
    figures.growth,
    figures.drawdown,
    figures.weights,
    figures.drift,
    figures.turnover,
    figures.cumulative_cost,
    figures.yearly_turnover,
    figures.monthly_heatmap,
    figures.annual_bars,
    figures.rolling_volatility,
    figures.return_distribution,
]
OF_SEVERAL = [
    figures.growth,
    figures.drawdown,
    figures.drift,
    figures.cumulative_cost,
    figures.yearly_turnover,
    figures.annual_bars,
    figures.rolling_volatility,
]
HANGUL = re.compile("[가-힣]")
Results = dict[str, SimulationResult]


def marks(figure: go.Figure) -> list[str]:
    return [a.text for a in figure.layout.annotations if a.name == "simulated"]


@pytest.mark.parametrize("draw", OF_ONE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_figure_of_one_result_is_titled_in_its_language(
    draw: Callable[..., go.Figure], language: str, sample_results: Results
) -> None:
    figure = draw(sample_results["monthly"], language=language)
    text = json.dumps(
        figure.to_plotly_json()["layout"], ensure_ascii=False, default=str
    )
    assert figure.layout.title.text
    assert bool(HANGUL.search(figure.layout.title.text)) is (language == "ko")
    if language == "en":
        assert not HANGUL.search(text)


@pytest.mark.parametrize("draw", OF_SEVERAL, ids=lambda f: f.__name__)
def test_several_results_are_told_apart_by_name(
    draw: Callable[..., go.Figure], sample_results: Results
) -> None:
    figure = draw(sample_results)
    assert [trace.name for trace in figure.data] == list(sample_results)
    assert figure.layout.showlegend


@pytest.mark.parametrize("draw", OF_ONE, ids=lambda f: f.__name__)
def test_simulated_prices_are_marked_on_every_chart(
    draw: Callable[..., go.Figure], sample_results: Results
) -> None:
    real = sample_results["monthly"]
    simulated = dataclasses.replace(real, simulated=True)
    assert marks(draw(real)) == []
    assert marks(draw(simulated, language="en")) == ["SIMULATED"]
    assert "SIMULATED" in marks(draw(simulated, language="ko"))[0]


@pytest.mark.parametrize("draw", OF_ONE, ids=lambda f: f.__name__)
def test_backgrounds_are_transparent(
    draw: Callable[..., go.Figure], sample_results: Results
) -> None:
    layout = draw(sample_results["monthly"]).layout.template.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"


def test_growth_draws_the_value_in_a_short_unit(sample_results: Results) -> None:
    result = sample_results["drift"]
    figure = figures.growth(result)
    assert "만원" in figure.layout.yaxis.title.text
    drawn = np.asarray(figure.data[0].y, dtype=float) * 1e4
    np.testing.assert_allclose(drawn, result.path["nav"], rtol=1e-6, atol=1)
    assert figure.data[0].x[0] == f"{result.path.index[0]:%Y-%m-%d}"


def test_drawdown_is_never_above_zero(sample_results: Results) -> None:
    drawn = np.asarray(figures.drawdown(sample_results["hold"]).data[0].y, dtype=float)
    assert drawn.max() <= 0
    assert drawn.min() == pytest.approx(
        sample_results["hold"].summary["max_drawdown"], abs=1e-5
    )


def test_weights_stack_to_one_with_what_is_uninvested(sample_results: Results) -> None:
    figure = figures.weights(sample_results["hold"], language="en")
    total = sum(np.asarray(trace.y, dtype=float) for trace in figure.data)
    np.testing.assert_allclose(total, 1.0, atol=5e-4)
    assert figure.data[-1].name == "Uninvested"


def test_drift_is_what_the_rule_saw_before_it_traded(
    hand_made: SimulationResult,
) -> None:
    """b halves on 2024-02-01: 500 / 250, so a holds 2/3, a drift of 1/6, and trades."""
    drift = drift_by_asset(hand_made)
    assert drift.loc["2024-01-31"].tolist() == [0.0, 0.0]
    assert drift.loc["2024-02-01", "a"] == pytest.approx(1 / 6)
    assert drift.loc["2024-02-02", "a"] == pytest.approx(0.0)
    assert largest_drift(hand_made).loc["2024-02-01"] == pytest.approx(1 / 6)


def test_turnover_has_one_bar_a_rebalancing(hand_made: SimulationResult) -> None:
    figure = figures.turnover(hand_made, language="en")
    assert list(figure.data[0].x) == ["2024-02-01", "2024-02-05"]
    np.testing.assert_allclose(np.asarray(figure.data[0].y), [1 / 6, 1 / 6], atol=1e-5)


def test_no_rebalancing_is_said(sample_results: Results) -> None:
    figure = figures.turnover(sample_results["hold"], language="en")
    assert "no rebalancing" in figure.layout.annotations[-1].text
    assert figures.cumulative_cost(sample_results["hold"]).data[0].y[-1] == 0


def test_the_cost_so_far_ends_at_the_total(sample_results: Results) -> None:
    result = sample_results["monthly"]
    figure = figures.cumulative_cost(result, language="en")
    assert figure.data[0].y[-1] == pytest.approx(result.summary["total_cost"], rel=1e-3)


def test_months_and_years_by_hand() -> None:
    nav = pd.Series(
        [100.0, 110, 121, 60.5],
        index=pd.to_datetime(["2023-12-15", "2023-12-28", "2024-01-31", "2024-03-04"]),
    )
    months = period_returns(nav, "M")
    assert months.round(9).to_dict() == {
        pd.Period("2023-12"): 0.1,
        pd.Period("2024-01"): 0.1,
        pd.Period("2024-03"): -0.5,
    }
    assert period_returns(nav, "Y").round(9).tolist() == [0.1, -0.45]


def test_the_heat_map_places_each_month(hand_made: SimulationResult) -> None:
    figure = figures.monthly_heatmap(hand_made, language="en")
    cells = np.asarray(figure.data[0].z, dtype=float)
    months = figure.data[0].x
    assert months[:2] == ("Jan", "Feb")
    assert cells[0, 0] == 0.0
    assert cells[0, 1] == pytest.approx(12.5)  # 750 traded to halves, b doubles
    assert np.isnan(cells[0, 2:]).all()


def test_the_distribution_counts_every_day_once(sample_results: Results) -> None:
    figure = figures.return_distribution(sample_results["hold"])
    assert float(np.sum(figure.data[0].y)) == pytest.approx(1.0, abs=1e-4)


def test_coverage_and_findings() -> None:
    rows = pd.DataFrame(
        {
            "symbol": ["A", "B"],
            "first_date": pd.to_datetime(["2020-01-01", "2021-01-01"]),
            "last_date": pd.to_datetime(["2020-01-11", "2021-01-02"]),
            "row_count": [1000, 2],
        }
    )
    figure = figures.coverage(rows, language="en")
    assert list(figure.data[0].x) == [10 * 86_400_000, 86_400_000]
    assert figure.data[0].customdata[0][2] == "1,000"
    findings = [
        Finding("JUMP", Severity.WARNING, "x", count=3),
        Finding("JUMP", Severity.WARNING, "y", count=2),
        Finding("NOT_POSITIVE", Severity.ERROR, "z"),
    ]
    bars = {
        t.name: list(t.x)
        for t in figures.findings_by_rule(findings, language="en").data
    }
    assert bars == {"Error": [1], "Warning": [5]}


def test_drawing_changes_no_result(sample_results: Results) -> None:
    result = sample_results["monthly"]
    path, events = result.path.copy(), result.events.copy()
    for draw in OF_ONE:
        draw(result)
    pd.testing.assert_frame_equal(result.path, path)
    pd.testing.assert_frame_equal(result.events, events)
