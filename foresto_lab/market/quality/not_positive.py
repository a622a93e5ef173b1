"""Prices of zero or below."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import PRICES, DailyRows, Mask, Places
from foresto_lab.market.quality.rule import QualityRule, tally, values_at
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
        text = tally("Rows with a price of 0 or below", count, len(rows))
        zeros = places[_all_zero(rows, places)]
        if not len(zeros):
            return text
        on_sessions = int(rows.day_is_session[rows.day_index[zeros]].sum())
        return (
            f"{text} {len(zeros):,} of them hold nothing but zeros, {on_sessions:,} of "
            f"those on sessions of {rows.calendar.name}: days without trading, filled "
            "in."
        )

    def remedy(self, rows: DailyRows, places: Places) -> str:
        """Return the options for holidays and halts filled in, where there are any."""
        options = []
        if _all_zero(rows, places).any():
            options.append("leave out rows of nothing but zeros (--drop-zero-rows)")
        if _halted(rows, places).any():
            options.append(
                "take a zero open, high or low on a day without volume as missing "
                "(--halts-as-missing)"
            )
        if not options:
            return self.fix
        return f"If that is right: {'; '.join(options)}. What is done is recorded."

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its prices."""
        given = [name for name in PRICES if not np.isnan(rows.values[name][place])]
        return values_at(rows, place, *given)


def _halted(rows: DailyRows, places: Places) -> Mask:
    """Return which rows have a close, no volume, and zeros for the other prices."""
    still = (rows.values["volume"][places] == 0) & (rows.values["close"][places] > 0)
    for name in ("open", "high", "low"):
        given = rows.values[name][places]
        still &= (given >= 0) | np.isnan(given)
    return np.asarray(still)


def _all_zero(rows: DailyRows, places: Places) -> Mask:
    zero = np.ones(len(places), dtype=np.bool_)
    for column in rows.values.values():
        given = column[places]
        zero &= (given == 0) | np.isnan(given)
    return zero
