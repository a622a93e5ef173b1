"""The trades of a backtest: how they came out, how far they went, why they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.backtest_path import (
    ended_trades,
    is_intraday,
    is_simulated,
)
from foresto_lab.figures.theme import (
    GREEN,
    INK,
    VERMILION,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import count, label, percent
from foresto_lab.types import Float64Array1D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult

_BINS: Final = 41
_MOST_POINTS: Final = 4000


def trade_returns(result: BacktestResult, *, language: str = "ko") -> go.Figure:
    """Return how many trades ended with which return, gains and losses apart.

    The bins have zero as one of their edges; the outermost hundredth on either side is
    counted in the bins at the ends.
    """
    figure = _figure(result, "trade_returns", language)
    returns = ended_trades(result)["return_rate"].to_numpy(dtype=np.float64)
    if not len(returns):
        return say(figure, label("no_trades", language))
    edges = return_edges(returns)
    counts, _ = np.histogram(np.clip(returns, edges[0], edges[-1]), edges)
    centres, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    for key, colour, which in (
        ("losses", VERMILION, centres < 0),
        ("gains", GREEN, centres > 0),
    ):
        figure.add_bar(
            x=centres[which].round(6),
            y=counts[which],
            width=round(width, 8),
            name=label(key, language),
            marker={"color": translucent(colour, 0.8)},
            hovertemplate="%{x:+.2%} · %{y:,}<extra></extra>",
        )
    mean, middle = float(returns.mean()), (edges[0] + edges[-1]) / 2
    figure.add_vline(
        x=round(mean, 6),
        line={"color": INK, "width": 1.4, "dash": "dash"},
        annotation={
            "text": label("mean_of", language, value=percent(mean, signed=True)),
            "xanchor": "left" if mean < middle else "right",
            "xshift": 4 if mean < middle else -4,
            "yanchor": "top",
            "y": 1,
        },
    )
    figure.update_xaxes(
        title_text=f"{label('trade_return', language)} (%)",
        tickformat=".1~%",
        hoverformat=".2%",
        nticks=8,
        ticklabelstandoff=8,
    )
    figure.update_yaxes(title_text=label("trade_count", language), tickformat=",~r")
    figure.update_layout(
        barmode="overlay", bargap=0, hovermode="closest", legend_y=-0.24
    )
    return figure


def return_edges(returns: Float64Array1D, bins: int = _BINS) -> Float64Array1D:
    """Return edges of bins of equal width, one of them at zero."""
    low, high = np.quantile(returns, [0.01, 0.99])
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    width = (high - low) / (bins - 1) or 0.001
    below = int(np.ceil(-low / width - 1e-9))
    above = int(np.ceil(high / width - 1e-9))
    steps = np.arange(-max(below, 1), max(above, 1) + 1)
    return np.asarray(steps * width, dtype=np.float64)


def excursions(result: BacktestResult, *, language: str = "ko") -> go.Figure:
    """Return a point a trade: how far it went against it, and how far with it.

    Gains far to the right were nearly lost; losses high up were once well in the gain.
    Of more than a few thousand trades, points evenly apart in time are shown.
    """
    figure = _figure(result, "excursions", language)
    trades = ended_trades(result)
    if trades.empty:
        return say(figure, label("no_trades", language))
    shown = trades.iloc[evenly(len(trades))]
    if len(shown) < len(trades):
        facts = {"total": count(len(trades)), "shown": count(len(shown))}
        figure.update_layout(
            title_subtitle_text=label("shown_of", language, **facts), margin_t=70
        )
    times = pd.DatetimeIndex(shown["entry_time"])
    written = "%Y-%m-%d %H:%M" if is_intraday(times) else "%Y-%m-%d"
    gained = (shown["pnl"] > 0).to_numpy()
    for key, colour, which in (
        ("gains", GREEN, gained),
        ("losses", VERMILION, ~gained),
    ):
        rows = shown[which]
        figure.add_scatter(
            x=-rows["max_adverse_excursion"].to_numpy(dtype=float).round(6),
            y=rows["max_favorable_excursion"].to_numpy(dtype=float).round(6),
            customdata=np.column_stack(
                [
                    times[which].strftime(written),
                    [percent(value, signed=True) for value in rows["return_rate"]],
                ]
            ),
            name=label(key, language),
            mode="markers",
            marker={"size": 6, "color": translucent(colour, 0.6)},
            hovertemplate=(
                "%{customdata[0]} · %{customdata[1]}<br>MAE %{x:.2%} · MFE %{y:.2%}"
                "<extra></extra>"
            ),
        )
    figure.update_xaxes(
        title_text=f"{label('adverse_excursion', language)} (%)",
        tickformat=".1~%",
        rangemode="tozero",
        nticks=8,
        ticklabelstandoff=8,
    )
    figure.update_yaxes(
        title_text=f"{label('favorable_excursion', language)} (%)",
        tickformat=".1~%",
        rangemode="tozero",
    )
    figure.update_layout(hovermode="closest", legend_y=-0.24)
    return figure


def evenly(length: int, most: int = _MOST_POINTS) -> Int64Array1D:
    """Return at most ``most`` positions, evenly apart, both ends among them."""
    if length <= most:
        return np.arange(length)
    return np.linspace(0, length - 1, most).round().astype(np.int64)


def exit_reasons(result: BacktestResult, *, language: str = "ko") -> go.Figure:
    """Return how many trades ended for which reason, gains and losses apart."""
    figure = _figure(result, "exit_reasons", language)
    trades = ended_trades(result)
    if trades.empty:
        return say(figure, label("no_trades", language))
    gained = trades["pnl"] > 0
    order = trades["exit_reason"].value_counts(ascending=True).index
    names = [label(str(reason), language) for reason in order]
    for key, colour, which in (
        ("gains", GREEN, gained),
        ("losses", VERMILION, ~gained),
    ):
        counts = trades.loc[which, "exit_reason"].value_counts()
        figure.add_bar(
            y=names,
            x=[int(counts.get(reason, 0)) for reason in order],
            name=label(key, language),
            orientation="h",
            marker={"color": translucent(colour, 0.85)},
            hovertemplate="%{y} · %{x:,}",
        )
    figure.update_xaxes(title_text=label("trade_count", language), tickformat=",~r")
    figure.update_layout(
        barmode="stack",
        hovermode="closest",
        height=170 + 36 * len(names),
        bargap=0.35,
        legend={"y": -0.45, "traceorder": "normal"},
    )
    return figure


def _figure(result: BacktestResult, key: str, language: str) -> go.Figure:
    return new_figure(
        label(key, language), simulated=is_simulated(result), language=language
    )
