"""What a search would have earned, had it been chosen on the past alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from foresto_lab.figures.optimization_trials import searched
from foresto_lab.figures.optimization_words import write_subtitle
from foresto_lab.figures.theme import BLUE, GREY, new_figure, say
from foresto_lab.labels import label

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult


def walk_over_blocks(result: OptimizationResult, *, language: str = "ko") -> go.Figure:
    """Return the summed returns of the best of the past, beside the best in hindsight.

    The bars are cut into 16 blocks. From the fifth on, each is traded by the trial with
    the highest Sharpe ratio on all blocks before it: a walk-forward without another
    search. The distance between the lines is what choosing in hindsight adds.
    """
    figure = new_figure(
        label("opt_walk", language),
        simulated=searched(result).simulated,
        language=language,
    )
    assessment = result.assessment
    walk = None if assessment is None else assessment.degradation
    if walk is None or not len(walk.walked):
        return say(figure, label("opt_no_walk", language))
    blocks = walk.table["block"].to_numpy()
    begin = int(blocks[0]) / (int(blocks[-1]) + 1)
    places = np.linspace(begin, 1.0, len(walk.walked) + 1).round(5)
    for key, returns, line in (
        ("opt_hindsight", walk.hindsight, {"color": GREY, "width": 1.5, "dash": "dot"}),
        ("opt_walked", walk.walked, {"color": BLUE, "width": 2}),
    ):
        figure.add_scatter(
            x=places,
            y=np.concatenate(([0.0], np.cumsum(returns))).round(6),
            mode="lines",
            name=label(key, language),
            line=line,
            hovertemplate="%{x:.0%}: %{y:.2%}<extra></extra>",
        )
    write_subtitle(figure, label("opt_walk_note", language))
    figure.update_xaxes(
        title_text=label("opt_share_of_bars", language),
        tickformat=".0%",
        hoverformat=None,
    )
    figure.update_yaxes(
        title_text=label("opt_summed_return", language), tickformat=".0%"
    )
    figure.update_layout(hovermode="closest", legend={"y": -0.24})
    return figure
