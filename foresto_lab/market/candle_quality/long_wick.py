"""Wicks far beyond the usual."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import SAMPLES, CandleRule
from foresto_lab.types import Float64Array1D, Severity

TIMES = 20.0


class LongWick(CandleRule):
    """Find highs and lows that lie 20 usual ranges beyond the candle's body.

    The usual range is the median of high less low over blocks of 128 candles.

    Why it matters: one bad print in a high or low hits every stop and target near it;
    a backtest then earns or loses what nobody could.

    Offending: open 100, close 101, low 60 among candles with a range of 1. Corrected:
    the candle of another source.
    """

    code = "CANDLE_LONG_WICK"
    name = "Long wick"
    description = "A high or low lies 20 usual ranges or more beyond open and close."
    severity = Severity.WARNING
    fix = "Compare the candle with another source."
    shown = ("open", "high", "low", "close")

    def places(self, rows: CandleRows) -> Places:
        """Return the candles with such a wick."""
        return np.flatnonzero(_wicks(rows) > TIMES * rows.usual_range)

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles, and the longest wick."""
        times = (_wicks(rows) / rows.usual_range)[places].max()
        return (
            f"Candles with a wick of more than {TIMES:.0f} usual ranges: {count:,}; "
            f"the longest is {times:,.0f} of them."
        )

    def told(self, rows: CandleRows, places: Places) -> Places:
        """Return the longest wicks, in order of time."""
        times = (_wicks(rows) / rows.usual_range)[places]
        return np.sort(places[np.argsort(-times, kind="stable")[:SAMPLES]])


def _wicks(rows: CandleRows) -> Float64Array1D:
    """Return how far high or low lies beyond open and close."""
    opening, close = rows.values["open"], rows.values["close"]
    above = rows.values["high"] - np.maximum(opening, close)
    below = np.minimum(opening, close) - rows.values["low"]
    wicks: Float64Array1D = np.maximum(above, below)
    return wicks
