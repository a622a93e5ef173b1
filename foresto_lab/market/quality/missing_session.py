"""Sessions without a row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule
from foresto_lab.types import Severity


class MissingSession(QualityRule):
    """Find sessions between a symbol's first and last row that it has no row on.

    Why it matters: the return over the gap counts as one day's, and a rebalancing due
    in it waits for the next row.

    Offending: rows of 2024-01-02 and 2024-01-04. Corrected: with 2024-01-03.
    """

    code = "MISSING_SESSION"
    name = "Missing session"
    description = "The exchange had a session between two rows that follow each other."
    severity = Severity.WARNING
    fix = "Load the missing rows from another source, where the symbol traded."

    def places(self, rows: DailyRows) -> Places:
        """Return the rows that come after missing sessions."""
        return np.flatnonzero((_missing_before(rows) > 0) & rows.follows) + 1

    def amounts(self, rows: DailyRows, places: Places) -> npt.NDArray[np.int64]:
        """Return the number of sessions missing before each row."""
        return _missing_before(rows)[places - 1].astype(np.int64)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many sessions, in how many gaps."""
        what = f"Sessions of {rows.calendar.name} without a row"
        return f"{what}: {count:,}, in {len(places):,} gaps."

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the gap: the row before, the row after, the sessions between."""
        missing = int(_missing_before(rows)[place - 1])
        gap = f"{rows.date(place - 1)}..{rows.date(place)}"
        return f"{rows.symbol(place)} {gap}: {missing}"


def _missing_before(rows: DailyRows) -> npt.NDArray[np.int32]:
    """Return the number of sessions strictly between each row and the one before."""
    through = np.cumsum(rows.day_is_session, dtype=np.int32)
    before = through - rows.day_is_session
    missing: npt.NDArray[np.int32] = (
        before[rows.day_index[1:]] - through[rows.day_index[:-1]]
    )
    return missing
