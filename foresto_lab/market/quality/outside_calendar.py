"""Dates outside the years that the calendar knows."""

from __future__ import annotations

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally
from foresto_lab.types import Severity


class OutsideCalendar(QualityRule):
    """Find dates before or after the years that the calendar knows.

    Why it matters: nothing can be said of gaps and base days there; and a year such as
    0202 or 2924 is a slip of the pen.

    Offending: 1833-01-01 for XKRX. Corrected: rows from 1956-03-03 on.
    """

    code = "OUTSIDE_CALENDAR_YEARS"
    name = "Outside the calendar's years"
    description = "A date lies outside the years that the exchange calendar knows."
    severity = Severity.ERROR
    fix = "Cut the file to these years, or name another calendar (--calendar)."

    def places(self, rows: DailyRows) -> Places:
        """Return rows dated outside the calendar's years."""
        return rows.on_days(~rows.day_is_known)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows, with the bounds."""
        calendar = rows.calendar
        years = f"{calendar.first_date} to {calendar.last_date}"
        what = f"Rows outside the years that {calendar.name} knows, {years}"
        return tally(what, count, len(rows))
