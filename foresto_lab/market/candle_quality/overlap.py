"""Candles closer together than they last."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class Overlap(CandleRule):
    """Find candles that open within the span of the one before.

    Why it matters: they are of a shorter timeframe than was said; every annual figure
    and every resampled candle would be wrong.

    Offending: 09:00, 09:01 said to be of 1h. Corrected: the timeframe 1m.
    """

    code = "CANDLE_OVERLAP"
    name = "Overlapping candles"
    description = "Two candles open within one span of the timeframe."
    severity = Severity.ERROR
    fix = "Name the timeframe that the candles are of."

    def places(self, rows: CandleRows) -> Places:
        """Return the candles that open in the span of the one above, but later."""
        return np.flatnonzero((rows.steps == 0) & (np.diff(rows.open_times) > 0)) + 1

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        what = f"Candles that open within the {rows.timeframe} of the one before"
        return tally(what, count, len(rows))
