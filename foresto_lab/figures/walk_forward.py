"""Walk-forwards and cross-validations drawn: what the choices earned out of sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.backtest_path import SIMULATED_PREFIX, TIME_FORMATS
from foresto_lab.figures.bar_buckets import extremes
from foresto_lab.figures.optimization_trials import levels_of
from foresto_lab.figures.optimization_words import (
    axis_format,
    metric_format,
    metric_words,
    rounded,
    short_name,
    shown_words,
    write_subtitle,
)
from foresto_lab.figures.theme import (
    BLUE,
    GREY,
    ORANGE,
    PALETTE,
    VERMILION,
    mark_simulated,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import label, money_unit, percent

if TYPE_CHECKING:
    from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult

_MOST_PARAMETERS: Final = 4
_MOST_SHADED: Final = 120
_MOST_WINDOWS: Final = 60
_BINS: Final = 24


def plot_walk_forward(
    result: WalkForwardResult, *, language: str = "ko", currency: str = "KRW"
) -> go.Figure:
    """Return the stitched out-of-sample equity over the parameters of each window.

    Every second test span is shaded, in red those that held cash.
    """
    from plotly.subplots import make_subplots

    names = _varied_parameters(result)
    figure = new_figure(
        label("wf_equity", language),
        simulated=is_simulated_walk(result),
        language=language,
    )
    make_subplots(
        rows=1 + len(names),
        cols=1,
        shared_xaxes=True,
        row_heights=[4.0] + [1.0] * len(names),
        vertical_spacing=0.05 if names else 0.0,
        figure=figure,
    )
    _add_equity(figure, result, language, currency)
    _shade_windows(figure, result, rows=1 + len(names))
    for place, name in enumerate(names):
        _add_parameter(figure, result, name, place, language)
    figure.update_xaxes(
        type="date", tickformatstops=TIME_FORMATS, hoverformat="%Y-%m-%d"
    )
    total = result.parameters.shape[1]
    if len(names) < total:
        words = label("wf_shown_parameters", language, shown=len(names), total=total)
        write_subtitle(figure, words if names else label("wf_no_change", language))
    figure.update_layout(height=330 + 84 * len(names), showlegend=False, hovermode="x")
    return figure


def _add_equity(
    figure: go.Figure, result: WalkForwardResult, language: str, currency: str
) -> None:
    equity = result.equity["equity"].to_numpy(dtype=float)
    places = extremes(equity)
    scale, unit = money_unit(float(np.nanmax(equity)), language, currency)
    windows = result.equity["window"].to_numpy()[places]
    figure.add_scatter(
        x=_times(result.equity.index[places]),
        y=rounded(equity[places] / scale, 4),
        customdata=windows,
        mode="lines",
        name=label("wf_equity", language),
        line={"color": BLUE, "width": 1.8},
        hovertemplate=f"%{{y:,.2f}} {unit}<br>"
        + label("wf_window_number", language, number="%{customdata}")
        + "<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_hline(
        y=round(result.initial_capital / scale, 4),
        line={"color": GREY, "width": 1, "dash": "dot"},
        row=1,
        col=1,
    )
    figure.update_yaxes(title_text=unit, tickformat=",~r", row=1, col=1)


def _shade_windows(figure: go.Figure, result: WalkForwardResult, rows: int) -> None:
    """Shade every second test span; those held in cash in another colour."""
    if len(result.windows) > _MOST_SHADED:
        return
    for place, row in enumerate(result.windows.itertuples()):
        traded = row.status == "traded"
        if traded and place % 2:
            continue
        figure.add_vrect(
            x0=_time(row.test_start),
            x1=_time(row.test_end),
            fillcolor=translucent(GREY if traded else VERMILION, 0.11),
            line_width=0,
            layer="below",
            row="all" if rows > 1 else 1,
            col=1,
        )


def _varied_parameters(result: WalkForwardResult) -> list[str]:
    """Return the parameters that changed, those that moved most first."""
    table = result.parameters.dropna(how="all")
    changing = [
        str(name) for name in table.columns if len(set(table[name].map(str))) > 1
    ]
    moved = result.stability["mean_step"].to_dict() if len(result.stability) else {}
    changing.sort(key=lambda name: -float(moved.get(name) or 0.0))
    shown = set(changing[:_MOST_PARAMETERS])
    return [str(name) for name in table.columns if name in shown]


def _add_parameter(
    figure: go.Figure,
    result: WalkForwardResult,
    name: str,
    place: int,
    language: str,
) -> None:
    """Draw a parameter's value over each test span, with gaps where cash was held."""
    chosen = result.parameters[name]
    known = chosen.notna()
    levels = levels_of(chosen[known].infer_objects(), most=10**9)
    heights = levels.centres[levels.places]
    spans = result.windows.loc[known.to_numpy(), ["test_start", "test_end"]]
    x: list[Any] = []
    y: list[Any] = []
    texts: list[str | None] = []
    for level, height, span in zip(
        levels.places, heights, spans.itertuples(), strict=True
    ):
        x += [_time(span.test_start), _time(span.test_end), None]
        y += [float(height), float(height), None]
        texts += [levels.texts[level]] * 2 + [None]
    row = place + 2
    figure.add_scatter(
        x=x,
        y=y,
        text=texts,
        mode="lines",
        name=name,
        line={"color": PALETTE[(place + 1) % len(PALETTE)], "width": 2.4},
        hovertemplate=f"{name} %{{text}}<extra></extra>",
        row=row,
        col=1,
    )
    axis: dict[str, Any] = {"nticks": 3, "tickformat": ",~r"}
    if not levels.numeric:
        axis = {
            "tickvals": list(levels.centres),
            "ticktext": [text[:12] for text in levels.texts],
        }
    figure.update_yaxes(**axis, zeroline=False, row=row, col=1)
    low, high = float(np.min(heights)), float(np.max(heights))
    room = 0.3 * (high - low)
    figure.update_yaxes(range=[low - room, high + 2.0 * room], row=row, col=1)
    figure.add_annotation(
        text=short_name(name),
        x=0.004,
        xref="x domain",
        y=1.0,
        yref=f"y{row} domain",
        xanchor="left",
        yanchor="top",
        showarrow=False,
        font={"size": 11},
    )


