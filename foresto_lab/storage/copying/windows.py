"""Spans of days that hold a bounded number of rows each, together everything."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ROWS_AT_ONCE = 500_000
"""About how many rows are held in memory and loaded in one commit."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days from start to end, both included."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


def windows_of(coverages: Sequence[pd.DataFrame], rows_at_once: int) -> list[Window]:
    """Return whole years, several or one, or the months of one with many rows.

    They are bounded by years and months, not by rows, so that they are the same ones
    when a copy is run again: a window was then brought whole, or not at all.

    Parameters
    ----------
    coverages : sequence of DataFrame
        ``first_date, last_date, row_count`` of each symbol, of both sides.
    """
    spans = [_Spans(coverage) for coverage in coverages if len(coverage)]
    if not spans:
        return []
    years = range(min(s.first_year for s in spans), max(s.last_year for s in spans) + 1)
    windows: list[Window] = []
    gathered, first = 0.0, years[0]
    for year in years:
        rows = max(span.rows_in(year) for span in spans)
        if gathered and gathered + rows > rows_at_once:
            windows.append(Window(date(first, 1, 1), date(year - 1, 12, 31)))
            gathered, first = 0.0, year
        if rows > rows_at_once:
            windows += _months(year)
            gathered, first = 0.0, year + 1
        else:
            gathered += rows
    if first <= years[-1]:
        windows.append(Window(date(first, 1, 1), date(years[-1], 12, 31)))
    return windows


def _months(year: int) -> Iterator[Window]:
    for month in range(1, 13):
        last = calendar.monthrange(year, month)[1]
        yield Window(date(year, month, 1), date(year, month, last))


class _Spans:
    """The spans of the symbols of a table, as days since 1970."""

    def __init__(self, coverage: pd.DataFrame) -> None:
        days = "datetime64[D]"
        self._first = coverage["first_date"].to_numpy().astype(days)
        self._last = coverage["last_date"].to_numpy().astype(days)
        length = (self._last - self._first).astype(np.int64) + 1
        self._density = coverage["row_count"].to_numpy() / length

    @property
    def first_year(self) -> int:
        return int(self._first.min().astype("datetime64[Y]").astype(int)) + 1970

    @property
    def last_year(self) -> int:
        return int(self._last.max().astype("datetime64[Y]").astype(int)) + 1970

    def rows_in(self, year: int) -> float:
        """Return about how many rows there are in a year."""
        start, end = (
            np.datetime64(f"{year:04d}-01-01"),
            np.datetime64(f"{year:04d}-12-31"),
        )
        days = np.minimum(self._last, end) - np.maximum(self._first, start)
        return float((np.maximum(days.astype(np.int64) + 1, 0) * self._density).sum())
