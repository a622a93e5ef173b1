"""Rows on weekdays on which the exchange was closed."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.calendars import DEFAULT_CALENDAR, get_calendar
from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally
from foresto_lab.types import Severity

WRONG_CALENDAR_SHARE = 0.01
CANDIDATES = (DEFAULT_CALENDAR, "XNYS", "24/7")
"""Compared with the dates where many do not fit, the first best is proposed."""


class OffCalendarRow(QualityRule):
    """Find rows on weekdays that are no sessions of the calendar.

    Why it matters: a few are errors of the source or the calendar; one in a hundred
    and more means that the calendar is another exchange's, and every base day with it.

    Offending: 2024-01-01 for XKRX. Corrected: no row; or the right calendar.
    """

    code = "OFF_CALENDAR_ROW"
    name = "Row without a session"
    description = "A row falls on a weekday on which the exchange was closed."
    severity = Severity.WARNING
    fix = "Compare the dates with the exchange's holidays."

    def places(self, rows: DailyRows) -> Places:
        """Return rows on weekdays that are no sessions."""
        weekday = np.is_busday(rows.day_dates)
        return rows.on_days(weekday & ~rows.day_is_session & rows.day_is_known)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows, and the share where it is telling."""
        what = f"Rows on weekdays without a session of {rows.calendar.name}"
        return tally(what, count, len(rows))

    def remedy(self, rows: DailyRows, places: Places) -> str:
        """Return the calendar that fits better, where the share is telling."""
        if len(places) < WRONG_CALENDAR_SHARE * len(rows):
            return self.fix
        best = max(CANDIDATES, key=lambda name: _rows_on_sessions(rows, name))
        if _rows_on_sessions(rows, best) <= _rows_on_sessions(rows, rows.calendar.name):
            return self.fix
        fitting = _rows_on_sessions(rows, best)
        return (
            f"{best} has a session for {fitting:,} of the rows: try --calendar {best}."
        )


def _rows_on_sessions(rows: DailyRows, name: str) -> int:
    calendar = get_calendar(name)
    known = calendar.knows(rows.day_dates)
    sessions = calendar.is_session(rows.day_dates[known])
    return int(rows.rows_per_day[known][sessions].sum())
