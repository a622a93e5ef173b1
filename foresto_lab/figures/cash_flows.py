"""Cash flows drawn: what was paid in beneath what it is worth."""

from __future__ import annotations

import plotly.graph_objects as go

from foresto_lab.figures.series import PathResult, any_simulated, currency_of, curve
from foresto_lab.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    VERMILION,
    date_axis,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import label, money_unit

DIGITS = 4


def cash_flows(result: PathResult, *, language: str = "ko") -> go.Figure:
    """Return NAV over the initial amount and the contributions stacked on it.

    Withdrawals so far are a line of their own. A result without a ``cash_flow`` column
    says that there were none.
    """
    figure = new_figure(
        label("cash_flows", language),
        simulated=any_simulated([result]),
        language=language,
    )
    if "cash_flow" not in result.path:
        return say(figure, label("no_cash_flows", language))
    nav, flow = result.path["nav"], result.path["cash_flow"]
    paid_in = flow.clip(lower=0.0).cumsum()
    drawn = -flow.clip(upper=0.0).cumsum()
    initial = nav * 0.0 + nav.iloc[0]
    largest = max(
        float(nav.max()), float(drawn.max()), float((initial + paid_in).max())
    )
    scale, unit = money_unit(largest, language, currency_of(result))
    hover = "%{y:,.2f} " + unit
    for series, words, colour in (
        (initial, "initial_amount", GREY),
        (paid_in, "contributed", GREEN),
    ):
        if not series.any():
            continue
        figure.add_scatter(
            **curve(series / scale, DIGITS),
            name=label(words, language),
            mode="lines",
            line={"width": 0, "color": colour, "shape": "hv"},
            stackgroup="paid_in",
            fillcolor=translucent(colour, 0.28),
            hovertemplate=hover,
        )
    figure.add_scatter(
        **curve(nav / scale, DIGITS),
        name=label("nav", language),
        mode="lines",
        line={"color": BLUE, "width": 1.8},
        hovertemplate=hover,
    )
    if drawn.any():
        figure.add_scatter(
            **curve(drawn / scale, DIGITS),
            name=label("withdrawn", language),
            mode="lines",
            line={"color": VERMILION, "width": 1.4, "dash": "dot", "shape": "hv"},
            hovertemplate=hover,
        )
    figure.update_yaxes(title_text=unit, tickformat=",~r")
    date_axis(figure)
    return figure
