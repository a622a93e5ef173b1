"""Drawdown: how far the value lay under its highest so far."""

from __future__ import annotations

import plotly.graph_objects as go

from foresto_lab.figures.series import Results, any_simulated, curve, named_results
from foresto_lab.figures.theme import (
    PALETTE,
    VERMILION,
    date_axis,
    new_figure,
    translucent,
)
from foresto_lab.labels import label


def drawdown(results: Results, *, language: str = "ko") -> go.Figure:
    """Return the drawdown over time: an area for one result, lines for several."""
    named = named_results(results, language)
    alone = len(named) == 1
    figure = new_figure(
        label("underwater", language),
        simulated=any_simulated(named.values()),
        language=language,
    )
    for position, (name, result) in enumerate(named.items()):
        colour = VERMILION if alone else PALETTE[position % len(PALETTE)]
        figure.add_scatter(
            **curve(result.path["drawdown"], 5),
            name=label("drawdown", language) if alone else name,
            mode="lines",
            line={"color": colour, "width": 1.2 if alone else 1.5},
            fill="tozeroy" if alone else None,
            fillcolor=translucent(colour, 0.22) if alone else None,
            hovertemplate="%{y:.2%}",
        )
    figure.update_yaxes(
        title_text=f"{label('drawdown', language)} (%)",
        tickformat=".0%",
        rangemode="tozero",
    )
    figure.update_layout(showlegend=not alone)
    date_axis(figure)
    return figure
