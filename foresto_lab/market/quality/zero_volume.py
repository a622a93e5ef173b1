"""Days without volume."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally
from foresto_lab.types import Severity


class ZeroVolume(QualityRule):
    """Find rows with a price and a volume of zero.

    Why it matters: the price is carried over (a halt, or a thin fund), so it could not
    be traded at.

    Offending: ``close=53000 volume=0``. Corrected: nothing to correct, but to know.
    """

    code = "ZERO_VOLUME"
    name = "No volume"
    description = "A row has a price, but a volume of zero."
    severity = Severity.INFO
    fix = "Nothing to do; trades on these days are assumptions."

    def places(self, rows: DailyRows) -> Places:
        """Return priced rows without volume."""
        nothing = rows.values["volume"] == 0
        if not nothing.any():
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(nothing & (rows.values["close"] > 0))

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows."""
        return tally("Rows with a price but no volume", count, len(rows))
