"""Price with entries, exits and indicators, at any zoom of any number of bars.

The figure itself holds a few hundred candles. The whole of it, every bar and trade,
travels packed in ``layout.meta.candles``; the page's ``candles.js`` unpacks it and
draws whatever part the reader zooms to. Elsewhere, in a notebook say, the figure is
the overview that it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.backtest_path import (
    TIME_FORMATS,
    hover_format,
    is_simulated,
    only_table,
)
from foresto_lab.figures.bar_buckets import MOST_CANDLES, candle_buckets, extremes
from foresto_lab.figures.column_packing import (
    line_step,
    pack_integers,
    pack_numbers,
    price_step,
)
from foresto_lab.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    OLIVE,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import count, label
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult
    from foresto_lab.market.candle_table import CandleTable

MOST_MARKERS: Final = 160
"""More entries in view than this are put together, as many as fall in one place."""
_SIGNAL_COLUMNS: Final = frozenset(
    {"long_entry", "long_exit", "short_entry", "short_exit"}
)
LINE_COLOURS: Final = (BLUE, PURPLE, ORANGE, OLIVE, SKY, GREY)
_NEAR_PRICE: Final = (0.5, 2.0)
_MOVES_WITH_PRICE: Final = 0.5
_MICROSECONDS: Final = 1000
_DAY: Final = 86_400_000_000
_HEIGHT: Final = 460
_PANEL: Final = 150


class _Mark(NamedTuple):
    """One kind of marker: what it is of, and how it looks."""

    key: str
    symbol: str
    colour: str


MARKS: Final = (
    _Mark("entry_long", "triangle-up", BLUE),
    _Mark("entry_short", "triangle-down", PURPLE),
    _Mark("exit_gain", "circle", GREEN),
    _Mark("exit_loss", "x", VERMILION),
)


class TradeMarks(NamedTuple):
    """Where the markers of one kind stand: bar, price, and the trade's return."""

    bars: Int64Array1D
    prices: Float64Array1D
    returns: Float64Array1D


def price(result: BacktestResult, *, language: str = "ko") -> go.Figure:
    """Return the candles with the trades, and the indicators that were looked at.

    Indicators near the price lie over it, the others in a panel below. On a report's
    page every bar can be zoomed to; a figure elsewhere shows a few hundred candles,
    each made of as many bars as it takes.
    """
    figure = new_figure(
        label("price_and_trades", language),
        simulated=is_simulated(result),
        language=language,
    )
    table = only_table(result)
    if table is None:
        return say(figure, label("no_candles", language))
    over, below = split_columns(table, indicator_columns(result))
    marks = trade_marks(result, table)
    _add_candles(figure, table, language)
    for place, (name, values) in enumerate({**over, **below}.items()):
        _add_line(figure, table, name, values, place, below=name in below)
    for mark in MARKS:
        _add_marks(figure, table, mark, marks[mark.key], language)
    _lay_out(figure, table, language, panel=bool(below))
    figure.layout.meta = {"candles": packed_candles(table, over, below, marks)}
    return figure


def indicator_columns(result: BacktestResult) -> dict[str, Float64Array1D]:
    """Return what the conditions looked at, bar by bar."""
    signals = result.signals
    return {
        str(name): signals[name].to_numpy(dtype=np.float64)
        for name in signals.columns
        if name not in _SIGNAL_COLUMNS
    }


def trade_marks(result: BacktestResult, table: CandleTable) -> dict[str, TradeMarks]:
    """Return the markers of each kind: entries by side, exits by gain or loss."""
    trades = result.trades
    ended = ~trades["is_open"].to_numpy(dtype=bool)
    long = (trades["side"] == "LONG").to_numpy()
    gain = trades["pnl"].to_numpy(dtype=float) > 0
    entries = bars_of(table, trades["entry_time"])
    exits = np.zeros(len(trades), dtype=np.int64)
    exits[ended] = bars_of(table, trades["exit_time"][ended])
    returns = trades["return_rate"].to_numpy(dtype=np.float64)

    def kind(which: BoolArray1D, bars: Int64Array1D, column: str) -> TradeMarks:
        prices = trades[column].to_numpy(dtype=np.float64)
        order = np.argsort(bars[which], kind="stable")
        chosen = np.flatnonzero(which)[order]
        return TradeMarks(bars[chosen], prices[chosen], returns[chosen])

    return {
        "entry_long": kind(long, entries, "entry_price"),
        "entry_short": kind(~long, entries, "entry_price"),
        "exit_gain": kind(ended & gain, exits, "exit_price"),
        "exit_loss": kind(ended & ~gain, exits, "exit_price"),
    }


