"""The heat map of a search: a figure in cells of two parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

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
    write_subtitle,
)
from foresto_lab.figures.theme import (
    BLUE,
    GREY,
    ORANGE,
    VERMILION,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import label
from foresto_lab.types import Float64Array2D, Int64Array2D

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult

Over: TypeAlias = Literal["best", "median"]
"""What a cell shows of the combinations in it."""
_RISING: Final = (
    (0.0, translucent(GREY, 0.10)),
    (0.5, translucent(BLUE, 0.42)),
    (1.0, translucent(BLUE, 0.95)),
)
_DIVERGING: Final = (
    (0.0, translucent(VERMILION, 0.85)),
    (0.5, translucent(GREY, 0.06)),
    (1.0, translucent(BLUE, 0.9)),
)
_NOTHING: Final = translucent(GREY, 0.28)
_CELL_FORMATS: Final = {".1%": ".0%"}
_MOST_TEXTS: Final = 170
_MOST_COLUMNS_OF_TEXT: Final = 14
_ROW: Final = 30


@dataclass(frozen=True, eq=False)
class Cells:
    """A figure in cells of two parameters, (n_y, n_x).

    ``shown`` is NaN where no trial of the cell has a value and is feasible;
    ``trials`` is the number of the best trial, -1 for none; ``counts`` are all trials,
    ``feasible`` whether any keeps every constraint.
    """

    shown: Float64Array2D
    trials: Int64Array2D
    counts: Int64Array2D
    feasible: np.ndarray[tuple[int, int], np.dtype[np.bool_]]


def heat_map(
    result: OptimizationResult,
    x: str | None = None,
    y: str | None = None,
    metric: str | None = None,
    *,
    over: Over = "best",
    language: str = "ko",
) -> go.Figure:
    """Return a figure of the trials in cells of two parameters, the chosen one framed.

    ``customdata`` holds the number of each cell's best trial. Cells whose trials all
    break a constraint are grey with a cross, those without a value plain grey; cells
    that were not tried are left empty.

    Parameters
    ----------
    x, y : str, optional
        By default the two parameters that matter most.
    metric : str, optional
        Any figure of the trials; by default the first objective.
    over : {"best", "median"}
        What a cell shows of the combinations in it: the best, or the median.

    Raises
    ------
    UnknownNameError
        There is no such parameter or figure.
    """
    trials = searched(result)
    x, y = _axes_of(trials, x, y)
    name = trials.objectives[0] if metric is None else metric
    columns, rows = trials.levels(x), trials.levels(y)
    cells = cells_of(trials, columns, rows, name, over)
    key = f"opt_heat_{over}" if (cells.counts > 1).any() else "opt_heat"
    figure = new_figure(
        label(key, language, metric=metric_words(name, language)),
        simulated=trials.simulated,
        language=language,
    )
    if np.isnan(cells.shown).all():
        return say(figure, label("opt_nothing_to_draw", language))
    _add_values(figure, trials, cells, columns, rows, name, language)
    _add_nothings(figure, cells, columns, rows, language)
    _frame_chosen(figure, trials, columns, rows, language)
    _write_notes(figure, trials, (columns, rows), language)
    _lay_out_cells(figure, (x, y), rows, columns)
    return figure


def cells_of(
    trials: SearchTrials, columns: Levels, rows: Levels, metric: str, over: Over
) -> Cells:
    """Return a metric in cells of two parameters."""
    shape = (len(rows), len(columns))
    cell = rows.places * len(columns) + columns.places
    size = shape[0] * shape[1]
    values = trials.values(metric)
    usable = np.flatnonzero(~np.isnan(values) & trials.feasible)
    sign = 1.0 if trials.more_is_better(metric) else -1.0
    order = usable[np.lexsort((-sign * values[usable], cell[usable]))]
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    best, filled = order[starts], cell[order][starts]
    shown = np.full(size, np.nan)
    numbers = np.full(size, -1, dtype=np.int64)
    numbers[filled] = trials.numbers[best]
    if over == "best":
        shown[filled] = values[best]
    else:
        grouped = pd.Series(values[order]).groupby(cell[order]).median()
        shown[grouped.index.to_numpy()] = grouped.to_numpy()
    feasible = np.bincount(cell, weights=trials.feasible, minlength=size) > 0
    counts = np.bincount(cell, minlength=size)
    return Cells(
        shown.reshape(shape),
        numbers.reshape(shape),
        counts.reshape(shape),
        feasible.reshape(shape),
    )


def _axes_of(trials: SearchTrials, x: str | None, y: str | None) -> tuple[str, str]:
    """Return the two parameters given, the most important ones in place of None."""
    ranked = [name for name in ranked_parameters(trials) if name not in (x, y)]
    first = trials.require_parameter(x) if x is not None else ranked.pop(0)
    if y is not None:
        return first, trials.require_parameter(y)
    return first, ranked[0] if ranked else first


def _add_values(
    figure: go.Figure,
    trials: SearchTrials,
    cells: Cells,
    columns: Levels,
    rows: Levels,
    metric: str,
    language: str,
) -> None:
    form = metric_format(metric)
    written = cells.shown.size <= _MOST_TEXTS and len(columns) <= _MOST_COLUMNS_OF_TEXT
    figure.add_heatmap(
        z=rounded(cells.shown),
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        customdata=np.dstack(
            [
                cells.trials,
                cells.counts,
                np.tile(np.array(columns.texts, dtype=object), (len(rows), 1)),
                np.tile(np.array(rows.texts, dtype=object), (len(columns), 1)).T,
            ]
        ).tolist(),
        **_colours(cells.shown, higher=trials.more_is_better(metric)),
        xgap=1,
        ygap=1,
        name=metric_words(metric, language),
        colorbar={
            "thickness": 9,
            "outlinewidth": 0,
            "tickformat": axis_format(metric),
            "nticks": 6,
            "xpad": 4,
        },
        texttemplate=f"%{{z:{_CELL_FORMATS.get(form, form)}}}" if written else "",
        textfont={"size": 11},
        hoverongaps=False,
        hovertemplate=f"%{{customdata[2]}} · %{{customdata[3]}}<br><b>%{{z:{form}}}</b>"
        f"<br>{label('opt_trial_hover', language, trial='%{customdata[0]}')}"
        f" · {label('opt_trials_in_cell', language, count='%{customdata[1]}')}"
        "<extra></extra>",
    )
    figure.update_layout(meta={"narrow": {"texttemplate": ""}})


def _colours(values: Float64Array2D, *, higher: bool) -> dict[str, Any]:
    """Return a scale on which the better is bluer; losses stand out where there are."""
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    if low < 0.0 < high:
        bound = max(-low, high)
        return {
            "colorscale": _DIVERGING,
            "zmin": -bound,
            "zmax": bound,
            "reversescale": not higher,
        }
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5
    return {
        "colorscale": _RISING,
        "zmin": low,
        "zmax": high,
        "reversescale": not higher,
    }


def _add_nothings(
    figure: go.Figure, cells: Cells, columns: Levels, rows: Levels, language: str
) -> None:
    """Draw the cells that were tried and have no value, grey; crossed if infeasible."""
    tried = (cells.counts > 0) & np.isnan(cells.shown)
    if not tried.any():
        return
    figure.add_heatmap(
        z=np.where(tried, 0.0, np.nan),
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        colorscale=((0.0, _NOTHING), (1.0, _NOTHING)),
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    kinds = (
        ("opt_infeasible", tried & ~cells.feasible, "x-thin"),
        ("opt_undefined", tried & cells.feasible, "circle-open"),
    )
    for key, places, symbol in kinds:
        if places.any():
            at_y, at_x = np.nonzero(places)
            figure.add_scatter(
                x=at_x,
                y=at_y,
                mode="markers",
                name=label(key, language),
                marker={
                    "symbol": symbol,
                    "size": 6,
                    "color": GREY,
                    "line": {"width": 1, "color": GREY},
                },
                hovertemplate=label(key, language) + "<extra></extra>",
            )


def _frame_chosen(
    figure: go.Figure,
    trials: SearchTrials,
    columns: Levels,
    rows: Levels,
    language: str,
) -> None:
    """Draw a frame around the cell of the chosen combination."""
    place = trials.chosen
    if place is None:
        return
    at_x, at_y = int(columns.places[place]), int(rows.places[place])
    figure.add_shape(
        type="rect",
        x0=at_x - 0.5,
        x1=at_x + 0.5,
        y0=at_y - 0.5,
        y1=at_y + 0.5,
        line={"color": ORANGE, "width": 2.6},
        layer="above",
    )
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=label("opt_chosen", language),
        marker={
            "symbol": "square-open",
            "size": 11,
            "color": ORANGE,
            "line": {"width": 2.4},
        },
        showlegend=True,
    )


def _write_notes(
    figure: go.Figure,
    trials: SearchTrials,
    levels: tuple[Levels, Levels],
    language: str,
) -> None:
    """Say under the title what a cell stands for."""
    notes = []
    if any(level.binned for level in levels):
        notes.append(label("opt_binned", language))
    notes += kept_words(len(trials), trials.total, language)
    write_subtitle(figure, " · ".join(notes))


def _lay_out_cells(
    figure: go.Figure, names: tuple[str, str], rows: Levels, columns: Levels
) -> None:
    height = min(max(_ROW * len(rows), 170), 520) + 130
    figure.update_layout(height=height, hovermode="closest", showlegend=True)
    figure.update_xaxes(**level_ticks(columns, 10), title_text=short_name(names[0]))
    figure.update_yaxes(**level_ticks(rows, 14), title_text=short_name(names[1]))
