"""Dates that go back."""

from __future__ import annotations

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule, tally
from foresto_lab.types import Severity


class OutOfOrder(QualityRule):
    """Find rows dated before the same symbol's row above.

    Why it matters: files put together from several downloads look so, and may hold
    the same days twice or adjusted in two ways. One that runs from newest to oldest
    throughout can be turned round on request.

    Offending: 2024-01-02, 2024-01-04, 2024-01-03. Corrected: ascending dates.
    """

    code = "OUT_OF_ORDER"
    name = "Out of order"
    description = "A row's date lies before that of the row above."
    severity = Severity.ERROR
    fix = "Sort the file by date, after a look at why it is not."

    def places(self, rows: DailyRows) -> Places:
        """Return the rows that came after a later date."""
        return rows.descents

    def remedy(self, rows: DailyRows, places: Places) -> str:
        """Return the option for a file that runs backwards throughout."""
        if len(places) < rows.follows.sum():
            return self.fix
        return "The rows run from newest to oldest throughout: add --newest-first."

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows."""
        return tally("Rows dated before the row above them", count, len(rows))
