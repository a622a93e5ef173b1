from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.timeframes import Timeframe

MINUTES = ["1m", "3m", "5m", "15m", "30m"]
HOURS = ["1h", "2h", "4h", "6h", "12h"]
NAMES = [*MINUTES, *HOURS, "1d", "3d", "1w", "1M"]


def test_the_timeframes_from_short_to_long() -> None:
    parsed = [Timeframe.parse(name) for name in NAMES]

    assert [str(timeframe) for timeframe in parsed] == NAMES
    assert sorted(set(parsed)) == parsed == list(Timeframe)
    assert Timeframe.parse("1m") < Timeframe.parse("1M")
    assert Timeframe.parse("1w") >= Timeframe.parse("12h")
    assert Timeframe.parse(Timeframe.ONE_DAY) is Timeframe.ONE_DAY


@pytest.mark.parametrize("unknown", ["", "1", "m", "7m", "1D", "1min", "60m", "1 m", 1])
def test_an_unknown_timeframe_is_refused(unknown: object) -> None:
    with pytest.raises(UnknownNameError, match="timeframe") as caught:
        Timeframe.parse(unknown)  # type: ignore[arg-type]

    assert caught.value.allowed == tuple(NAMES)


def test_lengths() -> None:
    minutes = [1, 3, 5, 15, 30, 60, 120, 240, 360, 720, 1440, 4320, 10080]

    lengths = [timeframe.length for timeframe in Timeframe]

    assert lengths == [*(timedelta(minutes=n) for n in minutes), None]


def test_a_timeframe_is_not_compared_with_a_text() -> None:
    with pytest.raises(TypeError):
        _ = Timeframe.ONE_DAY < "1w"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "opens"),
    [
        ("1m", ["2024-01-30 23:59", "2024-01-31 00:00"]),
        ("15m", ["2024-01-30 23:45", "2024-01-31 00:00"]),
        ("4h", ["2024-01-30 20:00", "2024-01-31 00:00"]),
        ("1d", ["2024-01-30", "2024-01-31"]),
        ("1w", ["2024-01-29"]),  # a Monday
        ("1M", ["2024-01-01"]),
    ],
)
def test_pandas_resamples_to_the_open(name: str, opens: list[str]) -> None:
    index = pd.DatetimeIndex(["2024-01-30 23:59", "2024-01-31 00:00"], tz="UTC")
    rule = Timeframe.parse(name).pandas_rule

    counted = pd.Series(1, index).resample(rule, closed="left", label="left").sum()

    assert counted.index.tolist() == [pd.Timestamp(text, tz="UTC") for text in opens]
    assert counted.sum() == 2


def test_every_rule_is_one_of_pandas() -> None:
    for timeframe in Timeframe:
        offset = pd.tseries.frequencies.to_offset(timeframe.pandas_rule)
        assert offset is not None
