"""The only module that imports exchange_calendars; loaded when nothing is cached."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from exchange_calendars import ExchangeCalendar, calendar_utils

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.calendar_cache import CalendarDays
from foresto_lab.market.calendar_corrections import (
    CalendarCorrection,
    SaturdaySessions,
)


def canonical_name(name: str) -> str:
    """Return the library's own name for a calendar's name, alias or other case.

    Raises
    ------
    UnknownNameError
        No calendar is called so.
    """
    factories = calendar_utils._default_calendar_factories
    aliases = calendar_utils._default_calendar_aliases
    spelling = {known.casefold(): known for known in (*aliases, *factories)}
    known = spelling.get(str(name).casefold())
    if known is None:
        raise UnknownNameError(
            kind="calendar", given=name, allowed=tuple(sorted(factories))
        )
    while known in aliases:
        known = aliases[known]
    return str(known)


def build_days(
    name: str,
    correction: CalendarCorrection | None,
    unbounded_first: dt.date,
    unbounded_last: dt.date,
) -> CalendarDays:
    """Return every session that the library knows of a calendar, put right.

    The library's default is the last twenty years and the next one, counted from
    today; here the bounds are the ones it declares, or those given.
    """
    correction = correction or CalendarCorrection()
    factory = calendar_utils._default_calendar_factories[name]
    first = correction.first_date or _date(factory.bound_min()) or unbounded_first
    last = _date(factory.bound_max()) or unbounded_last
    calendar = factory(start=pd.Timestamp(first), end=pd.Timestamp(last))
    sessions = calendar.sessions
    for saturdays in correction.saturdays:
        sessions = sessions.union(_open_saturdays(calendar, saturdays))
    closed = pd.DatetimeIndex([closure.session for closure in correction.closures])
    sessions = sessions.difference(closed)
    return CalendarDays(first, last, sessions.to_numpy().astype("datetime64[D]"))


def _open_saturdays(
    calendar: ExchangeCalendar, saturdays: SaturdaySessions
) -> pd.DatetimeIndex:
    """Return the Saturdays between two dates that the calendar holds no holiday on."""
    days = pd.date_range(saturdays.first, saturdays.last, freq="W-SAT")
    regular = calendar.regular_holidays
    holidays = pd.DatetimeIndex(calendar.adhoc_holidays)
    if regular is not None:
        holidays = holidays.union(regular.holidays(days[0], days[-1]))
    return days.difference(holidays)


def _date(bound: pd.Timestamp | None) -> dt.date | None:
    return None if bound is None else bound.date()
