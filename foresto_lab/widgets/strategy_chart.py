"""The strategy explorer's chart: price with trades, indicators, and the equity below.

Put together as plain dicts and binary columns, as the other explorer's is. Of what is
in view as many candles are made as there is room for, anew at every zoom. Its static
twins are :func:`foresto_lab.figures.backtest.price` and ``overview``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from foresto_lab.figures.backtest_curves import buy_and_hold
from foresto_lab.figures.backtest_path import TIME_FORMATS
from foresto_lab.figures.bar_buckets import candle_buckets, extremes
from foresto_lab.figures.candle_chart import (
    LINE_COLOURS,
    MARKS,
    MOST_MARKERS,
    indicator_columns,
    split_columns,
    trade_marks,
)
from foresto_lab.figures.theme import BLUE, FONTS, GREEN, GREY, GRID, VERMILION
from foresto_lab.labels import label, money_unit
from foresto_lab.types import Float64Array1D
from foresto_lab.widgets.chart import Columns

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult
    from foresto_lab.market.candle_table import CandleTable

Spec: TypeAlias = dict[str, Any]
Window: TypeAlias = tuple[float, float] | None

_MICROSECONDS: Final = 1000.0
_PRICE, _PANEL, _EQUITY = (0.44, 1.0), (0.25, 0.40), (0.0, 0.20)
_ROOM: Final = 0.04


def strategy_chart(
    table: CandleTable,
    result: BacktestResult | None,
    window: Window,
    language: str,
) -> Spec:
    """Return ``data`` and ``layout`` for Plotly, and the binary ``columns`` they name.

    Parameters
    ----------
    result : BacktestResult, optional
        Without one, only the candles are drawn.
    window : pair of float, optional
        First and last instant in view, in milliseconds; all by default.
    """
    columns = Columns()
    first, last = bars_in_view(table, window)
    shown = table.slice(first, last)
    data = [_candles(shown, columns)]
    over: Mapping[str, Float64Array1D] = {}
    below: Mapping[str, Float64Array1D] = {}
    unit = ""
    if result is not None:
        over, below = split_columns(table, indicator_columns(result))
        for place, (name, values) in enumerate({**over, **below}.items()):
            axis = "y2" if name in below else "y"
            line = {"color": LINE_COLOURS[place % len(LINE_COLOURS)], "width": 1.2}
            data.append(
                _line(shown, values[first:last], columns, name, axis, line)
                | {"hovertemplate": "%{y:,.6~g}"}
            )
        data += _marks(result, table, first, last, columns, language)
        curves, unit = _equity(result, shown, first, last, columns, language)
        data += curves
    layout = _layout(language, unit, panel=bool(below), equity=result is not None)
    layout["xaxis"]["range"] = [
        float(shown.open_times[0]) / _MICROSECONDS,
        float(shown.open_times[-1]) / _MICROSECONDS,
    ]
    low, high = float(shown.low.min()), float(shown.high.max())
    room = (high - low) * _ROOM or high * 0.01
    layout["yaxis"]["range"] = [low - room, high + room]
    return {"data": data, "layout": layout, "columns": columns.by_name}


def bars_in_view(table: CandleTable, window: Window) -> tuple[int, int]:
    """Return the first bar in view and the one after the last, at least two apart."""
    if window is None:
        return 0, len(table)
    ends = np.array(window) * _MICROSECONDS
    first = int(np.searchsorted(table.open_times, ends[0]))
    last = int(np.searchsorted(table.open_times, ends[1], side="right"))
    first = max(0, min(first, len(table) - 2))
    return first, min(len(table), max(last, first + 2))


def _candles(shown: CandleTable, columns: Columns) -> Spec:
    made = candle_buckets(shown)
    prices = {
        name: columns.add(getattr(made, name))
        for name in ("open", "high", "low", "close")
    }
    return {
        "type": "candlestick",
        "x": columns.add(made.times),
        **prices,
        "name": shown.symbol,
        "increasing": {"line": {"color": GREEN, "width": 1}, "fillcolor": GREEN},
        "decreasing": {
            "line": {"color": VERMILION, "width": 1},
            "fillcolor": VERMILION,
        },
        "showlegend": False,
        "hoverinfo": "x+y",
    }


def _line(
    shown: CandleTable,
    values: Float64Array1D,
    columns: Columns,
    name: str,
    axis: str,
    line: Spec,
) -> Spec:
    places = extremes(values)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": columns.add(shown.open_times[places] / _MICROSECONDS),
        "y": columns.add(values[places]),
        "yaxis": axis,
        "line": line,
        "connectgaps": False,
    }


def _marks(
    result: BacktestResult,
    table: CandleTable,
    first: int,
    last: int,
    columns: Columns,
    language: str,
) -> list[Spec]:
    """Return the markers in view; of too many, those at places evenly apart."""
    every = trade_marks(result, table)
    words = label("return", language)
    traces = []
    for mark in MARKS:
        marks = every[mark.key]
        place = np.flatnonzero((marks.bars >= first) & (marks.bars < last))
        place = place[:: max(1, -(-len(place) // MOST_MARKERS))]
        entry = mark.key.startswith("entry")
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": label(mark.key, language),
                "x": columns.add(table.open_times[marks.bars[place]] / _MICROSECONDS),
                "y": columns.add(marks.prices[place]),
                "customdata": columns.add(marks.returns[place]),
                "marker": {
                    "symbol": mark.symbol,
                    "size": 9 if entry else 7,
                    "color": mark.colour,
                    "line": {"width": 1, "color": "rgba(255, 255, 255, 0.8)"},
                },
                "hovertemplate": f"%{{y:,.6~g}} · {words} %{{customdata:+.2%}}",
            }
        )
    return traces


def _equity(
    result: BacktestResult,
    shown: CandleTable,
    first: int,
    last: int,
    columns: Columns,
    language: str,
) -> tuple[list[Spec], str]:
    """Return equity and buy and hold, and the unit that they are written in."""
    own = result.equity["equity"].to_numpy()
    held = buy_and_hold(result)
    scale, unit = money_unit(float(own.max()), language)
    hover = {"hovertemplate": f"%{{y:,.2f}} {unit}"}
    lines = [(label("equity_curve", language), own, {"color": BLUE, "width": 1.6})]
    if held is not None:
        dotted = {"color": GREY, "width": 1.1, "dash": "dot"}
        lines.append((label("buy_and_hold", language), held.to_numpy(), dotted))
    traces = [
        _line(shown, values[first:last] / scale, columns, name, "y3", line) | hover
        for name, values, line in lines
    ]
    return traces, unit


def _layout(language: str, unit: str, *, panel: bool, equity: bool) -> Spec:
    price = (_PRICE[0] if panel else _PANEL[0], _PRICE[1])
    if not equity:
        price = (0.0, 1.0)
    layout: Spec = {
        "font": {"family": FONTS, "size": 12, "color": "@ink"},
        "paper_bgcolor": "@page",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 64, "r": 8, "t": 8, "b": 8},
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "@page", "font": {"color": "@ink", "size": 12}},
        "legend": {"orientation": "h", "x": 0, "y": -0.06, "yanchor": "top"},
        "dragmode": "zoom",
        "xaxis": {
            "type": "date",
            "anchor": "y3" if equity else "y",
            "showgrid": False,
            "automargin": True,
            "rangeslider": {"visible": False},
            "linecolor": GRID,
            "hoverformat": "%Y-%m-%d %H:%M",
            "tickformatstops": TIME_FORMATS,
        },
        "yaxis": _axis(label("price", language), price) | {"tickformat": ",~r"},
    }
    if equity:
        title = f"{label('nav', language)} ({unit})"
        layout["yaxis3"] = _axis(title, _EQUITY) | {"nticks": 4, "tickformat": ",~r"}
    if panel:
        layout["yaxis2"] = _axis(label("indicator", language), _PANEL) | {"nticks": 4}
    return layout


def _axis(title: str, domain: tuple[float, float]) -> Spec:
    return {
        "title": {"text": title, "font": {"size": 11}},
        "domain": list(domain),
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "fixedrange": True,
    }
