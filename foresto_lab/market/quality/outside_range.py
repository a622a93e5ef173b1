"""An open or close outside its day's range."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally, values_at
from foresto_lab.types import Severity

TOLERANCE = 1e-6
"""Relative; sources write adjusted prices with about seven digits."""


class OutsideRange(QualityRule):
    """Find opens and closes above the high or below the low.

    Why it matters: one of the four is wrong, and stops in a backtest read all four.

    Offending: ``high=101 low=99 close=102``. Corrected: ``high=102``.
    """

    code = "PRICE_OUTSIDE_RANGE"
    name = "Price outside the day's range"
    description = "An open or close lies outside the range from low to high."
    severity = Severity.WARNING
    fix = "Compare the rows with another source."

    def places(self, rows: DailyRows) -> Places:
        """Return rows whose open or close is not between low and high."""
        high = rows.values["high"] * (1 + TOLERANCE)
        low = rows.values["low"] * (1 - TOLERANCE)
        outside = np.zeros(len(rows), dtype=np.bool_)
        for name in ("open", "close"):
            outside |= (rows.values[name] > high) | (rows.values[name] < low)
        return np.flatnonzero(outside & (high >= low))

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows."""
        return tally(
            "Rows with an open or close outside the range from low to high",
            count,
            len(rows),
        )

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its four prices."""
        return values_at(rows, place, "open", "high", "low", "close")
