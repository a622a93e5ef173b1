"""Made-up futures drawn: the fan, the chances by year, the depths of drawdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from foresto_lab.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILION,
    mark_simulated,
    new_figure,
    translucent,
)
from foresto_lab.labels import label, money, money_unit, percent

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.scenarios.forward import ForwardResult

BANDS: Final = (
    ("p05", "p95", "band_90", 0.14),
    ("p10", "p90", "band_80", 0.18),
    ("p25", "p75", "band_50", 0.26),
)
"""Lower and upper percentile, the words for it, and how dense it is drawn."""
BINS: Final = 40
DIGITS: Final = 4


def forward_fan(result: ForwardResult, *, language: str = "ko") -> go.Figure:
    """Return the fan: median and bands of value over the years, some paths behind.

    Amounts are in a unit that keeps them short, on a logarithmic scale where the fan
    widens beyond twenty times.
    """
    fan = result.fan
    scale, unit = money_unit(float(fan["p95"].max()), language, result.currency)
    years = np.round(fan.index.to_numpy() / 12.0, DIGITS)
    title = label("forward_fan", language)
    if result.inflation:
        title = f"{title} ({label('todays_money', language)})"
    figure = new_figure(title, simulated=result.simulated, language=language)
    _add_paths(figure, result.sample, years, scale, language)
    for low, high, words, density in BANDS:
        _add_band(
            figure, fan, years, (low, high), scale, label(words, language), density
        )
    figure.add_scatter(
        x=years,
        y=_rounded(fan["p50"] / scale),
        name=label("median_path", language),
        mode="lines",
        line={"color": BLUE, "width": 2.2},
        hovertemplate="%{y:,.2f} " + unit,
    )
    if result.goal is not None:
        _add_goal(figure, result.goal, scale, language, result.currency)
    lowest = float(fan["p05"].min())
    if lowest > 0.0 and float(fan["p95"].max()) > 20.0 * lowest:
        figure.update_yaxes(type="log")
    figure.update_yaxes(
        title_text=f"{label('nav', language)} ({unit})", tickformat=",~r"
    )
    _year_axis(figure, language)
    return figure


def forward_drawdowns(result: ForwardResult, *, language: str = "ko") -> go.Figure:
    """Return how deep the deepest drawdown of each path was, as shares of the paths."""
    return _histogram(
        result,
        result.outcomes["max_drawdown"].to_numpy(),
        title=label("forward_drawdowns", language),
        colour=VERMILION,
        axis=label("max_drawdown", language),
        language=language,
    )


def forward_cagr(result: ForwardResult, *, language: str = "ko") -> go.Figure:
    """Return the yearly growth of each path, as shares of the paths."""
    return _histogram(
        result,
        result.outcomes["cagr"].to_numpy(),
        title=label("forward_cagr", language),
        colour=GREEN,
        axis=label("cagr", language),
        language=language,
    )


def forward_chances(result: ForwardResult, *, language: str = "ko") -> go.Figure:
    """Return the chances of a loss, of ruin and of the goal at each year's end."""
    table = result.by_year if len(result.by_year) else result.fan.iloc[-1:]
    years = table.index.to_numpy() if len(result.by_year) else [result.years]
    figure = new_figure(
        label("forward_chances", language),
        simulated=result.simulated,
        language=language,
    )
    colours = {
        "probability_of_loss": ORANGE,
        "probability_of_ruin": VERMILION,
        "probability_of_goal": BLUE,
    }
    for name, colour in colours.items():
        if name not in table:
            continue
        if name == "probability_of_ruin" and not table[name].any():
            continue
        figure.add_scatter(
            x=years,
            y=_rounded(table[name]),
            name=label(name, language),
            mode="lines+markers",
            line={"color": colour, "width": 1.8},
            marker={"size": 5},
            hovertemplate="%{y:.1%}",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(showlegend=True)
    _year_axis(figure, language)
    return figure


def _add_paths(
    figure: go.Figure,
    sample: pd.DataFrame,
    years: np.ndarray,
    scale: float,
    language: str,
) -> None:
    """Draw single paths behind the fan, as one trace with breaks."""
    n_paths = sample.shape[1]
    x = np.tile(np.append(years, np.nan), n_paths)
    y = np.vstack([sample.to_numpy() / scale, np.full((1, n_paths), np.nan)]).T.ravel()
    figure.add_scatter(
        x=x,
        y=np.round(y, DIGITS),
        name=label("single_paths", language),
        mode="lines",
        line={"color": translucent(GREY, 0.45), "width": 0.7},
        hoverinfo="skip",
        visible="legendonly",
    )


def _add_band(
    figure: go.Figure,
    fan: pd.DataFrame,
    years: np.ndarray,
    columns: tuple[str, str],
    scale: float,
    name: str,
    density: float,
) -> None:
    """Fill between two percentiles; the legend names the band once."""
    low, high = columns
    edge = {"width": 0.6, "color": translucent(BLUE, 0.35)}
    figure.add_scatter(
        x=years,
        y=_rounded(fan[high] / scale),
        mode="lines",
        line=edge,
        name=f"{name} ↑",
        legendgroup=name,
        showlegend=False,
        hovertemplate="%{y:,.2f}",
    )
    figure.add_scatter(
        x=years,
        y=_rounded(fan[low] / scale),
        mode="lines",
        line=edge,
        fill="tonexty",
        fillcolor=translucent(BLUE, density),
        name=name,
        legendgroup=name,
        hovertemplate="%{y:,.2f}",
    )


def _add_goal(
    figure: go.Figure, goal: float, scale: float, language: str, currency: str
) -> None:
    figure.add_hline(
        y=round(goal / scale, DIGITS),
        line={"color": GREEN, "width": 1.2, "dash": "dash"},
        annotation={
            "text": f"{label('goal', language)} {money(goal, language, currency)}",
            "font": {"size": 11, "color": GREEN},
            "xanchor": "left",
            "x": 0,
        },
    )


def _histogram(
    result: ForwardResult,
    values: np.ndarray,
    *,
    title: str,
    colour: str,
    axis: str,
    language: str,
) -> go.Figure:
    """Return shares of paths by value; the 5th percentile and the median marked."""
    figure = new_figure(title, simulated=False, language=language)
    if result.simulated:
        mark_simulated(figure, language, lift=20)
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        low, high = low - 0.005, high + 0.005
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    figure.add_bar(
        x=_rounded((edges[:-1] + edges[1:]) / 2),
        y=_rounded(counts / len(values)),
        width=[round(float(edges[1] - edges[0]), 6)] * len(counts),
        marker={"color": translucent(colour, 0.7), "line": {"width": 0}},
        hovertemplate="%{x:.1%}: %{y:.1%}<extra></extra>",
        showlegend=False,
    )
    marks = (("worst_5", 5, "right"), ("median_path", 50, "center"))
    for words, percentile, side in marks:
        value = float(np.percentile(values, percentile))
        figure.add_vline(
            x=round(value, DIGITS),
            line={"color": GREY, "width": 1.2, "dash": "dot"},
            annotation={
                "text": f"{label(words, language)} {percent(value, 1)}",
                "font": {"size": 11},
                "xanchor": side,
                "y": 1.0,
                "yanchor": "bottom",
            },
        )
    figure.update_xaxes(tickformat=".0%", title_text=axis)
    figure.update_yaxes(tickformat=".0%", title_text=label("share_of_paths", language))
    figure.update_layout(hovermode="closest", bargap=0.05, margin={"t": 64})
    return figure


def _year_axis(figure: go.Figure, language: str) -> None:
    figure.update_xaxes(
        title_text=label("years_from_now", language),
        tickformat="~r",
        hoverformat=".1f",
        rangemode="tozero",
    )


def _rounded(values: object) -> np.ndarray:
    return np.round(np.asarray(values, dtype=float), DIGITS)
