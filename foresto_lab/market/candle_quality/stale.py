"""Candles that a feed repeats."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity

FEWEST = 2
"""Repetitions in a row that are told of."""


class Stale(CandleRule):
    """Find candles with trades that are equal to the two before in all five numbers.

    Why it matters: a feed that hangs goes on writing its last candle; its volatility is
    understated, and what is bought there could not be bought. Flat candles without
    volume are not meant: see CANDLE_ZERO_VOLUME.

    Offending: three candles of 100, 101, 99, 100, volume 7.25. Corrected: a gap.
    """

    code = "CANDLE_STALE"
    name = "Stale candles"
    description = "Three or more candles in a row are equal, their volume too."
    severity = Severity.WARNING
    fix = "See whether the feed hung; if so, load these candles anew."
    shown = ("close", "volume")

    def places(self, rows: CandleRows) -> Places:
        """Return the third and later candles of each run of equal ones."""
        same = [column[1:] == column[:-1] for column in rows.values.values()]
        repeats = np.logical_and.reduce(same) & (rows.values["volume"][1:] > 0)
        repeats &= rows.steps > 0
        return np.flatnonzero(repeats[1:] & repeats[:-1]) + FEWEST

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles."""
        what = "Candles equal to the two before them, in volume too"
        return tally(what, count, len(rows))
