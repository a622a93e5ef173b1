"""Rows that are weeks, months or years apart."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally
from foresto_lab.types import Severity

WIDE_STEP_DAYS = 5
LEAST_ROWS = 10


class NotDaily(QualityRule):
    """Find symbols whose rows are mostly five days and more apart.

    Why it matters: monthly figures taken for daily ones make every annual number wrong
    by a factor.

    Offending: 2024-01-01, 2024-02-01, 2024-03-01 ... Corrected: a row per session.
    """

    code = "NOT_DAILY"
    name = "Not daily"
    description = "Most rows of a symbol are five days or more apart."
    severity = Severity.ERROR
    fix = "Load daily prices; weekly, monthly and annual series are not among them."

    def places(self, rows: DailyRows) -> Places:
        """Return the last row of each symbol that is not daily."""
        wide = (rows.day_steps >= WIDE_STEP_DAYS) & rows.follows
        wide_counts = np.bincount(rows.codes[1:][wide], minlength=len(rows.symbols))[
            rows.codes[rows.last_places]
        ]
        many = rows.row_counts >= LEAST_ROWS
        return rows.last_places[many & (2 * wide_counts > rows.row_counts - 1)]

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many symbols."""
        what = f"Symbols whose rows are mostly {WIDE_STEP_DAYS} days or more apart"
        return tally(f"{what}, so not daily", count, len(rows.last_places))
