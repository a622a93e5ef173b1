"""Jumps by the ratio of a split."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.jump import jump_places, price_ratio
from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule
from foresto_lab.types import Severity

SPLIT_RATIOS = np.array([1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100])
TOLERANCE = 0.02
"""Relative: the day's own move comes on top of the split."""


class SplitSuspected(QualityRule):
    """Find jumps by 2, 3, 5, 10, 50 and the like, up or down.

    Why it matters: the series is not adjusted for a split (or a reverse split); the
    jump is no return.

    Offending: 2,650,000 to 53,000 (50:1). Corrected: split-adjusted history.
    """

    code = "SPLIT_SUSPECTED"
    name = "Split suspected"
    description = "The adjusted close jumps by the ratio of a split."
    severity = Severity.WARNING
    fix = "Load split-adjusted prices, or a file with an adjusted close beside them."

    def places(self, rows: DailyRows) -> Places:
        """Return the rows after such a jump."""
        places = jump_places(rows)
        ratio = price_ratio(rows, places)
        size = np.maximum(ratio, 1 / np.where(ratio > 0, ratio, np.nan))
        near = np.abs(size[:, None] / SPLIT_RATIOS - 1) <= TOLERANCE
        suspected: Places = places[near.any(axis=1)]
        return suspected

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many jumps."""
        return f"Jumps of the adjusted close by the ratio of a split: {count:,}."

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its ratio."""
        ratio = price_ratio(rows, np.array([place]))[0]
        shown = f"{ratio:.4g}:1" if ratio > 1 else f"1:{1 / ratio:.4g}"
        return f"{rows.symbol(place)} {rows.date(place)} {shown}"
