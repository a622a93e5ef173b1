"""A rule on given sessions, as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from foresto_lab import engine
from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.types import BaseDay, BoolArray1D, Frequency, SessionArray


class Decision(IntEnum):
    """Which of date and drift make a trade."""

    NEVER = engine.NEVER
    ON_DATE = engine.ON_DATE
    ON_DRIFT = engine.ON_DRIFT
    ON_BOTH = engine.ON_BOTH
    ON_EITHER = engine.ON_EITHER


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """When a rule trades on given sessions, and to what.

    Parameters
    ----------
    due : (n_sessions,)
        Whether a periodic date falls on the session.
    decision : Decision
        Which of date and drift make a trade.
    threshold : float
        The drift that trades: a fraction of NAV or, ``relative``, of each target.
    relative, to_band_edge : bool
        How the drift is measured, and how far its trade goes.
    """

    due: BoolArray1D
    decision: Decision
    threshold: float = 1.0
    relative: bool = False
    to_band_edge: bool = False


def no_schedule(n_sessions: int) -> Schedule:
    """Return the schedule of buy and hold."""
    return Schedule(np.zeros(n_sessions, dtype=np.bool_), Decision.NEVER)


def due_sessions(
    sessions: SessionArray,
    calendar: TradingCalendar,
    frequency: Frequency,
    base_day: BaseDay,
    *,
    offset: int = 0,
) -> BoolArray1D:
    """Return which sessions a periodic date falls on.

    The calendar gives the dates. One without a row falls on the next row there is; one
    after the last row, on none. The first session is never due: the portfolio is bought
    at its close.

    Parameters
    ----------
    offset : int
        Sessions that each date lies inside its period, counted from the base day; in a
        period that has no more of them, the date is its session at the other end.
    """
    due = np.zeros(len(sessions), dtype=np.bool_)
    if offset:
        dates = calendar.moved_sessions(
            frequency, base_day, offset, sessions[0], sessions[-1]
        )
    else:
        dates = calendar.period_sessions(frequency, base_day, sessions[0], sessions[-1])
    due[np.searchsorted(sessions, dates)] = True
    due[0] = False
    return due
