"""The explorer's chart: growth, drawdown, weights and rebalancings over one time axis.

It is drawn anew at every change, so it is put together as plain dicts and arrays, which
takes a millisecond, not as a ``go.Figure``, which validates every number. All points
are sent, as they are: float64 in binary columns. Nothing is thinned out.

Its static twins are :func:`foresto_lab.figures.growth` and the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from foresto_lab.figures.series import asset_weights, target_weights
from foresto_lab.figures.theme import (
    DATE_FORMATS,
    FONTS,
    GRID,
    PALETTE,
    colour_of,
    translucent,
)
from foresto_lab.labels import asset_label, label, money_unit, percent, rule_label
from foresto_lab.types import Float64Array1D
from foresto_lab.widgets.comparison import MOST_SETTINGS

if TYPE_CHECKING:
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.widgets.explorer import Outcome

Spec: TypeAlias = dict[str, Any]

_COLOURS: Final = PALETTE[:MOST_SETTINGS]
PALETTES: Final[dict[str, dict[str, str]]] = {
    theme: {
        "ink": ink,
        **{f"setting-{place}": colour for place, colour in enumerate(_COLOURS)},
        **{f"fill-{place}": translucent(c, 0.2) for place, c in enumerate(_COLOURS)},
    }
    for theme, ink in (("light", "#4b5563"), ("dark", "#c9d0da"))
}
"""The colours that a spec names with ``@`` in JupyterLab's two themes.

The browser adds ``page``, the colour of the page that the chart is on.
"""

_ROWS: Final = {
    "y": (0.60, 0.97, "growth"),
    "y2": (0.385, 0.535, "drawdown"),
    "y3": (0.14, 0.32, "weights"),
    "y4": (0.0, 0.075, "turnover_by_event"),
}


class _Drawn(NamedTuple):
    """A result with its place among the settings and the name of its curves."""

    place: int
    label: str
    result: SimulationResult


def explorer_chart(outcomes: Sequence[Outcome], active: int, language: str) -> Spec:
    """Return ``data`` and ``layout`` for Plotly, and the binary ``columns`` they name.

    A string that begins with ``@`` names a column, or a colour of the theme.
    Settings without a result have no curves.
    """
    columns = Columns()
    drawn = [
        _Drawn(place, outcome.label, outcome.result)
        for place, outcome in enumerate(outcomes)
        if outcome.result is not None
    ]
    scale, unit = _money_scale(drawn, language)
    data: list[Spec] = []
    for curve in drawn:
        chosen = curve.place == active
        line = {
            "color": f"@setting-{curve.place}",
            "width": 1.8 if chosen else 1.2,
        }
        data += _curves(curve, columns, line, scale, unit)
        if chosen:
            data[-1] |= {"fill": "tozeroy", "fillcolor": f"@fill-{curve.place}"}
    shown = outcomes[active].result
    if shown is not None:
        data += _weight_areas(shown, columns, language)
        data.append(_turnover_stems(shown, active, columns, language))
    simulated = any(curve.result.simulated for curve in drawn)
    layout = _layout(unit, language, simulated=simulated)
    if drawn:
        layout["uirevision"] = _span(drawn[0].result)
    return {"data": data, "layout": layout, "columns": columns.by_name}


def _curves(
    curve: _Drawn, columns: Columns, line: Spec, scale: float, unit: str
) -> list[Spec]:
    """Return a setting's value and its drawdown."""
    path = curve.result.path
    common = {
        "type": "scatter",
        "mode": "lines",
        "name": curve.label,
        "showlegend": False,
        "x": columns.add(_milliseconds(path.index)),
        "line": line,
    }
    value = columns.add(path["nav"].to_numpy() / scale)
    depth = columns.add(path["drawdown"].to_numpy())
    return [
        common | {"y": value, "yaxis": "y", "hovertemplate": f"%{{y:,.2f}} {unit}"},
        common | {"y": depth, "yaxis": "y2", "hovertemplate": "%{y:.2%}"},
    ]


class Columns:
    """Binary columns by name; the same array is sent once."""

    def __init__(self) -> None:
        self.by_name: dict[str, bytes] = {}
        self._names: dict[bytes, str] = {}

    def add(self, values: Float64Array1D) -> str:
        """Keep an array; return the name that a spec writes in its place."""
        content = np.ascontiguousarray(values, dtype="<f8").tobytes()
        name = self._names.setdefault(content, f"c{len(self._names)}")
        self.by_name[name] = content
        return f"@{name}"


