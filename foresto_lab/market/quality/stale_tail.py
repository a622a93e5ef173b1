"""Closes that stopped moving."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule
from foresto_lab.types import Severity

STALE_ROWS = 10


class StaleTail(QualityRule):
    """Find symbols whose last ten closes and more are one and the same.

    Why it matters: a halted or delisted symbol, or a source that repeats its last
    value; its volatility is understated and it cannot be traded.

    Offending: ..., 100, 100, 100 to the end. Corrected: end at the last true price.
    """

    code = "STALE_TAIL"
    name = "Stale tail"
    description = "The last ten or more closes of a symbol are equal."
    severity = Severity.WARNING
    fix = "See whether the symbol still trades; if not, end its history there."

    def places(self, rows: DailyRows) -> Places:
        """Return the last row of each symbol that stopped moving."""
        ends = rows.last_places[rows.row_counts > STALE_ROWS]
        if not len(ends):
            return ends
        tails = rows.values["close"][ends[:, None] - np.arange(STALE_ROWS)]
        still: Places = ends[(tails == tails[:, :1]).all(axis=1)]
        return still

    def amounts(self, rows: DailyRows, places: Places) -> npt.NDArray[np.int64]:
        """Return the number of equal closes at each end."""
        return np.array([_tail_length(rows, int(place)) for place in places])

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many symbols and rows."""
        what = f"Symbols that end in {STALE_ROWS} or more equal closes"
        return f"{what}: {len(places):,} ({count:,} rows)."

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the last row with the number of equal closes."""
        length = _tail_length(rows, place)
        return f"{rows.symbol(place)} {rows.date(place)}: {length} equal closes"


def _tail_length(rows: DailyRows, end: int) -> int:
    symbol_starts = int(np.searchsorted(rows.codes, rows.codes[end]))
    closes = rows.values["close"][symbol_starts : end + 1][::-1]
    moved = np.flatnonzero(closes != closes[0])
    return int(moved[0]) if len(moved) else len(closes)
