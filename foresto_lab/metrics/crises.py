"""Crises: what became of a portfolio in the markets' worst times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from foresto_lab.errors import DateRangeError
from foresto_lab.metrics.value_series import ValueSeries, parse_values

COVERED, PARTIAL, NOT_COVERED = "COVERED", "PARTIAL", "NOT_COVERED"
_OLDEST_BASE: Final = np.timedelta64(10, "D")
"""How old the close before a window's start may be; holidays are shorter."""
_FIGURES: Final = ("return", "max_drawdown", "days_to_recover", "recovery_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisWindow:
    """A stretch of bad times.

    Parameters
    ----------
    name : str
        A code such as ``GLOBAL_2008``, or the user's own name.
    start, end : date
        Both closes included: the return is that from the close of ``start`` to the
        close of ``end``.
    source : str
        Where the dates are from.
    """

    name: str
    start: date
    end: date
    source: str = ""

    def __post_init__(self) -> None:
        """Take dates as texts too; refuse a window that ends before it starts."""
        for field in ("start", "end"):
            object.__setattr__(self, field, _date(self.name, getattr(self, field)))
        if self.end <= self.start:
            raise DateRangeError(
                message=f"The window {self.name!r} ends on {self.end}, not after its "
                f"start, {self.start}. Give the two dates in order."
            )

    def to_dict(self) -> dict[str, str]:
        """Return the window as plain values."""
        return {
            "name": self.name,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "source": self.source,
        }


def _date(name: str, given: object) -> date:
    try:
        return date.fromisoformat(str(given)[:10])
    except ValueError:
        raise DateRangeError(
            message=f"The window {name!r} has the date {given!r}; write 2008-09-15."
        ) from None


_SP500: Final = (
    "closing high and low of the S&P 500 price index (S&P Dow Jones Indices)"
)
CRISIS_WINDOWS: Final = (
    CrisisWindow(
        name="ASIAN_1997",
        start=date(1997, 6, 17),
        end=date(1998, 6, 16),
        source="closing high and low of the KOSPI 200 (Korea Exchange) around the "
        "float of the Thai baht on 1997-07-02",
    ),
    CrisisWindow(
        name="DOT_COM", start=date(2000, 3, 24), end=date(2002, 10, 9), source=_SP500
    ),
    CrisisWindow(
        name="GLOBAL_2008", start=date(2007, 10, 9), end=date(2009, 3, 9), source=_SP500
    ),
    CrisisWindow(
        name="EURO_2011", start=date(2011, 4, 29), end=date(2011, 10, 3), source=_SP500
    ),
    CrisisWindow(
        name="COVID_2020", start=date(2020, 2, 19), end=date(2020, 3, 23), source=_SP500
    ),
    CrisisWindow(
        name="RATES_2022", start=date(2022, 1, 3), end=date(2022, 10, 12), source=_SP500
    ),
)
"""From the close before the fall to the close at its end."""


def crisis_windows(
    values: Any,
    benchmark: Any = None,
    *,
    own: Mapping[str, Sequence[Any]] | Iterable[CrisisWindow] = (),
    windows: Sequence[CrisisWindow] = CRISIS_WINDOWS,
) -> pd.DataFrame:
    """Return what values did in each window of bad times, a benchmark beside them.

    Parameters
    ----------
    values, benchmark : Series of values by date, or results
        See :func:`foresto_lab.metrics.value_series.parse_values`.
    own : mapping of name to (start, end), or windows
        Come after the ``windows``.
    windows : sequence of CrisisWindow
        The built-in ones by default; ``()`` for none of them.

    Returns
    -------
    DataFrame, index ``window``
        ``start``, ``end``: of the window. ``coverage``: COVERED; PARTIAL, where values
        begin after its start or stop before its end; NOT_COVERED. ``first_date``,
        ``last_date``: the closes that the figures are from, the first being the last
        one on or before the start. ``return``, from one to the other.
        ``max_drawdown``, 0 or below, of these closes. ``days_to_recover``: calendar
        days from the trough of that drawdown to the first close at or above the high
        before it, looked for beyond the window up to the last value; None where it has
        not come (or there was no drawdown), ``recovery_date`` likewise. The same with
        ``benchmark_`` in front. ``source``: of the dates. Where nothing is covered,
        there is nothing but the window.

    Raises
    ------
    InputError
        A series is not one of values.
    DateRangeError
        A window of one's own cannot be.
    """
    listed = [*windows, *_own_windows(own)]
    series = parse_values(values, "values")
    other = None if benchmark is None else parse_values(benchmark, "benchmark")
    rows = []
    for window in listed:
        row: dict[str, Any] = {
            "start": pd.Timestamp(window.start),
            "end": pd.Timestamp(window.end),
            **_measure(series, window),
        }
        if other is not None:
            beside = _measure(other, window)
            row |= {
                f"benchmark_{name}": beside[name] for name in ("coverage", *_FIGURES)
            }
        rows.append(row | {"source": window.source})
    index = pd.Index([window.name for window in listed], name="window")
    return pd.DataFrame(rows, index=index, dtype=object)


def _own_windows(
    own: Mapping[str, Sequence[Any]] | Iterable[CrisisWindow],
) -> list[CrisisWindow]:
    if not isinstance(own, Mapping):
        return list(own)
    found = []
    for name, dates in own.items():
        if isinstance(dates, str) or len(dates) != 2:
            raise DateRangeError(
                message=f"The window {name!r} is {dates!r}; give its start and its end."
            )
        found.append(CrisisWindow(name=name, start=dates[0], end=dates[1]))
    return found


def _measure(series: ValueSeries, window: CrisisWindow) -> dict[str, Any]:
    """Return a window's coverage and figures."""
    start, end = np.datetime64(window.start, "D"), np.datetime64(window.end, "D")
    dates = series.dates
    first = max(int(np.searchsorted(dates, start, side="right")) - 1, 0)
    last = int(np.searchsorted(dates, end, side="right")) - 1
    if last <= first or dates[last] <= start:
        return {
            "coverage": NOT_COVERED,
            "first_date": None,
            "last_date": None,
            **dict.fromkeys(_FIGURES),
        }
    begins_late = dates[first] > start or start - dates[first] > _OLDEST_BASE
    stops_early = last == len(dates) - 1 and _weekdays_missing(dates[last], end) > 0
    trough, recovery, depth = _deepest(series.levels, first, last)
    back = None if recovery is None else dates[recovery]
    return {
        "coverage": PARTIAL if begins_late or stops_early else COVERED,
        "first_date": pd.Timestamp(dates[first]),
        "last_date": pd.Timestamp(dates[last]),
        "return": float(series.levels[last] / series.levels[first] - 1.0),
        "max_drawdown": depth,
        "days_to_recover": None
        if back is None
        else int((back - dates[trough]).astype(int)),
        "recovery_date": None if back is None else pd.Timestamp(back),
    }


def _weekdays_missing(last: np.datetime64, end: np.datetime64) -> int:
    return int(np.busday_count(last + 1, end + 1)) if end > last else 0


def _deepest(
    values: np.ndarray, first: int, last: int
) -> tuple[int, int | None, float]:
    """Return the trough within the window, where it was recovered, and its depth."""
    inside = values[first : last + 1]
    highs = np.maximum.accumulate(inside)
    below = inside / highs - 1.0
    trough = int(np.argmin(below))
    if below[trough] == 0.0:
        return first + trough, None, 0.0
    back = np.flatnonzero(values[first + trough :] >= highs[trough])
    recovery = first + trough + int(back[0]) if len(back) else None
    return first + trough, recovery, float(below[trough])
