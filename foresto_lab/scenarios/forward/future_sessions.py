"""The made-up sessions of the future: months of 21 sessions, years of 252.

Session 0 is the last session of the year before; the first session of month 1 of year
1 is session 1. So a periodic rule, or a cash flow, that falls on the first session of
a month falls on sessions 1, 22, 43, ..., on the last on sessions 21, 42, 63, ...; a
week is 5 sessions from session 1 on. Dates are given to them only so that rules, costs
and flows can be asked what falls due: year 1 is the calendar year after the last price.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.types import BaseDay, Frequency, Int64Array1D, SessionArray

MONTH_SESSIONS: Final = 21
YEAR_SESSIONS: Final = 252
WEEK_SESSIONS: Final = 5
MONTHS: Final = 12


@dataclass(frozen=True, eq=False)
class FutureCalendar(TradingCalendar):
    """The sessions of a made-up future, from the month before to the month after it."""

    def _base_sessions(  # type: ignore[override]  # the parent's is cached
        self, frequency: Frequency, base_day: BaseDay
    ) -> SessionArray:
        if frequency is not Frequency.WEEKLY:
            return super()._base_sessions(frequency, base_day)
        first = base_day is BaseDay.FIRST_TRADING_DAY
        begin = MONTH_SESSIONS if first else MONTH_SESSIONS + WEEK_SESSIONS - 1
        return self.all_sessions[begin:-MONTH_SESSIONS:WEEK_SESSIONS]


@dataclass(frozen=True, eq=False)
class FutureSessions:
    """A made-up future of whole months after the close of a year."""

    last_price: np.datetime64
    n_months: int

    @property
    def years(self) -> float:
        """The length in years."""
        return self.n_months / MONTHS

    @property
    def n_sessions(self) -> int:
        """The number of sessions, session 0 included."""
        return self.n_months * MONTH_SESSIONS + 1

    @cached_property
    def month_ends(self) -> Int64Array1D:
        """Session 0 and the last session of each month."""
        return np.arange(0, self.n_sessions, MONTH_SESSIONS, dtype=np.int64)

    @cached_property
    def _dates(self) -> SessionArray:
        """The dates of all sessions, with a month before and a month after."""
        year = self.last_price.astype("datetime64[Y]").astype("datetime64[M]") + MONTHS
        months = year + np.arange(-1, self.n_months + 1)
        days = np.arange(MONTH_SESSIONS)
        days += days // 3  # spread over the month: 1, 2, 3, 5, ..., 27
        dates = months.astype("datetime64[D]")[:, None] + days[None, :]
        flat: SessionArray = dates.ravel()
        flat.setflags(write=False)
        return flat

    @cached_property
    def sessions(self) -> SessionArray:
        """The date of each session; session 0 first."""
        return self._dates[MONTH_SESSIONS - 1 : -MONTH_SESSIONS]

    @cached_property
    def calendar(self) -> FutureCalendar:
        """The calendar that rules and flows look up their dates in."""
        first, last = self._dates[0], self._dates[-1]
        begin = first.astype("datetime64[M]").astype("datetime64[D]")
        after = (last.astype("datetime64[M]") + 1).astype("datetime64[D]")
        return FutureCalendar(
            name="FUTURE",
            first_date=begin.item(),
            last_date=(after - 1).item(),
            all_sessions=self._dates,
        )
