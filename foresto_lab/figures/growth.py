"""Growth: what the investment was worth, of one result or several."""

from __future__ import annotations

import plotly.graph_objects as go

from foresto_lab.figures.series import (
    Results,
    any_simulated,
    currency_of,
    curve,
    named_results,
)
from foresto_lab.figures.theme import PALETTE, date_axis, new_figure, translucent
from foresto_lab.labels import label, money_unit


def growth(results: Results, *, language: str = "ko") -> go.Figure:
    """Return the value over time, one curve a result.

    Parameters
    ----------
    results : result, sequence of results, or mapping of name to result
        Values in the result's currency, written in a unit that keeps them short.
    """
    named = named_results(results, language)
    currency = currency_of(next(iter(named.values())))
    largest = max(float(result.path["nav"].max()) for result in named.values())
    scale, unit = money_unit(largest, language, currency)
    figure = new_figure(
        label("growth", language),
        simulated=any_simulated(named.values()),
        language=language,
    )
    for position, (name, result) in enumerate(named.items()):
        nav = result.path["nav"]
        colour = PALETTE[position % len(PALETTE)]
        figure.add_scatter(
            **curve(nav / scale, 4),
            name=name if len(named) > 1 else label("nav", language),
            mode="lines",
            line={"color": colour, "width": 1.8},
            hovertemplate="%{y:,.2f} " + unit,
        )
        if len(named) == 1:
            _add_invested(figure, result.path.index, nav.iloc[0] / scale, colour)
    figure.update_yaxes(title_text=f"{label('nav', language)} ({unit})")
    figure.update_yaxes(tickformat=",~r")
    figure.update_layout(showlegend=len(named) > 1)
    date_axis(figure)
    return figure


def _add_invested(figure: go.Figure, dates: object, amount: float, colour: str) -> None:
    """Draw the initial amount as a line to compare with."""
    figure.add_hline(
        y=round(amount, 4),
        line={"color": translucent(colour, 0.5), "width": 1, "dash": "dot"},
    )
