"""Candles that open beside the grid."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class OffGrid(CandleRule):
    """Find candles that do not open where a span of their timeframe begins, in UTC.

    Why it matters: a day that opens at 15:00 UTC is the next day in Seoul; resampled to
    weeks it counts for the day before. A minute that opens at 09:00:07 was made by a
    feed that cut elsewhere.

    Offending: 1h candles at 09:30, 10:30. Corrected: nothing, where that is how the
    exchange cuts its hours; otherwise times in UTC.
    """

    code = "CANDLE_OFF_GRID"
    name = "Off the grid"
    description = "A candle does not open where a span of its timeframe begins."
    severity = Severity.WARNING
    fix = "See that the time zone and the timeframe are right."

    def places(self, rows: CandleRows) -> Places:
        """Return the candles that open later than their span begins."""
        return np.flatnonzero(rows.open_times != rows.bins)

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        what = f"Candles that do not open where a span of {rows.timeframe} begins, UTC"
        return tally(what, count, len(rows))
