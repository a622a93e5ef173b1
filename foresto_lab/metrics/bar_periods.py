"""How many bars a year has: from their spacing, and from whether markets sleep."""

from __future__ import annotations

from typing import Final

import numpy as np

from foresto_lab.metrics.periods import SESSIONS_PER_YEAR
from foresto_lab.types import Int64Array1D

MICROSECONDS_PER_DAY: Final = 86_400_000_000
DAYS_OF_TRADING_ALWAYS: Final = 365.0
"""Days in a year of a market that never closes."""
_DAYS_PER_WEEK: Final = 7
_THURSDAY: Final = 3
"""The day of the week on which 1970 began, Monday being 0."""
_SATURDAY: Final = 5
_LOOKED_AT: Final = 20_000
"""Bars at the front that tell whether a market sleeps; more bars change nothing."""
_LONGEST_MONTH: Final = 31


def bars_per_year(open_times: Int64Array1D, spacing: int | None = None) -> float:
    """Return how many bars of this spacing a year has.

    A market that opens bars on Saturday or Sunday (UTC), or all around the clock, has
    365 days of them. Another has 252 sessions: one daily bar each, or the median number
    of bars of its days. Weeks are 52, months 12. Only the first 20,000 bars are looked
    at, so that later bars change nothing.

    Parameters
    ----------
    open_times : (n_bars,)
        Microseconds since 1970 UTC, ascending.
    spacing : int, optional
        Microseconds from bar to bar; by default the most frequent difference.

    Returns
    -------
    float
        252 where a single bar tells nothing.
    """
    times = open_times[:_LOOKED_AT]
    if spacing is None:
        spacing = bar_spacing(times)
    if spacing == 0:
        return SESSIONS_PER_YEAR
    days = spacing / MICROSECONDS_PER_DAY
    if days >= _LONGEST_MONTH - 3:
        return 12.0
    if days >= _DAYS_PER_WEEK:
        return 52.0 * _DAYS_PER_WEEK / days
    if _never_sleeps(times, spacing):
        return DAYS_OF_TRADING_ALWAYS / days
    if days >= 1.0:
        return SESSIONS_PER_YEAR / days
    return SESSIONS_PER_YEAR * _bars_per_session(times)


def bar_spacing(open_times: Int64Array1D) -> int:
    """Return the most frequent difference of open times, 0 with fewer than two."""
    if len(open_times) < 2:
        return 0
    differences, counts = np.unique(np.diff(open_times), return_counts=True)
    return int(differences[np.argmax(counts)])


def _never_sleeps(times: Int64Array1D, spacing: int) -> bool:
    days = times // MICROSECONDS_PER_DAY
    if ((days + _THURSDAY) % _DAYS_PER_WEEK >= _SATURDAY).any():
        return True
    if spacing >= MICROSECONDS_PER_DAY:
        return False
    _, counts = np.unique(days, return_counts=True)
    return bool(counts.max() * spacing >= MICROSECONDS_PER_DAY)


def _bars_per_session(times: Int64Array1D) -> float:
    _, counts = np.unique(times // MICROSECONDS_PER_DAY, return_counts=True)
    return float(np.median(counts))
