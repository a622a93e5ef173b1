"""Symbols that end before the others."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally
from foresto_lab.types import Severity

LAG_SESSIONS = 10


class EarlyEnd(QualityRule):
    """Find symbols that end ten sessions and more before the last date of all.

    Why it matters: they were delisted, or their update was forgotten; what holds them
    cannot be simulated to the end.

    Offending: one symbol to 2023-12-22, the others to 2025-09-26. Corrected: loaded on.
    """

    code = "EARLY_END"
    name = "Ends early"
    description = "A symbol ends ten or more sessions before the last date of all."
    severity = Severity.INFO
    fix = "Load newer prices, where the symbol still trades."

    def places(self, rows: DailyRows) -> Places:
        """Return the last row of each symbol that ends early."""
        after = int(rows.day_is_session.sum()) - np.cumsum(rows.day_is_session)
        lag = after[rows.day_index[rows.last_places]]
        return rows.last_places[lag >= LAG_SESSIONS]

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many symbols, and the last date of all."""
        what = f"Symbols that end {LAG_SESSIONS} or more sessions before"
        return tally(f"{what} {rows.day_dates[-1]}", count, len(rows.last_places))
