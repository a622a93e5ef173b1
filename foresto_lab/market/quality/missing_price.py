"""A row without a close."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import PRICES, DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally, values_at
from foresto_lab.types import Severity


class MissingPrice(QualityRule):
    """Find closes that are NaN, and prices that are infinite.

    Why it matters: a return needs two closes; a hole becomes two false ones, or a
    silently shorter history. Open, high and low may be missing.

    Offending: ``2024-01-02,,100``. Corrected: the row with its close, or no row.
    """

    code = "PRICE_MISSING"
    name = "Price missing"
    description = "A close is NaN or empty, or a price is infinite."
    severity = Severity.ERROR
    fix = "Complete the rows at their source, or remove them."

    def places(self, rows: DailyRows) -> Places:
        """Return rows without close or adj_close, or with an infinite price."""
        broken = np.zeros(len(rows), dtype=np.bool_)
        for name in PRICES:
            finite = np.isfinite(rows.values[name])
            if finite.all():
                continue
            required = name in ("close", "adj_close")
            broken |= ~finite if required else np.isinf(rows.values[name])
        return np.flatnonzero(broken)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows have no price."""
        return tally("Rows without a finite close", count, len(rows))

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its closes."""
        return values_at(rows, place, "close", "adj_close")
