from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import InputError
from foresto_lab.market.instants import (
    Moment,
    first_instant,
    last_instant,
    microseconds,
)

KOREA = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 1, 31),
        "2024-01-31",
        np.datetime64("2024-01-31"),
        np.datetime64("2024-01-31", "D"),
    ],
)
def test_a_day_is_the_whole_day_in_utc(day: Moment) -> None:
    assert first_instant(day) == datetime(2024, 1, 31, tzinfo=UTC)
    assert last_instant(day) == datetime(2024, 1, 31, 23, 59, 59, 999999, UTC)


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2024, 1, 31, tzinfo=UTC),
        datetime(2024, 1, 31, 9, tzinfo=KOREA),
        datetime(2024, 1, 31),  # noqa: DTZ001  without a zone, on purpose
        "2024-01-31T00:00Z",
        "2024-01-31 09:00+09:00",
        "2024-01-31 00:00",
        np.datetime64("2024-01-31T00:00"),
        np.datetime64("2024-01-31", "ns"),
        pd.Timestamp("2024-01-31", tz="UTC"),
    ],
)
def test_an_instant_is_itself(instant: Moment) -> None:
    expected = datetime(2024, 1, 31, tzinfo=UTC)

    for found in (first_instant(instant), last_instant(instant)):
        assert found == expected
        assert found is not None
        assert found.utcoffset() == timedelta(0)


def test_nothing_stays_nothing() -> None:
    assert first_instant(None) is None
    assert last_instant(None) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "tomorrow",
        "2024-02-30",
        "2024",
        20240131,
        1.5,
        [],
        True,
        pd.NaT,
        np.datetime64("NaT"),
    ],
)
def test_what_is_no_moment_is_refused(wrong: Moment) -> None:
    with pytest.raises(InputError, match="start is"):
        first_instant(wrong)
    with pytest.raises(InputError, match="end is"):
        last_instant(wrong)


def test_microseconds_from_1970() -> None:
    assert microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, UTC)) == 1_000_005
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000
    assert microseconds(datetime(1970, 1, 1, 9, tzinfo=KOREA)) == 0
