"""How much of a metric's variance over the trials each parameter accounts for.

References
----------
.. [1] Hutter, F., Hoos, H. and Leyton-Brown, K. (2014), An efficient approach for
   assessing hyperparameter importance, ICML. Departs from it in: the marginals are
   means of the trials themselves by level, of one parameter and of two, with no
   forest between; where a search looked more at good regions, so does this.
.. [2] Kelley, T. L. (1935), An unbiased correlation ratio measure,
   https://doi.org/10.1073/pnas.21.9.554: the share of the variance between levels, less
   what levels of pure noise would show.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.optimization_trials import SearchTrials, searched
from foresto_lab.figures.optimization_words import (
    kept_words,
    metric_words,
    short_name,
    write_subtitle,
)
from foresto_lab.figures.theme import BLUE, SKY, new_figure, say, translucent
from foresto_lab.labels import label
from foresto_lab.types import Float64Array1D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult

_BINS: Final = 12
_ROUNDING: Final = 0.02
_MOST_PAIRED: Final = 10
"""Parameters whose pairs are looked at; of more, those that do most alone."""


def importance(
    result: OptimizationResult, metric: str | None = None, *, language: str = "ko"
) -> go.Figure:
    """Return the share of a metric's variance that each parameter accounts for.

    A bar's first part is what a parameter does alone, the second half of what it does
    together with one other.
    """
    trials = searched(result)
    name = trials.objectives[0] if metric is None else metric
    figure = new_figure(
        label("opt_importance", language, metric=metric_words(name, language)),
        simulated=trials.simulated,
        language=language,
    )
    shares = importance_of(trials, name)
    if shares.empty:
        return say(figure, label("opt_nothing_to_draw", language))
    rows = shares.iloc[::-1]
    for column, colour in (("alone", BLUE), ("together", SKY)):
        key = "opt_main_effect" if column == "alone" else "opt_pair_effect"
        figure.add_bar(
            y=[short_name(str(parameter), 22) for parameter in rows.index],
            x=rows[column].to_numpy().round(4),
            orientation="h",
            name=label(key, language),
            marker={"color": translucent(colour, 0.85), "line": {"width": 0}},
            hovertemplate="%{y}: %{x:.1%}",
        )
    notes = [label("opt_importance_how", language)]
    if float(shares.to_numpy().sum()) > 1.0 + _ROUNDING:
        notes.append(label("opt_importance_overlap", language))
    notes += kept_words(len(trials), trials.total, language)
    write_subtitle(figure, " · ".join(notes))
    figure.update_xaxes(tickformat=".0%", rangemode="tozero", nticks=6, showgrid=True)
    figure.update_yaxes(type="category", showgrid=False)
    figure.update_layout(
        barmode="stack",
        height=150 + 30 * len(rows),
        bargap=0.35,
        hovermode="closest",
        legend={"y": -0.3 if len(rows) < 4 else -0.16, "traceorder": "normal"},
    )
    return figure


def importance_of(trials: SearchTrials, metric: str | None = None) -> pd.DataFrame:
    """Return for each parameter the shares ``alone`` and ``together``, largest first.

    Only trials that are feasible and have a value count. A parameter of one value has
    no share and no row.
    """
    values = trials.values(metric)
    usable = np.flatnonzero(~np.isnan(values) & trials.feasible)
    values = _without_extremes(values[usable])
    variance = float(values.var()) if len(values) > 2 else 0.0
    if variance < 1e-18:
        return pd.DataFrame(columns=["alone", "together"])
    groups = {
        name: trials.levels(name, _BINS).places[usable] for name in trials.varied()
    }
    alone = {name: _share(values, places) for name, places in groups.items()}
    together = dict.fromkeys(groups, 0.0)
    paired = sorted(alone, key=lambda name: -alone[name])[:_MOST_PAIRED]
    for one, other in combinations(paired, 2):
        cells = groups[one] * (int(groups[other].max()) + 1) + groups[other]
        joint = _share(values, cells)
        joint = 1.0 if len(groups) == 2 else joint  # nothing else varies
        extra = max(joint - alone[one] - alone[other], 0.0) / 2.0
        together[one] += extra
        together[other] += extra
    table = pd.DataFrame({"alone": alone, "together": together})
    ranked = table.sum(axis=1).sort_values(ascending=False, kind="stable")
    return table.loc[ranked.index]


def ranked_parameters(trials: SearchTrials) -> list[str]:
    """Return the parameters that vary, those that matter most first."""
    varied = list(trials.varied()) or list(trials.parameters)
    ranked = [str(name) for name in importance_of(trials).index]
    return ranked + [name for name in varied if name not in ranked]


def _share(values: Float64Array1D, places: Int64Array1D) -> float:
    """Return Kelley's epsilon squared: variance between levels, less that of noise."""
    counts = np.bincount(places)
    levels = int((counts > 0).sum())
    freedom = len(values) - levels
    if freedom <= 0:
        return 0.0
    sums = np.bincount(places, weights=values)[counts > 0]
    means = sums / counts[counts > 0]
    total = float(((values - values.mean()) ** 2).sum())
    between = float((counts[counts > 0] * (means - values.mean()) ** 2).sum())
    within = (total - between) / freedom
    return float(np.clip((between - (levels - 1) * within) / total, 0.0, 1.0))


def _without_extremes(values: Float64Array1D) -> Float64Array1D:
    """Return values drawn in to their 1st and 99th percentile: one must not rule."""
    if len(values) < 20:
        return values
    low, high = np.percentile(values, [1.0, 99.0])
    kept: Float64Array1D = np.clip(values, low, high)
    return kept