def bars_of(table: CandleTable, times: pd.Series[Any]) -> Int64Array1D:
    """Return the bar that each time is the open of."""
    instants = pd.DatetimeIndex(times).as_unit("us").asi8
    return np.searchsorted(table.open_times, instants).astype(np.int64)


def packed_candles(
    table: CandleTable,
    over: Mapping[str, Float64Array1D],
    below: Mapping[str, Float64Array1D],
    marks: Mapping[str, TradeMarks],
) -> dict[str, Any]:
    """Return every bar, indicator and marker as ``candles.js`` reads them.

    Highs and lows are kept as their distance from the candle's body, opens as theirs
    from the close before.
    """
    top = np.maximum(table.open, table.close)
    bottom = np.minimum(table.open, table.close)
    before = np.concatenate((table.open[:1], table.close[:-1]))
    step = price_step(np.concatenate((table.open[:5000], table.close, table.high)))
    return {
        "most_candles": MOST_CANDLES,
        "most_markers": MOST_MARKERS,
        "times": _packed_times(table.open_times),
        "first_open": float(before[0]) if len(before) else 0.0,
        "close": pack_numbers(table.close, step),
        "gap": pack_numbers(table.open - before, step),
        "above": pack_numbers(table.high - top, step),
        "under": pack_numbers(bottom - table.low, step),
        "lines": [pack_numbers(values, step) for values in over.values()]
        + [pack_numbers(values, line_step(values)) for values in below.values()],
        "marks": [
            {
                "bars": pack_integers(mark.bars),
                "prices": pack_numbers(mark.prices, step),
                "returns": pack_numbers(mark.returns, 1e-5),
            }
            for mark in (marks[kind.key] for kind in MARKS)
        ],
    }


def _packed_times(open_times: Int64Array1D) -> dict[str, Any]:
    """Return the open times in milliseconds, in steps of their common spacing."""
    milliseconds = open_times // _MICROSECONDS
    spacing = int(np.gcd.reduce(np.diff(milliseconds))) if len(open_times) > 1 else 1
    steps = (milliseconds - milliseconds[0]) // max(spacing, 1)
    origin = int(milliseconds[0]) if len(milliseconds) else 0
    return pack_integers(steps) | {"step": spacing, "origin": origin}


def split_columns(
    table: CandleTable, columns: Mapping[str, Float64Array1D]
) -> tuple[dict[str, Float64Array1D], dict[str, Float64Array1D]]:
    """Return the columns that are prices, and those on a scale of their own."""
    over: dict[str, Float64Array1D] = {}
    below: dict[str, Float64Array1D] = {}
    for name, values in columns.items():
        if np.isfinite(values).any():
            chosen = over if _follows(values, table.close) else below
            chosen[name] = values
    return over, below


def _follows(values: Float64Array1D, close: Float64Array1D) -> bool:
    """Return whether a column is about as high as the price, and moves with it."""
    known = np.isfinite(values)
    values, close = values[known], close[known]
    low, high = np.quantile(values / close, [0.05, 0.95])
    if not _NEAR_PRICE[0] < low <= high < _NEAR_PRICE[1]:
        return False
    if not values.std() or not close.std():
        return True
    return bool(np.corrcoef(values, close)[0, 1] > _MOVES_WITH_PRICE)


def _add_candles(figure: go.Figure, table: CandleTable, language: str) -> None:
    buckets = candle_buckets(table)
    figure.add_candlestick(
        x=buckets.times,
        open=buckets.open,
        high=buckets.high,
        low=buckets.low,
        close=buckets.close,
        name=table.symbol or label("price", language),
        increasing={"line": {"color": GREEN, "width": 1}, "fillcolor": GREEN},
        decreasing={"line": {"color": VERMILION, "width": 1}, "fillcolor": VERMILION},
        hoverinfo="x+y",
        showlegend=False,
    )


