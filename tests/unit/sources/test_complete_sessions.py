from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.connectors.complete_sessions import (
    complete_candles,
    last_complete_session,
)


@pytest.mark.parametrize(
    ("calendar", "now", "expected"),
    [
        # Friday 2024-06-28: Korea's day is over at 20:00 there, 11:00 UTC.
        ("XKRX", "2024-06-28T10:59", "2024-06-27"),
        ("XKRX", "2024-06-28T11:00", "2024-06-28"),
        ("XKRX", "2024-06-30T03:00", "2024-06-28"),
        # New York: 20:00 there is 00:00 UTC in summer, 01:00 in winter.
        ("XNYS", "2024-06-28T23:59", "2024-06-27"),
        ("XNYS", "2024-06-29T00:00", "2024-06-28"),
        ("XNYS", "2024-01-06T00:59", "2024-01-04"),
        ("XNYS", "2024-01-06T01:00", "2024-01-05"),
        # Over the new year's holiday.
        ("XNYS", "2025-01-02T12:00", "2024-12-31"),
        # Elsewhere: when the day is over everywhere, at 12:00 UTC of the next one.
        ("24/7", "2024-06-28T11:59", "2024-06-26"),
        ("24/7", "2024-06-28T12:00", "2024-06-27"),
        ("XTKS", "2024-06-28T13:00", "2024-06-27"),
    ],
)
def test_a_session_is_complete_when_its_day_is_over_there(
    calendar: str, now: str, expected: str
) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert last_complete_session(calendar, instant) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("timeframe", "opened", "now", "over"),
    [
        ("1h", "2024-06-28T10:00", "2024-06-28T10:59:59", False),
        ("1h", "2024-06-28T10:00", "2024-06-28T11:00", True),
        ("1d", "2024-06-28T00:00", "2024-06-28T23:59", False),
        ("1d", "2024-06-28T00:00", "2024-06-29T00:00", True),
        ("1w", "2024-06-24T00:00", "2024-06-30T23:59", False),
        ("1w", "2024-06-24T00:00", "2024-07-01T00:00", True),
        ("1M", "2024-02-01T00:00", "2024-02-29T23:59", False),
        ("1M", "2024-02-01T00:00", "2024-03-01T00:00", True),
    ],
)
def test_a_candle_is_complete_at_its_end(
    timeframe: str, opened: str, now: str, over: bool
) -> None:
    times = np.array([np.datetime64(opened, "us").astype(np.int64)])
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert complete_candles(times, Timeframe.parse(timeframe), instant)[0] == over
