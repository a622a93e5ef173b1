"""Searches drawn: figures show what the trials hold, in cells, bins and samples."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from foresto_lab.errors import UnknownNameError
from foresto_lab.figures import optimization as figures
from foresto_lab.figures.optimization_importance import importance_of
from foresto_lab.figures.optimization_search import not_dominated
from foresto_lab.figures.optimization_trials import searched
from foresto_lab.figures.optimization_words import broken_name, value_text
from foresto_lab.metrics.inference import probability_of_backtest_overfitting
from foresto_lab.optimize.searching.objective import Objective

HANGUL = re.compile("[가-힣]")
PARAMETERS = ("fast_period", "slow_period", "stop")


def result_of(frame: pd.DataFrame, names: tuple[str, ...], **facts: Any) -> Any:
    """Return as much of a result as figures look at; ``frame`` has its figures."""
    objectives = facts.pop("objectives", (Objective("sharpe"),))
    frame = frame.assign(
        trial=range(len(frame)),
        objective=frame[objectives[0].name],
        feasible=frame.get("feasible", True),
    )
    key = frame["objective"].where(frame["feasible"].astype(bool)).fillna(-np.inf)
    frame = frame.assign(rank=(-key).rank(method="first").astype(int))
    frame = frame.sort_values("rank", ignore_index=True)
    best = {name: frame[name].iloc[0] for name in names}
    return SimpleNamespace(
        **{
            "trials": frame,
            "space": SimpleNamespace(names=names),
            "best": best,
            "objectives": objectives,
            "evaluated": len(frame),
            "generations": None,
            "assessment": None,
            "periods_per_year": 252.0,
            "statistics": pd.Series(dtype=object),
            "sharpes": None,
            "symbols": ("SIM_EQUITY",),
            **facts,
        }
    )


def grid() -> Any:
    """Return 2 × 3 × 2 trials: sharpe = fast / 10 - slow / 100, less 1 at stop 0.1."""
    fast, slow, stop = np.meshgrid([5, 10], [20, 50, 100], [0.05, 0.1], indexing="ij")
    frame = pd.DataFrame(
        {"fast_period": fast.ravel(), "slow_period": slow.ravel(), "stop": stop.ravel()}
    )
    sharpe = frame["fast_period"] / 10 - frame["slow_period"] / 100
    frame["sharpe"] = sharpe - (frame["stop"] == 0.1)
    frame["max_drawdown"] = -0.1 - frame["fast_period"] / 100
    frame["feasible"] = ~((frame["fast_period"] == 5) & (frame["slow_period"] == 100))
    return result_of(frame, PARAMETERS)


def random_search(n: int = 500, **facts: Any) -> Any:
    generator = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "rsi_period": generator.integers(2, 200, n),
            "level": np.exp(generator.uniform(0, 6, n)),
            "entry": generator.choice(["reverse", "follow"], n),
            "filtered": generator.random(n) < 0.5,
        }
    )
    noise = generator.normal(0, 0.1, n)
    frame["sharpe"] = -(((frame["rsi_period"] - 60) / 60) ** 2) + noise
    frame["max_drawdown"] = -generator.uniform(0.05, 0.5, n)
    return result_of(frame, ("rsi_period", "level", "entry", "filtered"), **facts)


def heat(figure: go.Figure) -> Any:
    return next(trace for trace in figure.data if trace.type == "heatmap")


# --- heat map -------------------------------------------------------------------------


def test_a_cell_shows_the_best_over_the_other_parameters_and_its_trial() -> None:
    result = grid()
    figure = figures.heat_map(result, "fast_period", "slow_period", language="en")
    cells = heat(figure)
    expected = [[0.3, 0.8], [0.0, 0.5], [np.nan, 0.0]]  # rows are slow 20, 50, 100
    np.testing.assert_allclose(np.array(cells.z, dtype=float), expected, atol=1e-9)
    trial, count, x, y = cells.customdata[0][1]
    row = result.trials.set_index("trial").loc[trial]
    assert (row["fast_period"], row["slow_period"], row["stop"]) == (10, 20, 0.05)
    assert (count, x, y) == (2, "10", "20")


def test_or_the_median_of_them_or_another_metric() -> None:
    median = figures.heat_map(grid(), "fast_period", "slow_period", over="median")
    expected = [[-0.2, 0.3], [-0.5, 0.0], [np.nan, -0.5]]
    np.testing.assert_allclose(
        np.array(heat(median).z, dtype=float), expected, atol=1e-9
    )
    other = figures.heat_map(grid(), "fast_period", "slow_period", "max_drawdown")
    np.testing.assert_allclose(heat(other).z[0], [-0.15, -0.2])


def test_the_chosen_cell_is_framed_and_infeasible_ones_are_crossed() -> None:
    figure = figures.heat_map(grid(), "fast_period", "slow_period", language="en")
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (0.5, 1.5, -0.5, 0.5)
    crossed = next(
        t for t in figure.data if t.name == "No combination meets the limits"
    )
    assert (list(crossed.x), list(crossed.y)) == ([0], [2])


def test_the_two_parameters_that_matter_most_are_the_axes_by_default() -> None:
    figure = figures.heat_map(random_search(), language="en")
    titles = {figure.layout.xaxis.title.text, figure.layout.yaxis.title.text}
    assert "rsi_period" in titles


def test_many_values_are_put_together_in_bins_that_say_so() -> None:
    figure = figures.heat_map(random_search(), "rsi_period", "level", language="en")
    cells = heat(figure)
    assert max(np.shape(cells.z)) <= 24
    assert "several values to a cell" in figure.layout.title.subtitle.text
    first = cells.customdata[0][0][2]
    assert re.fullmatch(r"\d+–\d+", first), first  # whole numbers stay whole
    counted = sum(cell[1] for row in cells.customdata for cell in row)
    assert counted == 500


def test_unknown_parameters_and_figures_are_refused_with_the_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="fast_period"):
        figures.heat_map(grid(), "fast_perod", "slow_period")
    with pytest.raises(UnknownNameError, match="sharpe"):
        figures.heat_map(grid(), metric="sharp")


# --- the other figures ----------------------------------------------------------------


def test_slices_hold_the_best_and_the_median_of_each_value() -> None:
    figure = figures.slices(grid(), language="en")
    best = [t for t in figure.data if t.name == "Best at each value"]
    axes = [figure.layout[f"xaxis{n}"].title.text for n in ("", "2", "3")]
    fast = best[axes.index("fast_period")]
    np.testing.assert_allclose(fast.x, [5, 10])
    np.testing.assert_allclose(fast.y, [0.3, 0.8])


def test_parallel_lines_go_through_every_parameter_and_the_objective() -> None:
    figure = figures.parallel_coordinates(grid(), language="en")
    assert list(figure.layout.xaxis.ticktext) == [
        "fast_period",
        "slow_period",
        "stop",
        "Sharpe<br>ratio",
    ]
    chosen = next(t for t in figure.data if t.name == "Chosen")
    np.testing.assert_allclose(chosen.y, [1.0, 0.0, 0.0, 1.0])


def test_importance_finds_what_matters() -> None:
    shares = importance_of(searched(random_search()))
    assert shares.index[0] == "rsi_period"
    assert shares["alone"].iloc[0] > 0.75
    assert shares.drop("rsi_period").sum(axis=1).max() < 0.1


def test_importance_of_two_parameters_adds_up_to_all_variance() -> None:
    x, y = np.meshgrid(range(6), range(6), indexing="ij")
    frame = pd.DataFrame({"a": x.ravel(), "b": y.ravel()})
    frame["sharpe"] = (frame["a"] - 2.5) * (frame["b"] - 2.5)  # nothing alone
    shares = importance_of(searched(result_of(frame, ("a", "b"))))
    assert shares["alone"].max() < 0.05
    assert shares.sum(axis=1).sum() == pytest.approx(1.0)


def test_the_front_is_what_nothing_dominates() -> None:
    values = np.array([[1, 1], [2, 0], [0, 2], [1, 0.5], [2, 0], [0.5, 0.5]], float)
    expected = [True, True, True, False, False, False]  # of equal ones the first
    assert not_dominated(values).tolist() == expected
    third = np.column_stack([values, np.zeros(len(values))])
    assert not_dominated(third).tolist() == expected


def test_several_objectives_are_drawn_as_a_front() -> None:
    both = (Objective("sharpe"), Objective("max_drawdown"))
    result = random_search(objectives=both)
    figure = figures.plot_optimization(result, language="en")
    assert figure.layout.title.text == "Pareto front"
    front = next(t for t in figure.data if t.name == "On the front")
    assert (np.diff(front.x) >= 0).all()
    assert (np.diff(front.y) <= 0).all()


def test_generations_have_best_mean_and_diversity() -> None:
    table = pd.DataFrame(
        {
            "generation": [1, 2],
            "best": [0.3, 0.2],
            "best_so_far": [0.3, 0.3],
            "mean": [-0.1, 0.1],
            "diversity": [0.9, 0.4],
        }
    )
    result = random_search(generations=table)
    figure = figures.generations(result, language="en")
    names = ["Best so far", "Best of the generation", "Mean", "Diversity"]
    assert [t.name for t in figure.data] == names
    assert list(figure.data[0].y) == [0.3, 0.3]
    assert list(figure.data[3].y) == [0.9, 0.4]
    of_two = table.rename(columns=lambda n: n if n == "diversity" else f"{n}_1")
    of_two = of_two.rename(columns={"generation_1": "generation"})
    several = figures.generations(random_search(generations=of_two), language="en")
    assert [t.name for t in several.data] == names


def assessed() -> Any:
    generator = np.random.default_rng(1)
    returns = generator.normal(0, 0.01, (800, 30)) + np.linspace(-4e-4, 4e-4, 30)
    found = probability_of_backtest_overfitting(returns, 8)
    walk = SimpleNamespace(
        table=pd.DataFrame({"block": [2, 3]}),
        walked=np.array([0.01, -0.02]),
        hindsight=np.array([0.02, 0.01]),
    )
    return random_search(
        assessment=SimpleNamespace(overfitting=found, degradation=walk),
        statistics=pd.Series({"expected_maximum_sharpe": 0.75}),
    )


def test_the_share_below_zero_is_the_probability_of_overfitting() -> None:
    result = assessed()
    figure = figures.overfitting_logits(result, language="en")
    below, above = figure.data
    told = result.assessment.overfitting.probability
    assert sum(below.y) == pytest.approx(told, abs=1e-3)
    assert sum(below.y) + sum(above.y) == pytest.approx(1.0, abs=1e-3)
    words = f"probability of overfitting {told:.1%}"
    assert words in [a.text for a in figure.layout.annotations]


def test_in_and_out_of_sample_are_a_year() -> None:
    result = assessed()
    figure = figures.in_out_of_sample(result, language="en")
    found = result.assessment.overfitting
    drawn = np.sort(np.concatenate([figure.data[0].x, figure.data[1].x]))
    np.testing.assert_allclose(drawn, np.sort(found.in_sample) * 252**0.5, atol=1e-4)


def test_the_best_of_luck_is_marked_on_the_trials() -> None:
    figure = figures.sharpe_distribution(assessed(), language="en")
    assert "best of pure luck 0.75" in [a.text for a in figure.layout.annotations]
    assert sum(figure.data[0].y) == pytest.approx(1.0, abs=1e-4)


# --- every figure ---------------------------------------------------------------------

DRAWN = [name for name in figures.__all__ if name != "plot_optimization"]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_is_in_its_language_and_marked(name: str, language: str) -> None:
    for result in (grid(), assessed()):
        figure = getattr(figures, name)(result, language=language)
        text = json.dumps(figure.to_plotly_json(), ensure_ascii=False, default=str)
        assert figure.layout.title.text
        assert bool(HANGUL.search(text)) == (language == "ko")
        assert any(a.name == "simulated" for a in figure.layout.annotations)


@pytest.mark.parametrize("name", DRAWN)
def test_a_search_in_which_nothing_counts_is_still_drawn(name: str) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [1, 1, 1], "sharpe": [np.nan] * 3})
    result = result_of(frame, ("a", "b"), best={})
    assert getattr(figures, name)(result).layout.title.text


@pytest.mark.parametrize("name", DRAWN)
def test_one_combination_is_drawn_too(name: str) -> None:
    frame = pd.DataFrame({"a": [1], "sharpe": [0.5]})
    assert getattr(figures, name)(result_of(frame, ("a",))).layout.title.text


def test_a_million_trials_make_no_large_figure() -> None:
    result = random_search(100_000, evaluated=1_000_000)
    for name in DRAWN:
        figure = getattr(figures, name)(result, language="en")
        assert len(figure.to_json()) < 400_000, name
    told = figures.slices(result, language="en").layout.title.subtitle.text
    assert "drawn from the best 100,000 of 1,000,000" in told.replace("<br>", " ")
    assert "1,500 of 100,000 shown" in told.replace("<br>", " ")


def test_choices_stand_in_order_numbers_first_and_nothing_last() -> None:
    frame = pd.DataFrame({"stop": [10, None, 5], "sharpe": [0.1, 0.2, 0.3]})
    frame["stop"] = frame["stop"].astype(object)
    levels = searched(result_of(frame, ("stop",))).levels("stop")
    assert levels.texts == ("5", "10", "–")
    whole = pd.DataFrame({"stop": [10, 5, 2], "sharpe": [0.1, 0.2, 0.3]}, dtype=object)
    assert searched(result_of(whole, ("stop",))).levels("stop").texts == (
        "2",
        "5",
        "10",
    )


def test_values_and_names_are_short() -> None:
    assert value_text(None) == value_text(float("nan")) == "–"
    assert value_text(0.1 + 0.2) == "0.3"
    assert value_text(1500) == "1,500"
    assert value_text(True) == "true"
    assert broken_name("trend_ema_period", 8) == "trend_<br>ema_<br>period"
