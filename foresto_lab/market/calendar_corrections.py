"""What exchange_calendars gets wrong, declared: each odd date with cause and source.

The library (4.13 under pandas 3) ignores its own rule for XKRX's Saturday sessions and
predates the 2026 local election. With these corrections XKRX equals, day by day from
1986-01-04 to 2026-12-30, the answers that the library's authors confirmed against the
exchange. Before 1986 no list of sessions is known to us to compare with; in 1985 the
days on which Samsung Electronics traded agree but for one Saturday (1985-12-28).
Sessions in the future follow today's holiday law; elections yet to be called and
one-off closures are not in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

CORRECTIONS_VERSION = 1
"""Raised with every change below; sessions computed under another are discarded."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A weekday on which the exchange did not open although the library says so."""

    session: date
    cause: str
    source: str


@dataclass(frozen=True, slots=True)
class SaturdaySessions:
    """Years in which the exchange opened on every Saturday that was no holiday."""

    first: date
    last: date
    cause: str
    source: str


@dataclass(frozen=True, slots=True)
class CalendarCorrection:
    """What to put right in one calendar, and the first day it is good for."""

    first_date: date | None = None
    saturdays: tuple[SaturdaySessions, ...] = ()
    closures: tuple[Closure, ...] = ()


CORRECTIONS: Mapping[str, CalendarCorrection] = MappingProxyType(
    {
        "XKRX": CalendarCorrection(
            first_date=date(1956, 3, 3),  # the Daehan Stock Exchange opened
            saturdays=(
                SaturdaySessions(
                    first=date(1956, 3, 3),
                    last=date(1998, 12, 5),
                    cause="half-day Saturday sessions, abolished from 1998-12-07",
                    source="https://www.hankyung.com/finance/article/1998080301961",
                ),
            ),
            closures=(
                Closure(
                    date(2026, 6, 3),
                    cause="9th nationwide local election, a public holiday",
                    source="exchange_calendars 5308ce2, etc/xkrx answers",
                ),
            ),
        ),
    }
)
