"""Exchange calendars: which days are sessions, and which of them a period turns on.

The sessions come from exchange_calendars, with the corrections that
``calendar_corrections`` declares. Importing the library and building a calendar takes
seconds, so computed sessions are kept on disk (``calendar_cache``); a calendar that was
used before is read in a millisecond, without the library.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import CalendarRangeError, InputError, UnknownNameError
from foresto_lab.market.calendar_cache import (
    CalendarDays,
    cached_days,
    keep_days,
)
from foresto_lab.market.calendar_corrections import CORRECTIONS
from foresto_lab.types import BaseDay, Frequency, SessionArray

DateLike: TypeAlias = "str | dt.date | np.datetime64"

_Choice = TypeVar("_Choice", Frequency, BaseDay)

DEFAULT_CALENDAR = "XKRX"
UNBOUNDED_FIRST = dt.date(1953, 1, 1)
"""Where a calendar begins that the library does not bound.

New York traded on Saturdays until 1952-09; the library knows none of those sessions.
"""
UNBOUNDED_LAST = dt.date(2050, 12, 31)
"""Where a calendar ends that the library does not bound."""

_MONTHS = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.SEMIANNUAL: 6,
    Frequency.ANNUAL: 12,
}
_EPOCH_TO_MONDAY = 3  # 1970-01-01 was a Thursday: its ISO week began 3 days before


def parse_session(value: DateLike, parameter: str = "date") -> np.datetime64:
    """Return a loosely written date as ``datetime64[D]``.

    Raises
    ------
    InputError
        It is no date, has a time of day, or carries a time zone.
    """
    if getattr(value, "tzinfo", None) is not None:
        raise InputError(
            message=f"{parameter} is {value}, with a time zone; a session is an "
            "exchange's own date, without one. Drop the zone: value.tz_localize(None)."
        )
    try:
        given = dt.date.fromisoformat(value) if isinstance(value, str) else value
        instant = np.datetime64(given)
    except (ValueError, TypeError):
        raise InputError(
            message=f"{parameter} is {value!r}, which is no date. Write YYYY-MM-DD."
        ) from None
    session: np.datetime64 = instant.astype("datetime64[D]")
    if np.isnat(session) or session != instant:
        raise InputError(
            message=f"{parameter} is {value!r}; it must be a day without a time. "
            "Write YYYY-MM-DD."
        )
    return session


@dataclass(frozen=True, eq=False)
class TradingCalendar:
    """The sessions of one exchange.

    Parameters
    ----------
    name : str
        As exchange_calendars names it: ``XKRX``, ``XNYS``, ``24/7``.
    first_date, last_date : datetime.date
        The days between which the calendar knows what is a session.
    all_sessions : (n_sessions,) datetime64[D]
        Every session between them, ascending, read-only.
    """

    name: str
    first_date: dt.date
    last_date: dt.date
    all_sessions: SessionArray

    def __repr__(self) -> str:
        return f"TradingCalendar({self.name!r}, {self.first_date}..{self.last_date})"

    @property
    def first_session(self) -> np.datetime64:
        """The first session that the calendar knows."""
        first: np.datetime64 = self.all_sessions[0]
        return first

    @property
    def last_session(self) -> np.datetime64:
        """The last session that the calendar knows; in the future."""
        last: np.datetime64 = self.all_sessions[-1]
        return last

    def sessions(self, start: DateLike, end: DateLike) -> SessionArray:
        """Return the sessions from start to end, both included, read-only.

        Raises
        ------
        CalendarRangeError
            Start or end lies outside the years that the calendar knows.
        """
        return self._between(self.all_sessions, start, end)

    def period_sessions(
        self,
        frequency: Frequency | str,
        base_day: BaseDay | str,
        start: DateLike,
        end: DateLike,
    ) -> SessionArray:
        """Return the base session of every period, where it lies in [start, end].

        The calendar alone decides which session is a period's first or last; one that
        lies outside [start, end] is not returned, nor is another put in its place. A
        week is an ISO week, Monday to Sunday. Quarters begin in January, April, July
        and October, half-years in January and July.

        Raises
        ------
        UnknownNameError
            The frequency or the base day is none of those there are.
        CalendarRangeError
            Start or end lies outside the years that the calendar knows.
        """
        base_sessions = self._base_sessions(
            _named(Frequency, frequency, "frequency"),
            _named(BaseDay, base_day, "base day"),
        )
        return self._between(base_sessions, start, end)

    def moved_sessions(
        self,
        frequency: Frequency | str,
        base_day: BaseDay | str,
        offset: int,
        start: DateLike,
        end: DateLike,
    ) -> SessionArray:
        """Return the sessions ``offset`` inside every period, where in [start, end].

        They are counted from the base day, forwards from a first trading day and
        backwards from a last; in a period without that many sessions it is the one at
        the period's other end. The rest is as for ``period_sessions``.
        """
        firsts, lasts = self._period_places(_named(Frequency, frequency, "frequency"))
        if _named(BaseDay, base_day, "base day") is BaseDay.FIRST_TRADING_DAY:
            places = np.minimum(firsts + offset, lasts)
        else:
            places = np.maximum(lasts - offset, firsts)
        return self._between(self.all_sessions[places], start, end)

    def knows(self, dates: SessionArray) -> npt.NDArray[np.bool_]:
        """Return which of the dates lie in the years that the calendar knows."""
        first, last = np.datetime64(self.first_date), np.datetime64(self.last_date)
        return (dates >= first) & (dates <= last)

    def is_session(self, dates: SessionArray) -> npt.NDArray[np.bool_]:
        """Return which of the dates are sessions; all must be known."""
        return self._session_flags[self._day_index(dates)]

    def session_number(self, dates: SessionArray) -> npt.NDArray[np.int32]:
        """Return how many sessions lie on or before each date; all must be known."""
        return self._session_counts[self._day_index(dates)]

    @cached_property
    def _session_flags(self) -> npt.NDArray[np.bool_]:
        days = (np.datetime64(self.last_date) - np.datetime64(self.first_date)).astype(
            int
        )
        flags = np.zeros(int(days) + 1, dtype=np.bool_)
        flags[self._day_index(self.all_sessions)] = True
        return flags

    @cached_property
    def _session_counts(self) -> npt.NDArray[np.int32]:
        return np.cumsum(self._session_flags, dtype=np.int32)

    def _day_index(self, dates: SessionArray) -> npt.NDArray[np.int64]:
        return (dates - np.datetime64(self.first_date)).astype(np.int64)

    def _between(
        self, sessions: SessionArray, start: DateLike, end: DateLike
    ) -> SessionArray:
        first = self._known(parse_session(start, "start"))
        last = self._known(parse_session(end, "end"))
        low = sessions.searchsorted(first, side="left")
        return sessions[low : sessions.searchsorted(last, side="right")]

    def _known(self, session: np.datetime64) -> np.datetime64:
        if (
            not np.datetime64(self.first_date)
            <= session
            <= np.datetime64(self.last_date)
        ):
            raise CalendarRangeError(
                date=str(session),
                calendar=self.name,
                first=str(self.first_date),
                last=str(self.last_date),
            )
        return session

    @lru_cache(maxsize=8)  # noqa: B019 - calendars live as long as the process
    def _period_places(
        self, frequency: Frequency
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return where each period begins and ends among all the sessions."""
        begins, ends = (
            self.all_sessions.searchsorted(self._base_sessions(frequency, base_day))
            for base_day in (BaseDay.FIRST_TRADING_DAY, BaseDay.LAST_TRADING_DAY)
        )
        return begins, ends

    @lru_cache(maxsize=64)  # noqa: B019 - calendars live as long as the process
    def _base_sessions(self, frequency: Frequency, base_day: BaseDay) -> SessionArray:
        """Return the base session of every period that is known from end to end."""
        periods = _period_numbers(self.all_sessions, frequency)
        turns = np.flatnonzero(np.diff(periods)) + 1
        if base_day is BaseDay.FIRST_TRADING_DAY:
            places = np.concatenate(([0], turns))
        else:
            places = np.concatenate((turns - 1, [len(periods) - 1]))
        whole = np.ones(len(places), dtype=np.bool_)
        outside = np.array(
            [self.first_date - dt.timedelta(1), self.last_date + dt.timedelta(1)],
            dtype="datetime64[D]",
        )
        before, after = _period_numbers(outside, frequency)
        whole[0] = periods[0] != before
        whole[-1] = periods[-1] != after
        return _frozen(self.all_sessions[places[whole]])


