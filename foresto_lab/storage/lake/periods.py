"""Which rows lie in which partition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foresto_lab.storage.lake.layout import PERIOD_YEARS
from foresto_lab.storage.sorted_rows import Days, SortedRows


def runs_by_period(rows: SortedRows) -> dict[int, list[slice]]:
    """Return where the rows of each partition are, as runs of neighbours."""
    periods = _periods(rows.days)
    ends = np.flatnonzero(periods[1:] != periods[:-1]) + 1
    bounds = [0, *ends.tolist(), len(rows)]
    runs: dict[int, list[slice]] = {}
    for first, after in pairwise(bounds):
        runs.setdefault(int(periods[first]), []).append(slice(first, after))
    return runs


def _periods(days: Days) -> npt.NDArray[np.int16]:
    """Return the first year of the partition that each day belongs in."""
    first = int(days.min())
    every_day = np.arange(first, int(days.max()) + 1).astype("datetime64[D]")
    years = every_day.astype("datetime64[Y]").astype(np.int64) + 1970
    return (years // PERIOD_YEARS * PERIOD_YEARS).astype(np.int16)[days - first]
