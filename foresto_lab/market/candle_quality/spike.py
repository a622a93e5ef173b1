"""Closes that leap and come back."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.types import Severity

TIMES = 10.0
COMES_BACK = 0.2
"""The share of the leap that may be left at the next close."""


class Spike(CandleRule):
    """Find closes that leap by 10 usual ranges and are back at the next close.

    The usual range is the median of high less low over blocks of 128 candles.

    Why it matters: a bad print; a mean-reverting strategy earns its fortune on it.

    Offending: 100, 130, 100.5 among candles with a range of 1. Corrected: the candle of
    another source.
    """

    code = "CANDLE_SPIKE"
    name = "Reversed spike"
    description = "A close leaps by 10 usual ranges and comes back at the next."
    severity = Severity.WARNING
    fix = "Compare the candle with another source."
    shown = ("open", "high", "low", "close")

    def places(self, rows: CandleRows) -> Places:
        """Return the candles whose close leaps."""
        close = rows.values["close"]
        leap = np.abs(close[1:-1] - close[:-2])
        left = np.abs(close[2:] - close[:-2])
        far = leap > TIMES * rows.usual_range[1:-1]
        return np.flatnonzero(far & (left <= COMES_BACK * leap)) + 1

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        return (
            f"Closes that leap by more than {TIMES:.0f} usual ranges and come back at "
            f"the next: {count:,}."
        )
