"""A high below its low."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally, values_at
from foresto_lab.types import Severity


class HighBelowLow(QualityRule):
    """Find highs that lie below the low.

    Why it matters: it cannot be, so columns are swapped or the row is broken.

    Offending: ``high=99 low=101``. Corrected: ``high=101 low=99``.
    """

    code = "HIGH_BELOW_LOW"
    name = "High below low"
    description = "A day's high lies below its low."
    severity = Severity.ERROR
    fix = "See that the columns are the right ones (--map high=... low=...)."

    def places(self, rows: DailyRows) -> Places:
        """Return rows whose high is below their low."""
        return np.flatnonzero(rows.values["high"] < rows.values["low"])

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows."""
        return tally("Rows whose high is below their low", count, len(rows))

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its high and low."""
        return values_at(rows, place, "high", "low")
