"""Whether to believe what a search found: in sample against out, and against luck."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from foresto_lab.figures.optimization_trials import searched
from foresto_lab.figures.optimization_words import shown_words, write_subtitle
from foresto_lab.figures.theme import (
    BLUE,
    GREY,
    ORANGE,
    VERMILION,
    mark_simulated,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import count, label, percent, ratio
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult

_MOST_POINTS: Final = 1500
_BINS: Final = 44


def in_out_of_sample(result: OptimizationResult, *, language: str = "ko") -> go.Figure:
    """Return Sharpe ratios in sample against those out of sample, a point each.

    Each point is one half of the blocks of bars: the Sharpe ratio, a year, of the
    combination that was best in that half, and what the same combination had in the
    other half. Points on the line kept all; a line that falls says that the better it
    looked, the worse it did.
    """
    figure = new_figure(
        label("opt_in_out", language, metric=label("sharpe", language)),
        simulated=searched(result).simulated,
        language=language,
    )
    found = overfitting_of(result)
    if found is None or not len(found.in_sample):
        return say(figure, label("opt_no_out_of_sample", language))
    yearly = math.sqrt(periods_of(result))
    inside, outside = found.in_sample * yearly, found.out_of_sample * yearly
    known = np.flatnonzero(np.isfinite(inside) & np.isfinite(outside))
    if not len(known):
        return say(figure, label("opt_no_out_of_sample", language))
    shown = known[:: max(1, -(-len(known) // _MOST_POINTS))]
    below = outside[shown] < 0.0
    for key, among, colour in (
        ("opt_lost", below, VERMILION),
        ("opt_gained", ~below, BLUE),
    ):
        figure.add_scatter(
            x=inside[shown][among].round(4),
            y=outside[shown][among].round(4),
            mode="markers",
            name=label(key, language),
            marker={"size": 4.5, "color": translucent(colour, 0.42)},
            hovertemplate=f"{label('opt_in_sample', language)} %{{x:.2f}}<br>"
            f"{label('opt_out_of_sample', language)} %{{y:.2f}}<extra></extra>",
        )
    _add_lines(figure, inside[known], outside[known], language)
    notes = [label("opt_each_half", language)]
    if len(shown) < len(known):
        notes.append(shown_words(len(shown), len(known), language))
    write_subtitle(figure, " · ".join(notes))
    words = label("opt_yearly_sharpe", language)
    figure.update_xaxes(
        title_text=f"{label('opt_in_sample', language)}, {words}",
        tickformat=",~r",
        hoverformat=None,
        showgrid=True,
        nticks=7,
    )
    figure.update_yaxes(
        title_text=f"{label('opt_out_of_sample', language)}, {words}",
        tickformat=",~r",
    )
    figure.update_layout(height=420, hovermode="closest", legend={"y": -0.2})
    return figure


def _add_lines(
    figure: go.Figure, inside: Float64Array1D, outside: Float64Array1D, language: str
) -> None:
    """Draw where points would lie that kept all, and where these do on average."""
    ends = np.array([float(inside.min()), float(inside.max())])
    figure.add_scatter(
        x=ends.round(4),
        y=ends.round(4),
        mode="lines",
        name=label("opt_equal_line", language),
        line={"color": GREY, "width": 1.2, "dash": "dot"},
        hoverinfo="skip",
    )
    if len(inside) > 2 and ends[1] - ends[0] > 1e-9:
        slope, start = np.polyfit(inside, outside, 1)
        figure.add_scatter(
            x=ends.round(4),
            y=(start + slope * ends).round(4),
            mode="lines",
            name=label("opt_slope_is", language, value=ratio(float(slope))),
            line={"color": ORANGE, "width": 2},
            hoverinfo="skip",
        )


def overfitting_logits(
    result: OptimizationResult, *, language: str = "ko"
) -> go.Figure:
    """Return how the best of one half of the bars ranked in the other, over all halves.

    Below 0 it did worse than the median combination; the share of such halves is the
    probability of backtest overfitting.
    """
    figure = new_figure(
        label("opt_logits", language), simulated=False, language=language
    )
    if searched(result).simulated:
        mark_simulated(figure, language, lift=20)
    found = overfitting_of(result)
    if found is None or not len(found.logits):
        return say(figure, label("opt_no_logits", language))
    logits = found.logits[np.isfinite(found.logits)]
    bound = max(float(np.abs(logits).max()) * 1.001, 0.5)
    counts, edges = np.histogram(logits, bins=_BINS, range=(-bound, bound))
    middles = (edges[:-1] + edges[1:]) / 2
    for key, among, colour in (
        ("opt_below_median", middles < 0, VERMILION),
        ("opt_above_median", middles > 0, BLUE),
    ):
        figure.add_bar(
            x=middles[among].round(4),
            y=(counts[among] / len(logits)).round(5),
            width=[round(float(edges[1] - edges[0]), 5)] * int(among.sum()),
            name=label(key, language),
            marker={"color": translucent(colour, 0.75), "line": {"width": 0}},
            hovertemplate="%{x:.2f}: %{y:.1%}<extra></extra>",
        )
    told = label("opt_pbo_is", language, value=percent(found.probability, 1))
    _mark(figure, 0.0, told, GREY, "center")
    figure.update_xaxes(
        title_text=label("opt_logit", language), tickformat="~r", ticklabelstandoff=6
    )
    figure.update_yaxes(
        title_text=label("opt_share_of_splits", language), tickformat=".0~%"
    )
    figure.update_layout(
        hovermode="closest", bargap=0.04, margin={"t": 78}, legend={"y": -0.24}
    )
    return figure


def sharpe_distribution(
    result: OptimizationResult, *, language: str = "ko"
) -> go.Figure:
    """Return the Sharpe ratios of all combinations, a year, and the best to expect.

    The mark is what the best of as many combinations would show if none had any edge:
    with all evaluations ever made of the strategy on these data, not of this search
    alone. What was chosen should stand clearly to its right.
    """
    trials = searched(result)
    figure = new_figure(
        label("opt_sharpes", language), simulated=False, language=language
    )
    if trials.simulated:
        mark_simulated(figure, language, lift=44)
    values = sharpes_of(result)
    values = values[np.isfinite(values)]
    if not len(values):
        return say(figure, label("opt_nothing_to_draw", language))
    noise = noise_maximum_of(result)
    chosen = trials.values("sharpe")[trials.chosen] if trials.chosen is not None else 0
    marks = [value for value in (noise, float(chosen)) if math.isfinite(value)]
    low = min(float(np.percentile(values, 0.1)), *marks, 0.0)
    high = max(float(values.max()), *marks)
    low, high = low - 0.02 * (high - low), high + 0.02 * (high - low) + 1e-9
    counts, edges = np.histogram(np.clip(values, low, high), _BINS, (low, high))
    figure.add_bar(
        x=((edges[:-1] + edges[1:]) / 2).round(5),
        y=(counts / len(values)).round(6),
        width=[round(float(edges[1] - edges[0]), 6)] * len(counts),
        marker={"color": translucent(BLUE, 0.7), "line": {"width": 0}},
        hovertemplate="%{x:.2f}: %{y:.2%}<extra></extra>",
        showlegend=False,
    )
    if math.isfinite(noise):
        words = label("opt_noise_maximum", language, value=ratio(noise))
        _mark(figure, noise, words, VERMILION, _side(noise, low, high))
    if math.isfinite(float(chosen)):
        words = label("opt_chosen_is", language, value=ratio(float(chosen)))
        side = _side(float(chosen), low, high)
        _mark(figure, float(chosen), words, ORANGE, side, lift=18)
    figure.update_xaxes(
        title_text=label("opt_yearly_sharpe", language),
        tickformat="~r",
        ticklabelstandoff=6,
    )
    figure.update_yaxes(
        title_text=label("opt_share_of_trials", language), tickformat=".0~%"
    )
    figure.update_layout(hovermode="closest", bargap=0.03, margin={"t": 92})
    return figure


def _side(value: float, low: float, high: float) -> str:
    """Return on which side of a mark its words have room."""
    share = (value - low) / (high - low)
    return "left" if share < 0.35 else "right" if share > 0.65 else "center"


def _mark(
    figure: go.Figure, x: float, words: str, colour: str, side: str, lift: int = 0
) -> None:
    """Draw a vertical line with words over the plot, clear of other marks."""
    figure.add_vline(
        x=round(x, 5),
        line={"color": colour, "width": 1.8, "dash": "dash"},
        annotation={
            "text": words,
            "font": {"size": 12, "color": colour},
            "xanchor": side,
            "y": 1.0,
            "yanchor": "bottom",
            "yshift": lift,
        },
    )


# --- what is read off the result ------------------------------------------------------


def overfitting_of(result: Any) -> Any | None:
    """Return the cross-validation of the choice, None where there was none."""
    assessment = getattr(result, "assessment", None)
    details = getattr(assessment, "details", None) or {}
    return getattr(assessment, "overfitting", None) or details.get("overfitting")


def periods_of(result: Any) -> float:
    """Return the bars in a year."""
    given = getattr(result, "periods_per_year", None)
    return float(given) if given else 252.0


def noise_maximum_of(result: Any) -> float:
    """Return the best Sharpe ratio to expect of luck alone, a year; NaN if unknown."""
    statistics = getattr(result, "statistics", None)
    value = None if statistics is None else statistics.get("expected_maximum_sharpe")
    return math.nan if value is None else float(value)


def sharpes_of(result: Any) -> Float64Array1D:
    """Return the Sharpe ratio of every trial, a year."""
    every = getattr(result, "sharpes", None)
    if every is not None:
        return np.asarray(every, dtype=np.float64)
    return searched(result).values("sharpe")


def counted(result: Any) -> str:
    """Return how many combinations were evaluated, written."""
    return count(searched(result).total)
