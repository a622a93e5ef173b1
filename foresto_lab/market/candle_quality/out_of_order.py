"""Candles that go back in time."""

from __future__ import annotations

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class OutOfOrder(CandleRule):
    """Find candles that stand after one of a later time.

    Why it matters: files put together from several downloads look so, and may hold the
    same spans twice, in two versions.

    Offending: 09:00, 09:02, 09:01. Corrected: ascending times.
    """

    code = "CANDLE_OUT_OF_ORDER"
    name = "Out of order"
    description = "A candle opens before one that stands above it."
    severity = Severity.ERROR
    fix = "Look at why; then say --sort, or sort the file."

    def places(self, rows: CandleRows) -> Places:
        """Return the candles that stood after a later one."""
        return rows.descents

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        return tally("Candles that stand after one of a later time", count, len(rows))
