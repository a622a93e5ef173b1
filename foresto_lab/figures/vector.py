"""Charts of a fact sheet as SVG: no script, sharp in print, the same on every page.

Colours are the page's own (CSS classes), so a chart follows light and dark. Every
function returns markup with a ``viewBox``; texts are escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import pandas as pd

from foresto_lab.labels import label, money_unit, percent

_POINTS = 360
_TEXT = 9.5


@dataclass(frozen=True, slots=True)
class Canvas:
    """The drawing area of a chart, and what its edges stand for."""

    width: float
    height: float
    first: float
    last: float
    low: float
    high: float
    left: float = 40.0
    right: float = 8.0
    top: float = 22.0
    bottom: float = 18.0

    def x(self, value: float) -> float:
        """Return where a date (as a number) lies."""
        share = (value - self.first) / ((self.last - self.first) or 1.0)
        return self.left + share * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Return where a value lies."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return (
            self.height - self.bottom - share * (self.height - self.bottom - self.top)
        )

    def path(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        """Return points as the ``d`` of a path."""
        points = zip(xs, ys, strict=True)
        return "M" + "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)


def round_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return round numbers that cover low to high, about ``count`` steps."""
    span = (high - low) or abs(high) or 1.0
    raw = span / count
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def growth_chart(
    values: Mapping[str, pd.Series[float]],
    *,
    bands: Sequence[tuple[pd.Timestamp, pd.Timestamp, str]] = (),
    currency: str = "KRW",
    simulated: bool = False,
    language: str = "ko",
    size: tuple[float, float] = (460, 250),
) -> str:
    """Return values over time, a line each, bad times shaded behind them.

    Parameters
    ----------
    values : mapping of name to Series
        The first is drawn last and strongest.
    bands : sequence of (start, end, label)
    """
    thinned = {name: thin(series) for name, series in values.items()}
    top = max(float(series.max()) for series in thinned.values())
    bottom = min(float(series.min()) for series in thinned.values())
    scale, unit = money_unit(top, language, currency)
    ticks = round_ticks(min(bottom, 0.0) / scale, top / scale)
    first = min(_day(series.index[0]) for series in thinned.values())
    last = max(_day(series.index[-1]) for series in thinned.values())
    canvas = Canvas(*size, first, last, ticks[0], ticks[-1])
    parts = [*_bands(canvas, bands), *_grid(canvas, ticks, _plain_number(ticks))]
    parts.append(_text(0, _TEXT - 1.5, unit, "axis", "start"))
    parts += _years(canvas)
    for place, (_, series) in reversed(list(enumerate(thinned.items()))):
        line = canvas.path(_days(series), (series / scale).tolist())
        parts.append(f'<path class="line series-{place}" d="{line}"/>')
    parts += _simulated(canvas, simulated, language)
    return _svg(size, parts, label("growth", language))


def drawdown_chart(
    drawdowns: Mapping[str, pd.Series[float]],
    *,
    simulated: bool = False,
    language: str = "ko",
    size: tuple[float, float] = (340, 150),
) -> str:
    """Return how far values lay under their highest: an area, then lines."""
    thinned = {name: thin(series, deepest=True) for name, series in drawdowns.items()}
    deepest = min(float(series.min()) for series in thinned.values())
    ticks = round_ticks(min(deepest, -0.01), 0.0, 3)
    first = min(_day(series.index[0]) for series in thinned.values())
    last = max(_day(series.index[-1]) for series in thinned.values())
    canvas = Canvas(*size, first, last, ticks[0], 0.0, left=34, top=8)
    digits = 0 if all(abs(t * 100 - round(t * 100)) < 1e-9 for t in ticks) else 1
    parts = _grid(canvas, ticks, [percent(tick, digits) for tick in ticks])
    parts += _years(canvas)
    for place, (_, series) in reversed(list(enumerate(thinned.items()))):
        xs, ys = _days(series), series.tolist()
        if place == 0:
            area = canvas.path([xs[0], *xs, xs[-1]], [0.0, *ys, 0.0])
            parts.append(f'<path class="area" d="{area}Z"/>')
        line = canvas.path(xs, ys)
        parts.append(f'<path class="line thin series-{place}" d="{line}"/>')
    parts += _simulated(canvas, simulated, language)
    return _svg(size, parts, label("underwater", language))


