"""Volumes below zero."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class NegativeVolume(CandleRule):
    """Find candles with a negative volume.

    Why it matters: nothing was traded a negative number of times; the column is
    another one, or overflowed.

    Offending: volume -5. Corrected: the right column.
    """

    code = "CANDLE_VOLUME_NEGATIVE"
    name = "Volume negative"
    description = "The volume is negative."
    severity = Severity.ERROR
    fix = "See that the right column stands for the volume."
    shown = ("volume",)

    def places(self, rows: CandleRows) -> Places:
        """Return the candles with a negative volume."""
        return np.flatnonzero(rows.values["volume"] < 0)

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        return tally("Candles with a negative volume", count, len(rows))
