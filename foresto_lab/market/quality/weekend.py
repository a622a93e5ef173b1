"""Rows on a Saturday or Sunday."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally
from foresto_lab.types import Severity


class WeekendRow(QualityRule):
    """Find rows on weekends that the calendar has no session on.

    Why it matters: the exchange was closed, so the rows are filled in, or shifted by a
    time zone, or of another market. XKRX traded on Saturdays until 1998-12-05.

    Offending: 2024-01-06 for a share. Corrected: no row; or --calendar 24/7 for what
    trades every day.
    """

    code = "WEEKEND_ROW"
    name = "Weekend row"
    description = "A row falls on a weekend day without a session."
    severity = Severity.ERROR
    fix = "Remove the rows, or name the calendar: --calendar 24/7 trades every day."

    def places(self, rows: DailyRows) -> Places:
        """Return rows on Saturdays and Sundays that are no sessions."""
        weekend = ~np.is_busday(rows.day_dates)
        return rows.on_days(weekend & ~rows.day_is_session & rows.day_is_known)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows."""
        what = f"Rows on a Saturday or Sunday without a session of {rows.calendar.name}"
        return tally(what, count, len(rows))
