"""Numbers as files write them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from foresto_lab.sources.numbers import UnreadableNumbersError, parse_numbers


def texts(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("6511", 6511.0),
        ("2,450,000", 2_450_000.0),
        ("-1,234.5", -1234.5),
        (" 12.50 ", 12.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("", None),
        ("-", None),
        (".", None),
        ("null", None),
        ("N/A", None),
        (None, None),
    ],
)
def test_numbers_are_read(written: str | None, value: float | None) -> None:
    assert parse_numbers(texts(written, "1")).to_pylist() == [value, 1.0]


@pytest.mark.parametrize(
    "written", ["12,5", "1,23,456", "1.234,56", "1 234", "12.5%", "₩100", "abc", "1.2M"]
)
def test_other_texts_are_refused_with_place_and_sample(written: str) -> None:
    with pytest.raises(UnreadableNumbersError) as caught:
        parse_numbers(texts("1", written, "2", written))
    assert caught.value.count == 2
    assert caught.value.first_row == 1
    assert caught.value.samples == [written]


@pytest.mark.parametrize("kind", [pa.int64(), pa.float32(), pa.decimal128(24, 2)])
def test_typed_numbers_become_float64(kind: pa.DataType) -> None:
    column = pa.chunked_array([pa.array([1, None, 3]).cast(kind)])
    numbers = parse_numbers(column)
    assert numbers.type == pa.float64()
    assert numbers.to_pylist() == [1.0, None, 3.0]


def test_other_types_are_refused() -> None:
    with pytest.raises(UnreadableNumbersError):
        parse_numbers(pa.chunked_array([pa.array([True, False])]))
