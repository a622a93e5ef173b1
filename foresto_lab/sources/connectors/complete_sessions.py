"""Which sessions and candles are over: only what cannot change any more is stored."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from foresto_lab.market.calendars import get_calendar
from foresto_lab.market.instants import microseconds
from foresto_lab.market.resampling import bin_ends
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.types import BoolArray1D, Int64Array1D

_OVER: Final = {"XKRX": ("Asia/Seoul", 20), "XNYS": ("America/New_York", 20)}
"""Calendar -> the exchange's zone, and the hour there from which a day is over.

Korean shares trade until 20:00 since 2025 (the second exchange's evening session).
"""
_LAST_ZONE: Final = timedelta(hours=12)
"""A day of any other calendar is over when it is over everywhere on earth."""


def last_complete_session(calendar: str, now: datetime) -> date:
    """Return the last session of a calendar that was over at an instant."""
    if calendar in _OVER:
        zone, hour = _OVER[calendar]
        there = now.astimezone(ZoneInfo(zone))
        day = there.date() - timedelta(days=0 if there.hour >= hour else 1)
    else:
        day = (now - _LAST_ZONE).date() - timedelta(days=1)
    known = get_calendar(calendar)
    sessions = known.sessions(day - timedelta(days=31), day)
    last: date = sessions[-1].astype(object) if len(sessions) else day
    return last


def complete_candles(
    open_times: Int64Array1D, timeframe: Timeframe, now: datetime
) -> BoolArray1D:
    """Return which candles, by open time in microseconds, were over at an instant."""
    over: BoolArray1D = bin_ends(open_times, timeframe) <= np.int64(microseconds(now))
    return over
