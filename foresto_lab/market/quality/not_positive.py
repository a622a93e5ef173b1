"""Prices of zero or below."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import PRICES, DailyRows, Mask, Places
from foresto_lab.market.quality.rule import QualityRule, values_at
from foresto_lab.types import Severity


class NotPositive(QualityRule):
    """Find prices that are zero or negative.

    Why it matters: no share costs nothing; zeros stand for days without trading and
    become returns of -100 % and infinity.

    Offending: ``2024-01-01,0,0,0,0``. Corrected: no row for a holiday.
    """

    code = "PRICE_NOT_POSITIVE"
    name = "Price not positive"
    description = "A price is zero or negative."
    severity = Severity.ERROR
    fix = "Correct the rows at their source, or remove them."

    def places(self, rows: DailyRows) -> Places:
        """Return rows with any price at or below zero."""
        broken = np.zeros(len(rows), dtype=np.bool_)
        for name in PRICES:
            broken |= rows.values[name] <= 0
        return np.flatnonzero(broken)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many rows, and how many of them are filled with zeros."""
        zeros = int(_all_zero(rows, places).sum())
        text = f"{count:,} of {len(rows):,} rows have a price of 0 or below"
        if not zeros:
            return f"{text}."
        sessions = int(rows.day_is_session[rows.day_index[places]].sum())
        return (
            f"{text}; {zeros:,} hold nothing but zeros, and {sessions:,} of all fall "
            f"on sessions of {rows.calendar.name}: days without trading, filled in."
        )

    def remedy(self, rows: DailyRows, places: Places) -> str:
        """Return the option for rows of zeros, where there are any."""
        if not _all_zero(rows, places).any():
            return self.fix
        return (
            "To leave out the rows that hold nothing but zeros, which is then "
            "recorded, add --drop-zero-rows (drop_zero_rows=True)."
        )

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its prices."""
        given = [name for name in PRICES if not np.isnan(rows.values[name][place])]
        return values_at(rows, place, *given)


def _all_zero(rows: DailyRows, places: Places) -> Mask:
    zero = np.ones(len(places), dtype=np.bool_)
    for column in rows.values.values():
        given = column[places]
        zero &= (given == 0) | np.isnan(given)
    return zero
