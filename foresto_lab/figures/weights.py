"""Weights: how the portfolio was divided, with its targets."""

from __future__ import annotations

from itertools import accumulate

import plotly.graph_objects as go

from foresto_lab.figures.series import PathResult, asset_weights, curve, target_weights
from foresto_lab.figures.theme import (
    INK,
    colour_of,
    date_axis,
    new_figure,
    translucent,
)
from foresto_lab.labels import asset_label, label


def weights(result: PathResult, *, language: str = "ko") -> go.Figure:
    """Return the weights over time, stacked to 100 %, the targets as dotted lines."""
    daily = asset_weights(result)
    targets = target_weights(result, daily.columns)
    figure = new_figure(
        label("weights", language), simulated=result.simulated, language=language
    )
    for position, asset in enumerate(daily.columns):
        colour = colour_of(asset, position)
        figure.add_scatter(
            **curve(daily[asset], 4),
            name=asset_label(asset, language),
            stackgroup="weights",
            mode="lines",
            line={"width": 0.5, "color": colour},
            fillcolor=translucent(colour, 0.62),
            hovertemplate=f"%{{y:.1%}} ({targets[asset]:.0%})",
        )
    for edge in list(accumulate(targets.values()))[:-1]:
        figure.add_hline(
            y=round(edge, 6), line={"color": INK, "width": 1, "dash": "dot"}
        )
    figure.update_yaxes(
        title_text=f"{label('weight', language)} (%)", tickformat=".0%", range=[0, 1]
    )
    figure.update_layout(legend_traceorder="normal", showlegend=True)
    date_axis(figure)
    return figure
