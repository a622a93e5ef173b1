"""Risk: volatility in the course of time, and the distribution of daily returns."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from foresto_lab.figures.series import (
    PathResult,
    Results,
    any_simulated,
    curve,
    named_results,
)
from foresto_lab.figures.theme import (
    BLUE,
    INK,
    PALETTE,
    VERMILION,
    date_axis,
    new_figure,
    translucent,
)
from foresto_lab.labels import label

_PERIODS_PER_YEAR = 252
_BINS = 60


def rolling_volatility(
    results: Results, *, window: int = 63, language: str = "ko"
) -> go.Figure:
    """Return the annualised volatility of the last ``window`` daily returns.

    The standard deviation has ddof 1 and 252 sessions a year; the first value comes
    after ``window`` returns.
    """
    named = named_results(results, language)
    span = label("sessions_window", language, days=window)
    figure = new_figure(
        f"{label('rolling_volatility', language)} · {span}",
        simulated=any_simulated(named.values()),
        language=language,
    )
    for position, (name, result) in enumerate(named.items()):
        daily = result.path["daily_return"].iloc[1:]
        rolling = daily.rolling(window).std() * np.sqrt(_PERIODS_PER_YEAR)
        figure.add_scatter(
            **curve(rolling.dropna(), 5),
            name=name if len(named) > 1 else label("volatility", language),
            mode="lines",
            line={"color": PALETTE[position % len(PALETTE)], "width": 1.6},
            hovertemplate="%{y:.2%}",
        )
    figure.update_yaxes(
        title_text=f"{label('volatility', language)} (%)",
        tickformat=".1~%",
        rangemode="tozero",
    )
    figure.update_layout(showlegend=len(named) > 1)
    date_axis(figure)
    return figure


def return_distribution(result: PathResult, *, language: str = "ko") -> go.Figure:
    """Return the share of days by daily return, with the normal of the same moments.

    The bins cover all days but the outermost thousandth on either side, which are
    counted in the bins at the ends.
    """
    daily = result.path["daily_return"].iloc[1:].to_numpy(dtype=float)
    low, high = np.quantile(daily, [0.001, 0.999])
    edges = np.linspace(low, high, _BINS + 1)
    counts, _ = np.histogram(np.clip(daily, low, high), edges)
    centres, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    mean, deviation = daily.mean(), daily.std(ddof=1)
    normal = np.exp(-0.5 * ((centres - mean) / deviation) ** 2)
    normal *= width / (deviation * np.sqrt(2 * np.pi))
    figure = new_figure(
        label("return_distribution", language),
        simulated=result.simulated,
        language=language,
    )
    figure.add_bar(
        x=centres.round(6),
        y=(counts / len(daily)).round(6),
        width=round(width, 8),
        name=label("daily_return", language),
        marker={"color": translucent(BLUE, 0.75)},
        hovertemplate="%{x:+.2%} · %{y:.2%}<extra></extra>",
    )
    figure.add_scatter(
        x=centres.round(6),
        y=normal.round(6),
        name=label("normal_fit", language),
        mode="lines",
        line={"color": INK, "width": 1.4, "dash": "dot"},
        hoverinfo="skip",
    )
    _mark_value_at_risk(figure, float(result.summary["var_95"]))
    figure.update_xaxes(
        title_text=f"{label('daily_return', language)} (%)",
        tickformat=".1~%",
        nticks=8,
    )
    figure.update_yaxes(
        title_text=f"{label('share_of_days', language)} (%)", tickformat=".1~%"
    )
    figure.update_layout(hovermode="closest", showlegend=True, legend_y=-0.24)
    return figure


def _mark_value_at_risk(figure: go.Figure, value_at_risk: float) -> None:
    figure.add_vline(
        x=round(value_at_risk, 6),
        line={"color": VERMILION, "width": 1.4, "dash": "dash"},
        annotation={
            "text": f"VaR 95% {value_at_risk:.2%}",
            "font": {"color": VERMILION},
            "xanchor": "right",
            "yanchor": "top",
            "y": 1,
        },
    )
