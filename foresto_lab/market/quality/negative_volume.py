"""Volumes below zero."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally, values_at
from foresto_lab.types import Severity


class NegativeVolume(QualityRule):
    """Find volumes that are negative.

    Why it matters: it is usually a column taken for another, a price change say.

    Offending: ``volume = -1200``. Corrected: the column that holds the volume.
    """

    code = "VOLUME_NEGATIVE"
    name = "Volume negative"
    description = "A volume is below zero."
    severity = Severity.ERROR
    fix = "See that the columns are the right ones (--map volume=...)."

    def places(self, rows: DailyRows) -> Places:
        """Return rows with a volume below zero."""
        return np.flatnonzero(rows.values["volume"] < 0)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows."""
        return tally("Rows with a volume below 0", count, len(rows))

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its volume."""
        return values_at(rows, place, "volume")
