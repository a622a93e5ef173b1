"""Candles without a trade."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class ZeroVolume(CandleRule):
    """Find candles with a volume of zero.

    Why it matters: nothing was traded, so nothing could have been bought there; a
    source may write such candles to fill its grid. VWAP has no value on them alone.
    """

    code = "CANDLE_ZERO_VOLUME"
    name = "Zero volume"
    description = "Nothing was traded in the span of the candle."
    severity = Severity.INFO
    shown = ("close",)

    def places(self, rows: CandleRows) -> Places:
        """Return the candles without volume."""
        return np.flatnonzero(rows.values["volume"] == 0)

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        return tally("Candles without volume", count, len(rows))
