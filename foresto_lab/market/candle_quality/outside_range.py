"""Opens and closes outside of low and high."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class OutsideRange(CandleRule):
    """Find candles whose open or close lies outside of low and high.

    Why it matters: the engine fills orders at opens and reads stops from low and high;
    it takes no candle in which they contradict each other.

    Offending: low 100, high 102, close 103. Corrected: high 103.
    """

    code = "CANDLE_OUTSIDE_RANGE"
    name = "Open or close outside range"
    description = "The open or close lies outside of low and high."
    severity = Severity.ERROR
    fix = "Take the row from another source, or leave it out."
    shown = ("open", "high", "low", "close")

    def places(self, rows: CandleRows) -> Places:
        """Return the candles, but for those whose high and low are the fault."""
        high, low = rows.values["high"], rows.values["low"]
        wrong = [
            (rows.values[name] < low) | (rows.values[name] > high)
            for name in ("open", "close")
        ]
        return np.flatnonzero(np.logical_or.reduce(wrong) & (high >= low))

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        what = "Candles whose open or close lies outside of low and high"
        return tally(what, count, len(rows))
