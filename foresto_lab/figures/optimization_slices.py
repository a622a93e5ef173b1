"""A metric by each parameter alone: trials, the best and the median of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.optimization_importance import ranked_parameters
from foresto_lab.figures.optimization_trials import (
    Levels,
    SearchTrials,
    level_ticks,
    searched,
)
from foresto_lab.figures.optimization_words import (
    axis_format,
    kept_words,
    metric_format,
    metric_words,
    rounded,
    short_name,
    shown_words,
    write_subtitle,
)
from foresto_lab.figures.theme import (
    BLUE,
    GREY,
    ORANGE,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import label

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult


def slices(
    result: OptimizationResult,
    metric: str | None = None,
    *,
    most: int = 6,
    language: str = "ko",
) -> go.Figure:
    """Return a metric by each parameter alone: trials, and the best and median of each.

    Parameters
    ----------
    most : int
        Parameters drawn, those that matter most first.
    """
    from plotly.subplots import make_subplots

    trials = searched(result)
    name = trials.objectives[0] if metric is None else metric
    words = metric_words(name, language)
    figure = new_figure(
        label("opt_slices", language, metric=words),
        simulated=trials.simulated,
        language=language,
    )
    ranked = ranked_parameters(trials)
    parameters = ranked[:most]
    if not parameters or not len(trials.by_rank):
        return say(figure, label("opt_nothing_to_draw", language))
    across = min(2, len(parameters))
    down = -(-len(parameters) // across)
    make_subplots(
        rows=down,
        cols=across,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        vertical_spacing=0.24 / down,
        figure=figure,
    )
    some = trials.some(1500)
    for place, parameter in enumerate(parameters):
        at = {"row": place // across + 1, "col": place % across + 1}
        _add_slice(figure, trials, parameter, name, some, at, language)
    notes = kept_words(len(trials), trials.total, language)
    if len(some) < len(trials):
        notes.append(shown_words(len(some), len(trials), language))
    if len(ranked) > len(parameters):
        facts = {"shown": len(parameters), "total": len(ranked)}
        notes.append(label("opt_first_parameters", language, **facts))
    write_subtitle(figure, " · ".join(notes))
    form = axis_format(name)
    figure.update_yaxes(tickformat=form, nticks=6)
    figure.update_yaxes(title_text=words, col=1)
    figure.update_layout(
        height=110 + 220 * down, hovermode="closest", legend={"y": -0.26 / down}
    )
    return figure


def _add_slice(
    figure: go.Figure,
    trials: SearchTrials,
    parameter: str,
    metric: str,
    some: Any,
    at: dict[str, int],
    language: str,
) -> None:
    levels = trials.levels(parameter)
    values = trials.values(metric)
    form = metric_format(metric)
    column = trials.frame[parameter]
    exact = (
        column.to_numpy(dtype=float)
        if levels.numeric
        else levels.places.astype(np.float64)
    )
    first = at == {"row": 1, "col": 1}
    hover = f"{parameter} %{{x}}<br>%{{y:{form}}}<extra></extra>"
    figure.add_scatter(
        x=exact[some],
        y=rounded(values[some]),
        mode="markers",
        name=label("opt_each_trial", language),
        legendgroup="trials",
        showlegend=first,
        marker={"size": 4, "color": translucent(GREY, 0.4)},
        hovertemplate=hover,
        **at,
    )
    ranked = trials.by_rank
    grouped = pd.Series(values[ranked]).groupby(levels.places[ranked])
    best = grouped.max() if trials.more_is_better(metric) else grouped.min()
    lines = (
        ("opt_slice_best", best, BLUE, "solid"),
        ("opt_slice_median", grouped.median(), GREY, "dot"),
    )
    for key, line, colour, dash in lines:
        figure.add_scatter(
            x=levels.centres[line.index.to_numpy()],
            y=rounded(line.to_numpy()),
            mode="lines+markers" if not levels.numeric else "lines",
            name=label(key, language),
            legendgroup=key,
            showlegend=first,
            line={"color": colour, "width": 1.8, "dash": dash},
            hovertemplate=hover,
            **at,
        )
    if trials.chosen is not None:
        figure.add_scatter(
            x=[exact[trials.chosen]],
            y=rounded(values[[trials.chosen]]),
            mode="markers",
            name=label("opt_chosen", language),
            legendgroup="chosen",
            showlegend=first,
            marker={
                "symbol": "diamond",
                "size": 10,
                "color": ORANGE,
                "line": {"width": 1, "color": "white"},
            },
            hovertemplate=hover,
            **at,
        )
    figure.update_xaxes(title_text=short_name(parameter), **_slice_axis(levels), **at)


def _slice_axis(levels: Levels) -> dict[str, Any]:
    if not levels.numeric:
        return level_ticks(levels, 5)
    low, high = levels.centres[0], levels.centres[-1]
    logarithmic = low > 0 and high > 50 * low
    return {
        "type": "log" if logarithmic else "linear",
        "dtick": 1 if logarithmic else None,
        "tickformat": ",~r",
        "nticks": 5,
        "showgrid": False,
        "zeroline": False,
    }