def _milliseconds(index: pd.Index[Any]) -> Float64Array1D:
    """Return dates as Plotly counts them: milliseconds since 1970, UTC."""
    return index.to_numpy().astype("datetime64[ms]").astype(np.float64)


def _money_scale(drawn: Sequence[_Drawn], language: str) -> tuple[float, str]:
    largest = max((float(curve.result.path["nav"].max()) for curve in drawn), default=1)
    return money_unit(largest, language)


def _span(result: SimulationResult) -> str:
    """Return what a zoom belongs to: it is kept until the period changes."""
    sessions = result.path.index
    return f"{sessions[0]:%F} {sessions[-1]:%F}"


def _weight_areas(
    result: SimulationResult, columns: Columns, language: str
) -> list[Spec]:
    weights = asset_weights(result)
    targets = target_weights(result, weights.columns)
    sessions = columns.add(_milliseconds(weights.index))
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": asset_label(asset, language),
            "stackgroup": "weights",
            "x": sessions,
            "y": columns.add(weights[asset].to_numpy()),
            "yaxis": "y3",
            "line": {"width": 0.5, "color": colour_of(asset, position)},
            "fillcolor": translucent(colour_of(asset, position), 0.62),
            "hovertemplate": f"%{{y:.1%}} ({percent(targets[asset], 0)})",
        }
        for position, asset in enumerate(weights.columns)
    ]


def _turnover_stems(
    result: SimulationResult, place: int, columns: Columns, language: str
) -> Spec:
    """Return one stem a rebalancing, all in one line with gaps: quick for thousands."""
    events = result.events
    days = _milliseconds(pd.DatetimeIndex(events["event_date"]))
    turnover = events["turnover"].to_numpy(dtype=np.float64)
    stems = np.zeros((len(events), 3))
    stems[:, 1] = turnover
    stems[:, 2] = np.nan
    texts = [rule_label(detail, language) for detail in events["trigger_detail"]]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label("turnover", language),
        "showlegend": False,
        "connectgaps": False,
        "x": columns.add(np.repeat(days, 3)),
        "y": columns.add(stems.ravel()),
        "yaxis": "y4",
        "customdata": [text for text in texts for _ in range(3)],
        "line": {"color": f"@setting-{place}", "width": 1.4, "simplify": False},
        "hovertemplate": "%{y:.2%} · %{customdata}",
    }


def _layout(unit: str, language: str, *, simulated: bool) -> Spec:
    axes: dict[str, Spec] = {
        "y": {"tickformat": ",~r"},
        "y2": {"tickformat": ".0%"},
        "y3": {"tickformat": ".0%", "range": [0, 1]},
        "y4": {"tickformat": ".1~%", "rangemode": "tozero", "nticks": 3},
    }
    layout: Spec = {
        "font": {"family": FONTS, "size": 12, "color": "@ink"},
        "paper_bgcolor": "@page",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 56, "r": 8, "t": 4, "b": 8},
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "@page",
            "font": {"color": "@ink", "size": 12},
            "namelength": 30,
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -0.05,
            "yanchor": "top",
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "xaxis": {
            "type": "date",
            "anchor": "y4",
            "showgrid": False,
            "hoverformat": "%Y-%m-%d",
            "tickformatstops": DATE_FORMATS,
            "linecolor": GRID,
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": "@ink",
        },
        "annotations": [_heading(row, unit, language) for row in _ROWS],
    }
    for row, (bottom, top, _) in _ROWS.items():
        layout[f"yaxis{row[1:]}"] = {
            "domain": [bottom, top],
            "gridcolor": GRID,
            "zerolinecolor": GRID,
            "nticks": 5,
            **axes[row],
        }
    if simulated:
        layout["annotations"].append(_watermark(language))
    return layout


def _heading(row: str, unit: str, language: str) -> Spec:
    _, top, name = _ROWS[row]
    text = label(name, language)
    return {
        "text": f"<b>{text}</b> ({unit})" if row == "y" else f"<b>{text}</b>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "xanchor": "left",
        "y": top,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12},
    }


def _watermark(language: str) -> Spec:
    words: Mapping[str, None] = dict.fromkeys(
        (label("simulated", language), label("simulated", "en"))
    )
    return {
        "name": "simulated",
        "text": " · ".join(words),
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.78,
        "showarrow": False,
        "font": {"size": 22, "weight": 700, "color": "rgba(128, 136, 149, 0.38)"},
    }