def fan_chart(
    fan: pd.DataFrame,
    *,
    currency: str = "KRW",
    simulated: bool = False,
    language: str = "ko",
    size: tuple[float, float] = (340, 148),
) -> str:
    """Return percentiles of the value by month ahead: two bands and the middle.

    Parameters
    ----------
    fan : DataFrame, index month, columns among ``p05, p10, p25, p50, p75, p90, p95``
    """
    outer = [name for name in ("p05", "p95") if name in fan]
    inner = [name for name in ("p25", "p75") if name in fan]
    top = float(fan[[*outer, *inner, "p50"]].max().max())
    scale, unit = money_unit(top, language, currency)
    ticks = round_ticks(0.0, top / scale)
    months = [float(month) for month in fan.index]
    canvas = Canvas(*size, months[0], months[-1], ticks[0], ticks[-1])
    parts = _grid(canvas, ticks, _plain_number(ticks))
    parts.append(_text(0, _TEXT - 1.5, unit, "axis", "start"))
    for name, pair in (("outer", outer), ("inner", inner)):
        if len(pair) == 2:
            low, high = ((fan[column] / scale).tolist() for column in pair)
            shape = canvas.path([*months, *months[::-1]], [*low, *high[::-1]])
            parts.append(f'<path class="band {name}" d="{shape}Z"/>')
    middle = canvas.path(months, (fan["p50"] / scale).tolist())
    parts.append(f'<path class="line series-0" d="{middle}"/>')
    parts += _months_ahead(canvas, language)
    parts += _simulated(canvas, simulated, language)
    return _svg(size, parts, label("sheet_future", language))


def share_bar(shares: Mapping[str, float], *, size: tuple[float, float]) -> str:
    """Return shares of a whole as one bar, in the order given; wide ones are named."""
    total = sum(shares.values()) or 1.0
    width, height = size
    place, parts = 0.0, []
    for number, share in enumerate(shares.values()):
        length = width * share / total
        parts.append(
            f'<rect class="part part-{number % 8}" x="{place:.2f}" y="0" '
            f'width="{max(length - 1.0, 0.5):.2f}" height="{height:g}"/>'
        )
        if length > 26:
            middle = place + length / 2 - 0.5
            words = percent(share, 0)
            parts.append(_text(middle, height / 2 + 3.4, words, "on-part", "middle"))
        place += length
    return _svg(size, parts, " · ".join(shares))


def thin(
    series: pd.Series[float], points: int = _POINTS, *, deepest: bool = False
) -> pd.Series[float]:
    """Return no more points than a chart shows: the last of each stretch, or its least.

    Both ends are kept.
    """
    if len(series) <= points:
        return series
    edges = np.unique(np.linspace(0, len(series), points + 1).astype(int))
    values = series.to_numpy(dtype=float)
    if deepest:
        chosen = [a + int(np.argmin(values[a:b])) for a, b in pairwise(edges)]
    else:
        chosen = [int(edge) - 1 for edge in edges[1:]]
    places = sorted({0, *chosen, len(series) - 1})
    return series.iloc[places]


