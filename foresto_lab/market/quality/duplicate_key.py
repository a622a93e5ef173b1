"""Two rows for one symbol and date."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally, values_at
from foresto_lab.types import Severity


class DuplicateKey(QualityRule):
    """Find rows that share symbol and date with another.

    Why it matters: which of them is true cannot be told; taking the last one would be
    a silent choice.

    Offending: two rows of 2024-01-02. Corrected: one.
    """

    code = "DUPLICATE_KEY"
    name = "Duplicate row"
    description = "Two or more rows have the same symbol and date."
    severity = Severity.ERROR
    fix = "Keep one row per symbol and date."

    def places(self, rows: DailyRows) -> Places:
        """Return every row but the first of each symbol and date."""
        return np.flatnonzero((rows.day_steps == 0) & rows.follows) + 1

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows."""
        return tally(
            "Rows that repeat the symbol and date of another", count, len(rows)
        )

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its close."""
        return values_at(rows, place, "close")
