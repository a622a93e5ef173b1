"""Candles without a value."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class MissingValue(CandleRule):
    """Find candles in which a price or the volume is missing or infinite.

    Why it matters: a candle is one only with all five of its numbers; an indicator
    would carry the hole along.

    Offending: close empty. Corrected: the row filled from the source, or left out.
    """

    code = "CANDLE_VALUE_MISSING"
    name = "Value missing"
    description = "A price or the volume is missing or infinite."
    severity = Severity.ERROR
    fix = "Fill the rows from the source, or leave them out: --drop-empty-rows."
    shown = CANDLE_FIELDS

    def places(self, rows: CandleRows) -> Places:
        """Return the candles with a value that is no finite number."""
        whole = [np.isfinite(rows.values[name]) for name in CANDLE_FIELDS]
        return np.flatnonzero(~np.logical_and.reduce(whole))

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        return tally("Candles with a missing or infinite value", count, len(rows))
