"""Spans without a candle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.market.candle_quality.rule import SAMPLES, CandleRule
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.types import Severity


class Gap(CandleRule):
    """Find spans between two candles in which there is none.

    Why it matters: an indicator over 14 candles then looks back further than 14 spans;
    a stop is read from the first candle after the gap. Many exchanges write no candle
    where nothing was traded: that is no fault, but it is good to know.

    Without a calendar a candle is expected in every span of the timeframe. With one,
    intraday candles are expected without a hole between the first and the last of each
    day (UTC), and longer ones on every session.

    Offending: 09:00, 09:01, 09:05. Corrected: the missing candles loaded.
    """

    code = "CANDLE_GAP"
    name = "Gap"
    description = "There is no candle in one or more spans between two candles."
    severity = Severity.WARNING
    fix = "Load the missing candles, or see that nothing was traded then."

    def places(self, rows: CandleRows) -> Places:
        """Return the candles before each gap."""
        return np.flatnonzero(_missing(rows) > 0)

    def amounts(self, rows: CandleRows, places: Places) -> Places:
        """Return the number of candles missing after each."""
        return _missing(rows)[places]

    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return how many gaps, of how many candles, and the longest."""
        missing = self.amounts(rows, places)
        longest = int(places[np.argmax(missing)])
        return (
            f"Gaps: {len(places):,}, with {count:,} candles of {rows.timeframe} "
            f"missing ({count / (count + len(rows)):.1%}); the longest lacks "
            f"{int(missing.max()):,}, from {rows.time(longest)} to "
            f"{rows.time(longest + 1)}."
        )

    def details(self, rows: CandleRows, places: Places) -> Mapping[str, Any]:
        """Return the number of gaps and the longest."""
        longest = int(places[np.argmax(self.amounts(rows, places))])
        return {
            "gaps": len(places),
            "longest": int(_missing(rows)[longest]),
            "longest_from": rows.time(longest),
            "longest_to": rows.time(longest + 1),
        }

    def told(self, rows: CandleRows, places: Places) -> Places:
        """Return the longest gaps, in order of time."""
        order = np.argsort(-self.amounts(rows, places), kind="stable")
        return np.sort(places[order[:SAMPLES]])

    def sample(self, rows: CandleRows, place: int) -> str:
        """Return from when to when, and how many candles."""
        missing = int(_missing(rows)[place])
        return f"{rows.time(place)} to {rows.time(place + 1)}: {missing:,} missing"


def _missing(rows: CandleRows) -> Places:
    """Return how many candles are missing after each but the last."""
    missing = np.maximum(rows.steps - 1, 0)
    if rows.calendar is None or rows.timeframe > Timeframe.THREE_DAYS:
        return missing
    days = rows.days
    same_day = days[1:] == days[:-1]
    skipped = _sessions_between(rows.calendar, days)
    if rows.timeframe >= Timeframe.ONE_DAY:
        return skipped
    return np.where(same_day, missing, skipped)


def _sessions_between(calendar: TradingCalendar, days: np.ndarray) -> Places:
    """Return how many sessions lie strictly between each two days that follow."""
    sessions = calendar.all_sessions
    after = np.searchsorted(sessions, days[:-1], side="right")
    before = np.searchsorted(sessions, days[1:], side="left")
    between: Places = np.maximum(before - after, 0)
    return between
