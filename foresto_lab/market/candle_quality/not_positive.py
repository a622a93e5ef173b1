"""Prices that are none."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity

PRICES = ("open", "high", "low", "close")


class NotPositive(CandleRule):
    """Find candles with a price of zero or below.

    Why it matters: zero usually stands for a span without a trade; as a price it is a
    loss of everything, and a stop anywhere would be hit.

    Offending: low 0. Corrected: the row left out.
    """

    code = "CANDLE_NOT_POSITIVE"
    name = "Price not positive"
    description = "A price is zero or negative."
    severity = Severity.ERROR
    fix = "Leave out the rows without a trade, or correct them: --drop-empty-rows."
    shown = PRICES

    def places(self, rows: CandleRows) -> Places:
        """Return the candles with such a price."""
        wrong = [rows.values[name] <= 0 for name in PRICES]
        return np.flatnonzero(np.logical_or.reduce(wrong))

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        return tally("Candles with a price of zero or below", count, len(rows))