def window_scores(result: WalkForwardResult, *, language: str = "ko") -> go.Figure:
    """Return the objective of each window in sample and out of sample, as bars."""
    name = result.objective
    figure = new_figure(
        label("wf_scores", language, metric=metric_words(name, language)),
        simulated=is_simulated_walk(result),
        language=language,
    )
    windows = result.windows
    step = max(1, -(-len(windows) // _MOST_WINDOWS))
    shown = windows.iloc[::step]
    form = metric_format(name)
    for column, key, colour in (
        ("train_objective", "opt_in_sample", GREY),
        ("test_objective", "opt_out_of_sample", BLUE),
    ):
        figure.add_bar(
            x=[str(number) for number in shown.index],
            y=rounded(shown[column]),
            name=label(key, language),
            marker={"color": translucent(colour, 0.8), "line": {"width": 0}},
            hovertemplate=f"%{{y:{form}}}",
        )
    if step > 1:
        write_subtitle(figure, shown_words(len(shown), len(windows), language))
    figure.update_xaxes(
        type="category",
        title_text=label("wf_window", language),
        tickangle=0,
        nticks=12,
    )
    figure.update_yaxes(
        title_text=metric_words(name, language), tickformat=axis_format(name)
    )
    figure.update_layout(bargap=0.3, legend={"y": -0.26})
    return figure


def plot_cross_validation(
    result: Any, metric: str | None = None, *, language: str = "ko"
) -> go.Figure:
    """Return how a metric is spread over the paths of a cross-validation.

    Parameters
    ----------
    metric : str, optional
        A figure of the paths; by default the Sharpe ratio.
    """
    name = metric or "sharpe"
    figure = new_figure(
        label("cv_paths", language, metric=metric_words(name, language)),
        simulated=False,
        language=language,
    )
    if is_simulated_walk(result):
        mark_simulated(figure, language, lift=20)
    paths: pd.DataFrame = result.paths
    values = paths[name].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return say(figure, label("opt_nothing_to_draw", language))
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    room = 0.05 * (high - low) + 1e-9
    counts, edges = np.histogram(values, _BINS, (low - room, high + room))
    figure.add_bar(
        x=rounded((edges[:-1] + edges[1:]) / 2),
        y=counts,
        width=[round(float(edges[1] - edges[0]), 6)] * len(counts),
        marker={
            "color": [
                translucent(BLUE if middle > 0 else VERMILION, 0.75)
                for middle in (edges[:-1] + edges[1:]) / 2
            ],
            "line": {"width": 0},
        },
        hovertemplate=f"%{{x:{metric_format(name)}}}: %{{y}}<extra></extra>",
        showlegend=False,
    )
    middle = float(np.median(values))
    losing = percent(float((values <= 0).mean()), 0)
    figure.add_vline(
        x=round(middle, 6),
        line={"color": ORANGE, "width": 1.8, "dash": "dash"},
        annotation={
            "text": label("cv_losing", language, share=losing, paths=len(values)),
            "font": {"size": 12, "color": ORANGE},
            "xanchor": "right" if middle > (low + high) / 2 else "left",
            "y": 1.0,
            "yanchor": "bottom",
        },
    )
    figure.update_xaxes(
        title_text=metric_words(name, language),
        tickformat=axis_format(name),
        ticklabelstandoff=6,
    )
    figure.update_yaxes(title_text=label("cv_share_of_paths", language), nticks=5)
    figure.update_layout(hovermode="closest", bargap=0.05, margin={"t": 78})
    return figure


def is_simulated_walk(result: Any) -> bool:
    """Return whether a walk-forward was made on simulated prices."""
    data = result.request["subject"].get("data") or {}
    symbols = data.get("symbols") or ()
    return any(str(symbol).startswith(SIMULATED_PREFIX) for symbol in symbols)


def _times(index: Any) -> list[str]:
    return [_time(stamp) for stamp in pd.DatetimeIndex(index)]


def _time(stamp: Any) -> str:
    """Return an instant as Plotly reads it; a date alone where it is midnight."""
    moment = pd.Timestamp(stamp)
    bare = moment.tz_convert("UTC").tz_localize(None) if moment.tz else moment
    midnight = bare == bare.normalize()
    return f"{bare:%Y-%m-%d}" if midnight else f"{bare:%Y-%m-%d %H:%M:%S}"
