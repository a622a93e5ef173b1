"""Which rows lie in which partition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foresto_lab.storage.sorted_rows import SortedRows, Times

MICROSECONDS_PER_DAY = 86_400_000_000


def runs_by_period(rows: SortedRows, years: int) -> dict[int, list[slice]]:
    """Return where the rows of each partition are, as runs of neighbours.

    A partition holds ``years`` years and goes by the first of them.
    """
    periods = _periods(_days(rows), years)
    ends = np.flatnonzero(periods[1:] != periods[:-1]) + 1
    bounds = [0, *ends.tolist(), len(rows)]
    runs: dict[int, list[slice]] = {}
    for first, after in pairwise(bounds):
        runs.setdefault(int(periods[first]), []).append(slice(first, after))
    return runs


def _days(rows: SortedRows) -> Times:
    return rows.times if rows.layout.has_days else rows.times // MICROSECONDS_PER_DAY


def _periods(days: Times, years: int) -> npt.NDArray[np.int16]:
    """Return the first year of the partition that each day belongs in."""
    first = int(days.min())
    every_day = np.arange(first, int(days.max()) + 1).astype("datetime64[D]")
    calendar_years = every_day.astype("datetime64[Y]").astype(np.int64) + 1970
    return (calendar_years // years * years).astype(np.int16)[days - first]