def _svg(size: tuple[float, float], parts: Sequence[str], title: str) -> str:
    width, height = size
    return (
        f'<svg class="vector" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, words: str, kind: str, anchor: str) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _grid(canvas: Canvas, ticks: Sequence[float], words: Sequence[str]) -> list[str]:
    parts = []
    right = canvas.width - canvas.right
    for tick, text in zip(ticks, words, strict=True):
        y = canvas.y(tick)
        kind = "zero" if tick == 0 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{canvas.left:g}" x2="{right:g}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(_text(canvas.left - 5, y + 3.2, text, "axis", "end"))
    return parts


def _plain_number(ticks: Sequence[float]) -> list[str]:
    digits = next(
        d for d in range(4) if all(abs(t - round(t, d)) < 1e-9 for t in ticks) or d == 3
    )
    return [f"{tick:,.{digits}f}" for tick in ticks]


def _years(canvas: Canvas) -> list[str]:
    """Write years below the chart, as many as have room; months on a short one."""
    first, last = (
        pd.Timestamp(canvas.first, unit="D"),
        pd.Timestamp(canvas.last, unit="D"),
    )
    years = (canvas.last - canvas.first) / 365.25
    room = (canvas.width - canvas.left - canvas.right) / 34
    if years >= 2:
        step = next(s for s in (1, 2, 5, 10, 20, 50) if years / s <= room)
        marks = [
            (pd.Timestamp(year, 1, 1), str(year))
            for year in range(first.year, last.year + 1)
            if year % step == 0
        ]
    else:
        months = max(1, math.ceil(years * 12 / (room * 0.7)))
        dates = pd.date_range(first.normalize(), last, freq=f"{months}MS")
        marks = [(date, f"{date:%Y-%m}") for date in dates]
    parts = []
    for date, words in marks:
        x = canvas.x(_day(date))
        if canvas.left - 1 <= x <= canvas.width - canvas.right - 8:
            y = canvas.height - canvas.bottom
            parts.append(
                f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{y:g}" '
                f'y2="{y + 3:g}"/>'
            )
            parts.append(_text(x, canvas.height - 4, words, "axis", "middle"))
    return parts


def _months_ahead(canvas: Canvas, language: str) -> list[str]:
    years = canvas.last / 12
    step = next(s for s in (1, 2, 5, 10, 20) if years / s <= 6)
    parts = []
    for year in range(0, int(years) + 1, step):
        x = canvas.x(12.0 * year)
        words = (
            label("sheet_now", language)
            if year == 0
            else (label("sheet_years_short", language, years=year))
        )
        side = "end" if x > canvas.width - canvas.right - 12 else "middle"
        parts.append(_text(x, canvas.height - 4, words, "axis", side))
    return parts


def _bands(
    canvas: Canvas, bands: Sequence[tuple[pd.Timestamp, pd.Timestamp, str]]
) -> list[str]:
    parts, taken = [], -math.inf
    top, bottom = canvas.top, canvas.height - canvas.bottom
    for start, end, words in bands:
        left = canvas.x(max(_day(start), canvas.first))
        right = canvas.x(min(_day(end), canvas.last))
        parts.append(
            f'<rect class="crisis" x="{left:.1f}" y="{top:g}" '
            f'width="{max(right - left, 1.5):.1f}" height="{bottom - top:g}"/>'
        )
        middle = (left + right) / 2
        if middle - 12 > taken:
            parts.append(_text(middle, top - 3, words, "axis", "middle"))
            taken = middle + 12
    return parts


def _simulated(canvas: Canvas, simulated: bool, language: str) -> list[str]:
    if not simulated:
        return []
    x = (canvas.left + canvas.width - canvas.right) / 2
    y = canvas.top + (canvas.height - canvas.bottom - canvas.top) * 0.55
    return [_text(x, y, label("simulated", language), "watermark", "middle")]


def _day(date: object) -> float:
    stamp = pd.Timestamp(date)  # type: ignore[arg-type]
    return (
        float(stamp.value // 86_400_000_000_000)
        if stamp.unit == "ns"
        else float(stamp.as_unit("ns").value // 86_400_000_000_000)
    )


def _days(series: pd.Series[float]) -> list[float]:
    index = pd.DatetimeIndex(series.index)
    days: list[float] = index.to_numpy().astype("datetime64[D]").astype(float).tolist()
    return days