@lru_cache(maxsize=128)
def get_calendar(name: str = DEFAULT_CALENDAR) -> TradingCalendar:
    """Return the calendar of this name: any that exchange_calendars has.

    It spans as many years as the library knows: XKRX 1956-03-03 to 2050-12-31; one
    that the library leaves open, such as XNYS and 24/7, 1953-01-01 to 2050-12-31.

    Raises
    ------
    UnknownNameError
        No calendar is called so.
    """
    days = cached_days(name)
    if days is None:
        from foresto_lab.market import calendar_library

        canonical = calendar_library.canonical_name(name)
        if canonical != name:
            return get_calendar(canonical)
        days = calendar_library.build_days(
            name, CORRECTIONS.get(name), UNBOUNDED_FIRST, UNBOUNDED_LAST
        )
        keep_days(name, days)
    return _calendar(name, days)


def _calendar(name: str, days: CalendarDays) -> TradingCalendar:
    return TradingCalendar(
        name=name,
        first_date=days.first_date,
        last_date=days.last_date,
        all_sessions=_frozen(days.sessions),
    )


def _frozen(sessions: SessionArray) -> SessionArray:
    sessions.setflags(write=False)
    return sessions


def _named(kind: type[_Choice], given: _Choice | str, label: str) -> _Choice:
    try:
        return kind(given)
    except ValueError:
        raise UnknownNameError(kind=label, given=given, allowed=tuple(kind)) from None


def _period_numbers(dates: SessionArray, frequency: Frequency) -> npt.NDArray[np.int64]:
    """Return the number of the period that each date falls in."""
    if frequency is Frequency.WEEKLY:
        return (dates.astype(np.int64) + _EPOCH_TO_MONDAY) // 7
    return dates.astype("datetime64[M]").astype(np.int64) // _MONTHS[frequency]
