"""Highs below lows."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class HighBelowLow(CandleRule):
    """Find candles whose high lies below their low.

    Why it matters: two columns stand for each other; stops and targets would be read
    from the wrong side.

    Offending: high 99, low 101. Corrected: the columns named rightly.
    """

    code = "CANDLE_HIGH_BELOW_LOW"
    name = "High below low"
    description = "The high lies below the low."
    severity = Severity.ERROR
    fix = "See whether the columns are in another order than their names say."
    shown = ("high", "low")

    def places(self, rows: CandleRows) -> Places:
        """Return the candles whose high lies below their low."""
        return np.flatnonzero(rows.values["high"] < rows.values["low"])

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        return tally("Candles whose high lies below their low", count, len(rows))