def _add_line(
    figure: go.Figure,
    table: CandleTable,
    name: str,
    values: Float64Array1D,
    place: int,
    *,
    below: bool,
) -> None:
    shown = extremes(values)
    figure.add_scatter(
        x=table.open_times[shown] / _MICROSECONDS,
        y=values[shown].astype("float32"),
        yaxis="y2" if below else "y",
        name=name,
        mode="lines",
        connectgaps=False,
        line={"color": LINE_COLOURS[place % len(LINE_COLOURS)], "width": 1.3},
        hovertemplate="%{y:,.6~g}",
    )


def _add_marks(
    figure: go.Figure,
    table: CandleTable,
    mark: _Mark,
    marks: TradeMarks,
    language: str,
) -> None:
    """Add the markers of one kind; of too many, those at places evenly apart."""
    step = max(1, -(-len(marks.bars) // MOST_MARKERS))
    bars = marks.bars[::step]
    figure.add_scatter(
        x=table.open_times[bars] / _MICROSECONDS,
        y=marks.prices[::step],
        customdata=marks.returns[::step].round(5),
        name=label(mark.key, language),
        mode="markers",
        marker={
            "symbol": mark.symbol,
            "size": 9 if mark.key.startswith("entry") else 7,
            "color": translucent(mark.colour, 0.9),
            "line": {"width": 1, "color": "rgba(255, 255, 255, 0.8)"},
        },
        hovertemplate=(
            "%{y:,.6~g} · " + label("return", language) + " %{customdata:+.2%}"
        ),
    )


def _lay_out(
    figure: go.Figure, table: CandleTable, language: str, *, panel: bool
) -> None:
    hover = hover_format(table.index)
    figure.update_xaxes(type="date", rangeslider={"visible": False}, hoverformat=hover)
    figure.update_xaxes(anchor="y2" if panel else "y", tickformatstops=TIME_FORMATS)
    figure.update_layout(
        height=_HEIGHT + (_PANEL if panel else 0),
        hovermode="closest",
        yaxis={
            "title": {"text": label("price", language)},
            "tickformat": ",~r",
            "domain": [0.3, 1] if panel else [0, 1],
        },
        legend={"y": -0.1},
    )
    if panel:
        title = {"text": label("indicator", language)}
        figure.update_layout(yaxis2={"domain": [0, 0.24], "title": title, "nticks": 5})
    note = label("zoom_to_see_bars", language, bars=count(len(table)))
    figure.update_layout(title_subtitle_text=note, margin_t=104)
    figure.update_xaxes(rangeselector=_span_buttons(table, language))
    figure.update_annotations(selector={"name": "simulated"}, yshift=6)


def _span_buttons(table: CandleTable, language: str) -> dict[str, Any]:
    """Return buttons for the latest stretch of some lengths, and for all of it."""
    span_days = (table.open_times[-1] - table.open_times[0]) / _DAY
    fitting = [step for step in _STEPS if step.days < span_days][-4:]
    buttons: list[dict[str, Any]] = [
        {
            "count": step.units,
            "step": step.unit,
            "stepmode": "backward",
            "label": label(step.key, language),
        }
        for step in fitting
    ]
    return {
        "buttons": [*buttons, {"step": "all", "label": label("all_years", language)}],
        "x": 0,
        "y": 1.01,
        "yanchor": "bottom",
        "bgcolor": "rgba(128, 136, 149, 0.14)",
        "activecolor": "rgba(42, 134, 204, 0.35)",
        "font": {"size": 11},
    }


class _Step(NamedTuple):
    """A length that a button shows."""

    key: str
    days: float
    units: int
    unit: str


_STEPS: Final = (
    _Step("span_hour", 1 / 24, 1, "hour"),
    _Step("span_day", 1, 1, "day"),
    _Step("span_week", 7, 7, "day"),
    _Step("span_month", 30, 1, "month"),
    _Step("span_half_year", 182, 6, "month"),
    _Step("span_year", 365, 1, "year"),
    _Step("span_five_years", 1826, 5, "year"),
)
