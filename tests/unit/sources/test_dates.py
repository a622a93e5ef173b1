"""Dates as files write them: read in one way, or refused with the reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from foresto_lab.sources.dates import (
    UnreadableDatesError,
    looks_like_date,
    parse_dates,
)

SECOND, THIRTIETH = dt.date(2024, 1, 2), dt.date(2024, 1, 30)


def column(values: Sequence[Any], kind: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, kind)])


@pytest.mark.parametrize(
    "written",
    [
        ["2024-01-02", "2024-01-30"],
        ["2024-1-2", "2024-01-30"],
        ["2024.01.02", "2024.01.30"],
        ["2024. 1. 2.", "2024. 1. 30."],
        ["2024/1/2", "2024/01/30"],
        ["20240102", "20240130"],
        ["2024년 1월 2일", "2024년 1월 30일"],
        ["2024-01-02 00:00:00", "2024-01-30 00:00:00"],
        ["2024-01-02T00:00:00.000", "2024-01-30"],
        ["1/2/2024", "1/30/2024"],  # the 30th decides: month first
        ["2/1/2024", "30/1/2024"],
        ["02.01.2024", "30.01.2024"],
        [" 2024-01-02 ", "2024-01-30"],
    ],
)
def test_one_way_of_writing_is_read(written: list[str]) -> None:
    for values in (column(written), column(written).dictionary_encode()):
        assert parse_dates(values).days.to_pylist() == [SECOND, THIRTIETH]


@pytest.mark.parametrize(
    "values",
    [
        column([20240102, 20240130], pa.int64()),
        column([SECOND, THIRTIETH], pa.date32()),
        column([SECOND, THIRTIETH], pa.date64()),
        column([SECOND, THIRTIETH], pa.date32()).cast(pa.timestamp("ns")),
        column(["2024-01-02", "2024-01-30"], pa.large_string()),
    ],
)
def test_typed_columns_are_read(values: pa.ChunkedArray) -> None:
    days = parse_dates(values).days
    assert days.type == pa.date32()
    assert days.to_pylist() == [SECOND, THIRTIETH]


def test_nothing_stays_nothing() -> None:
    days = parse_dates(column(["2024-01-02", "", None, "2024-01-30"])).days
    assert days.to_pylist() == [SECOND, None, None, THIRTIETH]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (["2024-01-02", "2024.01.30"], "mixed ways"),
        (["2024-01-02", "20240130"], "mixed ways"),
        (["1/2/2024", "1/3/2024"], "month/day/year and as day/month/year"),
        (["1/30/2024", "30/1/2024"], "mixed ways"),
        (["2024-01-02", "2024-02-30"], "no dates: '2024-02-30'"),
        (["2024-01-02", "2024-13-01"], "no dates"),
        (["2024-01-02", "n/a"], "no dates: 'n/a'"),
        (["2024-01-02 09:00:00", "2024-01-02 09:01:00"], "time of day"),
        (["2024-01-02 00:00:00+09:00"], "time zone"),
        (["2024-01-02T00:00:00Z"], "time zone"),
        (["192607", "192608"], "months"),
        (["24-01-02"], "no dates"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused(
    written: list[str], reason: str
) -> None:
    with pytest.raises(UnreadableDatesError, match=reason) as caught:
        parse_dates(column(written))
    assert caught.value.fix


def test_timestamps_with_a_zone_or_a_time_are_refused() -> None:
    instants = [dt.datetime(2024, 1, 2, 9, 30)]  # noqa: DTZ001
    with pytest.raises(UnreadableDatesError, match="time of day"):
        parse_dates(column(instants, pa.timestamp("ms")))
    with pytest.raises(UnreadableDatesError, match="time zone"):
        parse_dates(column(instants, pa.timestamp("ms", "Asia/Seoul")))
    with pytest.raises(UnreadableDatesError, match="type double"):
        parse_dates(column([1.5], pa.float64()))


def test_a_format_decides_what_the_values_do_not() -> None:
    written = column(["1/2/2024", "2/2/2024"])
    assert parse_dates(written, "%m/%d/%Y").days[0].as_py() == SECOND
    assert parse_dates(written, "%d/%m/%Y").days[0].as_py() == dt.date(2024, 2, 1)
    with pytest.raises(UnreadableDatesError, match="not written as"):
        parse_dates(written, "%Y-%m-%d")


@pytest.mark.parametrize(
    "cell", ["2024-01-02", "20240102", "2024/1/2 00:00", "1985.1.4"]
)
def test_cells_that_look_like_dates(cell: str) -> None:
    assert looks_like_date(cell)


@pytest.mark.parametrize("cell", ["005930", "Date", "날짜", "6,511", "123456789", ""])
def test_cells_that_do_not(cell: str) -> None:
    assert not looks_like_date(cell)
