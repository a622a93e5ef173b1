"""Combinations as lines through their parameters, by how good they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from foresto_lab.figures.optimization_importance import ranked_parameters
from foresto_lab.figures.optimization_trials import (
    Levels,
    SearchTrials,
    searched,
)
from foresto_lab.figures.optimization_words import (
    broken_name,
    kept_words,
    metric_text,
    metric_words,
    rounded,
    shown_words,
    write_subtitle,
)
from foresto_lab.figures.theme import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SKY,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import label
from foresto_lab.types import Float64Array2D

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult


_MOST_AXES: Final = 5


def parallel_coordinates(
    result: OptimizationResult,
    metric: str | None = None,
    *,
    most: int = 300,
    language: str = "ko",
) -> go.Figure:
    """Return a line for each combination through its parameters, by how good it is.

    Lines are scatter traces, not Plotly's ``parcoords``, which needs WebGL and code
    made at run time: a report's page allows neither.

    Parameters
    ----------
    most : int
        Lines drawn: the best, and others evenly apart by rank.
    """
    trials = searched(result)
    name = trials.objectives[0] if metric is None else metric
    figure = new_figure(
        label("opt_parallel", language, metric=metric_words(name, language)),
        simulated=trials.simulated,
        language=language,
    )
    ranked = ranked_parameters(trials)
    parameters = [n for n in trials.parameters if n in ranked[:_MOST_AXES]]
    some = trials.some(most, best=most // 3)
    if not parameters or not len(some):
        return say(figure, label("opt_nothing_to_draw", language))
    heights = np.column_stack(
        [_heights(trials.levels(parameter), some) for parameter in parameters]
        + [_unit(trials.values(name)[some])]
    )
    _add_lines(figure, trials, some, heights, language)
    _add_ends(figure, trials, parameters, name, some, language)
    narrow = 8 if len(parameters) > 3 else 11
    names = [*parameters, metric_words(name, language)]
    words = [broken_name(each, narrow) for each in names]
    figure.update_xaxes(
        tickvals=list(range(len(words))),
        ticktext=words,
        tickangle=0,
        tickfont={"size": 11 if len(words) < 5 else 10},
        showgrid=True,
        range=[-0.3, len(words) - 0.7],
        zeroline=False,
    )
    figure.update_yaxes(visible=False, range=[-0.14, 1.14])
    figure.update_layout(height=420, hovermode=False, legend={"y": -0.24})
    notes = kept_words(len(trials), trials.total, language)
    if len(some) < len(trials):
        notes.append(shown_words(len(some), len(trials), language))
    if len(parameters) < len(ranked):
        facts = {"shown": len(parameters), "total": len(ranked)}
        notes.append(label("opt_first_parameters", language, **facts))
    write_subtitle(figure, " · ".join(notes))
    return figure


def _heights(levels: Levels, some: Any) -> Any:
    """Return where each trial's line crosses an axis: evenly by level, 0 to 1."""
    return levels.places[some] / max(len(levels) - 1, 1)


def _unit(values: Any) -> Any:
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)


def _add_lines(
    figure: go.Figure,
    trials: SearchTrials,
    some: Any,
    heights: Float64Array2D,
    language: str,
) -> None:
    """Draw the lines in groups by rank, the worst first, then the chosen one."""
    n_lines, n_axes = heights.shape
    jitter = (np.arange(n_lines) * 0.618033988749895 % 1.0 - 0.5) * 0.028
    moved = heights.copy()
    moved[:, :-1] += jitter[:, None]
    places = {place: rank for rank, place in enumerate(trials.by_rank)}
    shares = np.array([places[place] for place in some]) / len(places)
    groups = (
        ("opt_lower_half", shares >= 0.5, translucent(GREY, 0.42), 0.8),
        ("opt_upper_half", (shares >= 0.1) & (shares < 0.5), translucent(SKY, 0.5), 1),
        ("opt_top_tenth", shares < 0.1, translucent(BLUE, 0.85), 1.3),
    )
    axes = np.append(np.arange(n_axes, dtype=float), np.nan)
    for key, among, colour, width in groups:
        if not among.any():
            continue
        lines = np.column_stack([moved[among], np.full(among.sum(), np.nan)])
        figure.add_scatter(
            x=np.tile(axes, int(among.sum())),
            y=rounded(lines.ravel(), 3),
            mode="lines",
            name=label(key, language),
            line={"color": colour, "width": width},
        )
    chosen = np.flatnonzero(some == trials.chosen)
    if len(chosen):
        figure.add_scatter(
            x=axes[:-1],
            y=rounded(heights[chosen[0]], 3),
            mode="lines+markers",
            name=label("opt_chosen", language),
            line={"color": ORANGE, "width": 2.6},
            marker={"size": 7, "color": ORANGE},
        )


def _add_ends(
    figure: go.Figure,
    trials: SearchTrials,
    parameters: list[str],
    metric: str,
    some: Any,
    language: str,
) -> None:
    """Write the lowest and the highest value at the ends of each axis."""
    values = trials.values(metric)[some]
    ends = [
        (levels.texts[0], levels.texts[-1])
        for levels in (trials.levels(name) for name in parameters)
    ]
    ends.append(
        (
            metric_text(metric, float(np.nanmin(values)), language),
            metric_text(metric, float(np.nanmax(values)), language),
        )
    )
    for side, place, where in ((0, 0.0, "bottom center"), (1, 1.0, "top center")):
        figure.add_scatter(
            x=list(range(len(ends))),
            y=[place + (0.03 if side else -0.03)] * len(ends),
            mode="text",
            text=[pair[side].split("–")[-side] for pair in ends],
            textposition=where,
            textfont={"size": 11, "color": INK},
            showlegend=False,
        )
