"""How a search went: its generations, and the front between several objectives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from foresto_lab.figures.optimization_trials import SearchTrials, searched
from foresto_lab.figures.optimization_words import (
    axis_format,
    metric_format,
    metric_words,
    parameters_text,
    shown_words,
    write_subtitle,
)
from foresto_lab.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import label
from foresto_lab.types import BoolArray1D, Float64Array2D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult

_MOST_DOMINATED: Final = 2000
_MOST_ON_FRONT: Final = 500


def generations(result: OptimizationResult, *, language: str = "ko") -> go.Figure:
    """Return the best and the mean of each generation, and below how diverse it was."""
    from plotly.subplots import make_subplots

    trials = searched(result)
    name = trials.objectives[0]
    words = metric_words(name, language)
    figure = new_figure(
        label("opt_generations", language, metric=words),
        simulated=trials.simulated,
        language=language,
    )
    table = result.generations
    if table is None or not len(table):
        return say(figure, label("opt_no_generations", language))
    make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.7, 0.3],
        vertical_spacing=0.07,
        figure=figure,
    )
    x = table.get("generation", table.index)
    form = metric_format(name)
    suffix = "" if "best" in table else "_1"  # of several objectives the first
    lines = (
        (f"best_so_far{suffix}", "opt_best_so_far", BLUE, 2.2, f"%{{y:{form}}}", 1),
        (f"best{suffix}", "opt_best_of_generation", SKY, 1.4, f"%{{y:{form}}}", 1),
        (f"mean{suffix}", "opt_mean", GREY, 1.6, f"%{{y:{form}}}", 1),
        ("diversity", "opt_diversity", GREEN, 1.6, "%{y:.1%}", 2),
    )
    for column, key, colour, width, hover, row in lines:
        if column in table:
            figure.add_scatter(
                x=list(x),
                y=table[column].to_numpy(dtype=float).round(6),
                name=label(key, language),
                mode="lines",
                line={"color": colour, "width": width},
                hovertemplate=hover,
                row=row,
                col=1,
            )
    figure.update_yaxes(title_text=words, tickformat=axis_format(name), row=1, col=1)
    figure.update_yaxes(
        title_text=label("opt_diversity", language),
        tickformat=".0%",
        rangemode="tozero",
        nticks=3,
        row=2,
        col=1,
    )
    figure.update_xaxes(hoverformat="d", tickformat="d")
    figure.update_xaxes(title_text=label("opt_generation", language), row=2, col=1)
    figure.update_layout(height=400, legend={"y": -0.2})
    return figure


def pareto_front(result: OptimizationResult, *, language: str = "ko") -> go.Figure:
    """Return the first two objectives of the trials, those that none dominates joined.

    A third objective colours the front.
    """
    trials = searched(result)
    figure = new_figure(
        label("opt_pareto", language), simulated=trials.simulated, language=language
    )
    if len(trials.objectives) < 2:
        return say(figure, label("opt_one_objective", language))
    values = np.column_stack([trials.values(name) for name in trials.objectives])
    usable = np.flatnonzero(~np.isnan(values).any(axis=1) & trials.feasible)
    if not len(usable):
        return say(figure, label("opt_nothing_to_draw", language))
    signs = np.where(trials.maximize, 1.0, -1.0)
    on_front = usable[not_dominated(values[usable] * signs)]
    _add_dominated(figure, trials, values, np.setdiff1d(usable, on_front), language)
    _add_front(figure, trials, values, on_front, language)
    _add_chosen(figure, trials, values, language)
    x, y = trials.objectives[:2]
    figure.update_xaxes(
        title_text=metric_words(x, language),
        tickformat=axis_format(x),
        hoverformat=None,
        showgrid=True,
        nticks=7,
    )
    figure.update_yaxes(title_text=metric_words(y, language), tickformat=axis_format(y))
    figure.update_layout(height=420, hovermode="closest", legend={"y": -0.2})
    return figure


def not_dominated(values: Float64Array2D) -> BoolArray1D:
    """Return which rows no other row beats in every column; more is better.

    Of two objectives in a sorted pass, of more row by row, the best by their sum first.
    """
    count = len(values)
    on_front = np.zeros(count, dtype=np.bool_)
    order = np.lexsort(tuple(-values[:, k] for k in reversed(range(values.shape[1]))))
    if values.shape[1] == 2:
        second = values[order, 1]
        highest = np.maximum.accumulate(np.append(-np.inf, second[:-1]))
        on_front[order] = second > highest
        return on_front
    front: list[int] = []
    for place in order:
        held = values[front]
        if not front or not (held >= values[place]).all(axis=1).any():
            front.append(int(place))
    on_front[front] = True
    return on_front


def _add_dominated(
    figure: go.Figure,
    trials: SearchTrials,
    values: Float64Array2D,
    dominated: Int64Array1D,
    language: str,
) -> None:
    step = max(1, -(-len(dominated) // _MOST_DOMINATED))
    shown = dominated[::step]
    figure.add_scatter(
        x=values[shown, 0].round(6),
        y=values[shown, 1].round(6),
        mode="markers",
        name=label("opt_dominated", language),
        marker={"size": 4, "color": translucent(GREY, 0.38)},
        hovertemplate=_hover(trials, language) + "<extra></extra>",
    )
    if len(shown) < len(dominated) or trials.total > len(trials):
        n_drawn = len(trials) - len(dominated) + len(shown)
        write_subtitle(figure, shown_words(n_drawn, trials.total, language))


def _add_front(
    figure: go.Figure,
    trials: SearchTrials,
    values: Float64Array2D,
    on_front: Int64Array1D,
    language: str,
) -> None:
    ordered = on_front[np.argsort(values[on_front, 0], kind="stable")]
    step = max(1, -(-len(ordered) // _MOST_ON_FRONT))
    ordered = ordered[::step]
    marker: dict[str, Any] = {"size": 8, "color": BLUE}
    if len(trials.objectives) > 2:
        third = trials.objectives[2]
        marker |= {
            "color": values[ordered, 2],
            "colorscale": ((0.0, "#9fb4c8"), (1.0, BLUE)),
            "reversescale": not trials.maximize[2],
            "colorbar": {
                "thickness": 9,
                "outlinewidth": 0,
                "title": {"text": metric_words(third, language), "side": "right"},
                "tickformat": axis_format(third),
            },
        }
    figure.add_scatter(
        x=values[ordered, 0].round(6),
        y=values[ordered, 1].round(6),
        mode="markers" if len(trials.objectives) > 2 else "lines+markers",
        name=label("opt_front", language),
        line={"color": translucent(BLUE, 0.5), "width": 1.2},
        marker=marker,
        customdata=[
            [int(trials.numbers[place]), _parameters_at(trials, int(place))]
            for place in ordered
        ],
        hovertemplate=_hover(trials, language)
        + "<br>%{customdata[1]}<br>"
        + label("opt_trial_hover", language, trial="%{customdata[0]}")
        + "<extra></extra>",
    )


def _add_chosen(
    figure: go.Figure, trials: SearchTrials, values: Float64Array2D, language: str
) -> None:
    if trials.chosen is None or not trials.best:
        return
    figure.add_scatter(
        x=values[[trials.chosen], 0].round(6),
        y=values[[trials.chosen], 1].round(6),
        mode="markers",
        name=label("opt_chosen", language),
        marker={
            "symbol": "diamond",
            "size": 13,
            "color": ORANGE,
            "line": {"width": 1, "color": "white"},
        },
        hovertemplate=_hover(trials, language) + "<extra></extra>",
    )


def _hover(trials: SearchTrials, language: str) -> str:
    x, y = trials.objectives[:2]
    return (
        f"{metric_words(x, language)} %{{x:{metric_format(x)}}}<br>"
        f"{metric_words(y, language)} %{{y:{metric_format(y)}}}"
    )


def _parameters_at(trials: SearchTrials, place: int) -> str:
    row = trials.frame.iloc[place]
    return parameters_text({name: row[name] for name in trials.parameters})
