"""Drift: how far the weights were from their targets."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from foresto_lab.figures.series import (
    PathResult,
    Results,
    any_simulated,
    curve,
    drift_by_asset,
    largest_drift,
    named_results,
)
from foresto_lab.figures.theme import (
    INK,
    PALETTE,
    colour_of,
    date_axis,
    new_figure,
)
from foresto_lab.labels import asset_label, label


def drift(results: Results, *, language: str = "ko") -> go.Figure:
    """Return the drift at each close, as the rule saw it, before any trade.

    Of one result: each asset's, above or below its target, and the rule's band. Of
    several: the largest of any asset, one curve a result.
    """
    named = named_results(results, language)
    figure = new_figure(
        label("drift_from_target", language),
        simulated=any_simulated(named.values()),
        language=language,
    )
    if len(named) == 1:
        _add_assets(figure, next(iter(named.values())), language)
    else:
        _add_largest(figure, named)
    figure.update_yaxes(
        title_text=f"{label('drift', language)} (%p)", tickformat=",.3~r"
    )
    figure.update_layout(showlegend=True)
    date_axis(figure)
    return figure


def _add_assets(figure: go.Figure, result: PathResult, language: str) -> None:
    daily = drift_by_asset(result) * 100
    for position, asset in enumerate(daily.columns):
        figure.add_scatter(
            **curve(daily[asset], 2),
            name=asset_label(asset, language),
            mode="lines",
            line={"color": colour_of(asset, position), "width": 1.2},
            hovertemplate="%{y:+.2f}%p",
        )
    band = _band(result.rule)
    for edge in (band, -band) if band else ():
        figure.add_hline(y=edge * 100, line={"color": INK, "width": 1, "dash": "dash"})


def _add_largest(figure: go.Figure, named: dict[str, PathResult]) -> None:
    for position, (name, result) in enumerate(named.items()):
        figure.add_scatter(
            **curve(largest_drift(result) * 100, 2),
            name=name,
            mode="lines",
            line={"color": PALETTE[position % len(PALETTE)], "width": 1.3},
            hovertemplate="%{y:.2f}%p",
        )


def _band(rule: Any) -> float | None:
    """Return the absolute drift threshold of a rule, if it has one."""
    part = getattr(rule, "drift", rule)
    threshold = getattr(part, "threshold", None)
    return None if getattr(part, "relative", False) else threshold
