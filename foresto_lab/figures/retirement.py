"""Retirement drawn: rates by start, what is left, shares that last, ruin by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from foresto_lab.figures.series import curve
from foresto_lab.figures.theme import (
    BLUE,
    DIVERGING,
    ORANGE,
    PALETTE,
    VERMILION,
    date_axis,
    new_figure,
    translucent,
)
from foresto_lab.labels import label, percent

if TYPE_CHECKING:
    from foresto_lab.scenarios.retirement import RetirementOutlook, RetirementStudy

DIGITS: Final = 5
BANDS: Final = (
    ("p05", "p95", "nine_of_ten_starts", 0.14),
    ("p25", "p75", "half_of_starts", 0.26),
)


def sustainable_rates_by_start(
    study: RetirementStudy, *, language: str = "ko"
) -> go.Figure:
    """Return the rate that would have lasted from each start, and the rate asked."""
    title = label("sustainable_rates", language, years=study.plan.years)
    figure = new_figure(title, simulated=study.simulated, language=language)
    figure.add_scatter(
        **curve(study.starts["sustainable_rate"], DIGITS),
        name=label("sustainable_rate", language),
        mode="lines",
        line={"color": BLUE, "width": 1.8},
        hovertemplate="%{y:.2%}",
    )
    figure.add_hline(
        y=study.plan.rate,
        line={"color": ORANGE, "width": 1.4, "dash": "dash"},
        annotation_text=percent(study.plan.rate),
        annotation_position="top left",
        annotation_font_color=ORANGE,
    )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(title_text=label("retirement_start", language))
    figure.update_layout(showlegend=False)
    date_axis(figure)
    return figure


def retirement_fan(study: RetirementStudy, *, language: str = "ko") -> go.Figure:
    """Return what is left after each year, over all starts, in money of the start."""
    fan = study.fan
    years = fan.index.to_numpy()
    figure = new_figure(
        label("retirement_fan", language),
        simulated=study.simulated,
        language=language,
    )
    for low, high, words, density in BANDS:
        shared: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "x": years}
        figure.add_scatter(
            **shared, y=_rounded(fan[low]), showlegend=False, hoverinfo="skip"
        )
        figure.add_scatter(
            **shared,
            y=_rounded(fan[high]),
            name=label(words, language),
            fill="tonexty",
            fillcolor=translucent(BLUE, density),
            hovertemplate="%{y:.0%}",
        )
    figure.add_scatter(
        x=years,
        y=_rounded(fan["p50"]),
        name=label("median_start", language),
        mode="lines",
        line={"color": BLUE, "width": 2.2},
        hovertemplate="%{y:.0%}",
    )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(title_text=label("year_of_retirement", language))
    return figure


def lasting_shares(study: RetirementStudy, *, language: str = "ko") -> go.Figure:
    """Return the share of starts that last, by rate and years, as a heat map."""
    table = study.table
    shares = table.to_numpy(dtype=float)
    figure = new_figure(
        label("share_of_starts_that_last", language),
        simulated=study.simulated,
        language=language,
    )
    figure.add_heatmap(
        x=[label("years_long", language, years=years) for years in table],
        y=[percent(float(rate), 1) for rate in table.index],
        z=shares.round(DIGITS),
        zmin=0.0,
        zmax=1.0,
        colorscale=DIVERGING,
        showscale=False,
        text=[[percent(share, 0) for share in row] for row in shares],
        texttemplate="%{text}",
        hovertemplate="%{y} · %{x}: %{text}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category", title_text=label("withdrawal_rate", language))
    return figure


def ruin_by_year(outlook: RetirementOutlook, *, language: str = "ko") -> go.Figure:
    """Return the chance that the money is gone by each year, a curve a rate."""
    figure = new_figure(
        label("ruin_by_year", language),
        simulated=outlook.simulated,
        language=language,
    )
    rates = [float(str(rate)) for rate in outlook.ruin]
    for place, rate in enumerate(rates):
        asked = rate == outlook.plan.rate
        figure.add_scatter(
            x=outlook.ruin.index.to_numpy(),
            y=_rounded(outlook.ruin[rate]),
            name=percent(rate, 1),
            mode="lines",
            line={
                "color": VERMILION if asked else PALETTE[place % len(PALETTE)],
                "width": 2.6 if asked else 1.4,
            },
            hovertemplate="%{y:.1%}",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(title_text=label("year_of_retirement", language))
    return figure


def _rounded(values: Any) -> Any:
    return np.asarray(values, dtype=float).round(DIGITS)
