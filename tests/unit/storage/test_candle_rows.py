"""Candles of a load by month, by span and by run, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from foresto_lab.storage.layouts import CANDLES
from foresto_lab.storage.postgresql import candle_rows
from foresto_lab.storage.postgresql.candle_rows import (
    arrow_rows,
    batches,
    first_and_last_day,
    rows_by_month,
    run_starts,
    run_table,
)
from foresto_lab.storage.sorted_rows import SortedRows, no_rows, parse_rows

MONTH_END = "2024-01-31T23:59"


def number(opened: str) -> int:
    return CANDLES.number_of(datetime.fromisoformat(opened).replace(tzinfo=UTC))


def rows(*series: tuple[str, str]) -> SortedRows:
    """Return candles of symbols and open times, sorted; every value is 1."""
    opens = [datetime.fromisoformat(opened).replace(tzinfo=UTC) for _, opened in series]
    table = pa.table(
        {
            "symbol": [symbol for symbol, _ in series],
            "open_time": pa.array(opens, pa.timestamp("us", "UTC")),
            **{name: np.ones(len(series)) for name in CANDLES.fields},
        }
    )
    return parse_rows(table, CANDLES, "test")


def test_rows_are_told_apart_by_month_in_utc() -> None:
    load = rows(
        ("A", MONTH_END), ("A", "2024-02-01T00:00"), ("B", "1969-12-31T23:59:59.999999")
    )

    months = rows_by_month(load)

    assert {month: places.tolist() for month, places in months.items()} == {
        date(1969, 12, 1): [2],
        date(2024, 1, 1): [0],
        date(2024, 2, 1): [1],
    }
    assert list(months) == sorted(months)


def test_rows_of_a_month_keep_their_order() -> None:
    load = rows(
        ("A", "2024-01-01"), ("A", "2024-02-01"), ("B", "2024-01-02"), ("B", MONTH_END)
    )

    assert rows_by_month(load)[date(2024, 1, 1)].tolist() == [0, 2, 3]


def test_no_rows_are_of_no_month() -> None:
    assert rows_by_month(no_rows(CANDLES)) == {}


def test_months_in_a_row_are_one_span_and_distant_ones_are_not() -> None:
    load = rows(
        ("A", "2024-01-15"), ("A", "2024-02-20"), ("A", "2024-06-01"), ("B", MONTH_END)
    )

    (batch,) = batches(load, rows_by_month(load))

    assert batch.rows is load
    assert batch.spans == (
        (number("2024-01-15"), number("2024-02-20")),
        (number("2024-06-01"), number("2024-06-01")),
    )


def test_many_rows_are_compared_in_parts_of_whole_months(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candle_rows, "COMPARED_ROWS", 3)
    opens = ["2024-01-01", "2024-01-02", "2024-02-01", "2024-03-01", "2024-03-02"]
    load = rows(*[("A", opened) for opened in opens])

    parts = list(batches(load, rows_by_month(load)))

    assert [part.rows.times.tolist() for part in parts] == [
        [number(opened) for opened in opens[:3]],
        [number(opened) for opened in opens[3:]],
    ]


def test_a_run_is_of_one_symbol_and_one_span() -> None:
    new = rows(
        ("A", "2024-01-01"), ("A", "2024-01-02"), ("A", "2024-06-01"),
        ("B", "2024-06-01"), ("B", "2024-06-02"),
    )  # fmt: skip
    spans = [
        (number("2024-01-01"), number("2024-01-02")),
        (number("2024-06-01"), number("2024-06-02")),
    ]

    assert run_starts(new, spans, None).tolist() == [0, 2, 3]


def test_a_stored_candle_parts_a_run() -> None:
    """Of A's three new candles, the stored one lies between the first and second."""
    new = rows(("A", "2024-01-01"), ("A", "2024-01-03"), ("A", "2024-01-04"))
    stored = rows(("A", "2024-01-02"), ("B", "2024-01-03"))
    spans = [(number("2024-01-01"), number("2024-01-04"))]

    assert run_starts(new, spans, stored).tolist() == [0, 1]


def test_runs_are_noted_with_their_ends_and_counts() -> None:
    new = rows(("A", "2024-01-01"), ("A", "2024-01-03"), ("B", "2024-01-03"))

    table = run_table(new, run_starts(new, (), None), "1d", 7)

    first = datetime(2024, 1, 1, tzinfo=UTC)
    third = datetime(2024, 1, 3, tzinfo=UTC)
    names = ["symbol", "timeframe", "number", "first_open", "last_open", "row_count"]
    assert table.to_pylist() == [
        dict(zip(names, ("A", "1d", 7, first, third, 2), strict=True)),
        dict(zip(names, ("B", "1d", 7, third, third, 1), strict=True)),
    ]


def test_rows_go_to_the_table_with_their_timeframe() -> None:
    table = arrow_rows(rows(("A", "2024-01-01"), ("B", "2024-01-01")), "4h")

    assert table.column_names == list(CANDLES.columns)
    assert table["symbol"].to_pylist() == ["A", "B"]
    assert table["timeframe"].to_pylist() == ["4h", "4h"]


def test_the_days_of_rows_are_those_of_utc() -> None:
    load = rows(("A", "2024-01-01T23:59:59.999999"), ("B", "2024-01-01T00:00"))

    assert first_and_last_day(load) == (date(2024, 1, 1), date(2024, 1, 1))
