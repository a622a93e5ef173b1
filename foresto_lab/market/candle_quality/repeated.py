"""Two candles of one open time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.quality.rule import tally
from foresto_lab.types import Severity


class Repeated(CandleRule):
    """Find candles that open at the same instant as another.

    Why it matters: where they differ it cannot be told which is true; files put
    together from overlapping downloads look so.

    Offending: two candles of 09:00. Corrected: one.
    """

    code = "CANDLE_REPEATED"
    name = "Repeated candle"
    description = "Two or more candles open at the same instant."
    severity = Severity.ERROR
    fix = "Say which to keep: --deduplicate first or --deduplicate last."
    shown = ("close", "volume")

    def places(self, rows: CandleRows) -> Places:
        """Return every candle but the first of each instant."""
        return np.flatnonzero(np.diff(rows.open_times) == 0) + 1

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many candles, and how many differ from the one before."""
        differ = count_differing(rows, places)
        what = tally("Candles that repeat the open time of another", count, len(rows))
        return f"{what} {differ:,} of them differ from it."

    def details(self, rows: CandleRows, places: Places) -> Mapping[str, Any]:
        """Return how many differ."""
        return {"differing": count_differing(rows, places)}


def count_differing(rows: CandleRows, places: Places) -> int:
    """Return how many candles differ from the one above them."""
    differ = [
        (column[places] != column[places - 1])
        & ~(np.isnan(column[places]) & np.isnan(column[places - 1]))
        for column in rows.values.values()
    ]
    return int(np.logical_or.reduce(differ).sum())
