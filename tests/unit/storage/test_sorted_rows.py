"""Rows sorted and matched by symbol and time, against tuples that Python sorts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.storage.layouts import CANDLES, DAILY_PRICE
from foresto_lab.storage.sorted_rows import (
    SortedRows,
    comparable_keys,
    merge_rows,
    parse_parts,
    union_of_symbols,
)
from tests.contracts.candle_store import THREE_SERIES, candle_table
from tests.contracts.series_store import TWO_SYMBOLS, price_table

FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The microseconds of the years 1 and 9999."""

INSTANTS = st.one_of(
    st.integers(FIRST, LAST), st.integers(1_704_067_200_000_000, 1_704_067_200_000_009)
)


def rows_of(keys: set[tuple[str, int]]) -> SortedRows:
    symbols = pa.array([key[0] for key in keys], pa.string())
    opens = pa.array([key[1] for key in keys], pa.int64())
    table = pa.table(
        {
            "symbol": symbols,
            "timeframe": pa.array(["1m"] * len(keys), pa.string()),
            "open_time": opens.view(pa.timestamp("us", "UTC")),
            **dict.fromkeys(CANDLES.fields, pa.array([1.0] * len(keys), pa.float64())),
        }
    )
    return parse_parts(table, CANDLES, "test")["1m"]


def keys_of(rows: SortedRows) -> list[tuple[str, int]]:
    return list(zip(rows.symbols[rows.codes], rows.times.tolist(), strict=True))


KEYS = st.sets(
    st.tuples(st.sampled_from(["A", "B", "a", "金"]), INSTANTS), min_size=1, max_size=30
)


@given(keys=KEYS)
@settings(max_examples=200, deadline=None)
def test_rows_are_sorted_by_symbol_then_instant(keys: set[tuple[str, int]]) -> None:
    assert keys_of(rows_of(keys)) == sorted(keys)


@given(first=KEYS, second=KEYS)
@settings(max_examples=200, deadline=None)
def test_keys_compare_as_symbol_and_instant_do(
    first: set[tuple[str, int]], second: set[tuple[str, int]]
) -> None:
    parts = [rows_of(first), rows_of(second)]
    symbols = union_of_symbols(parts)

    found = comparable_keys([part.among(symbols) for part in parts])

    tuples = keys_of(parts[0]) + keys_of(parts[1])
    numbers = np.concatenate(found).tolist()
    ranks = {key: place for place, key in enumerate(sorted(set(tuples)))}
    number_ranks = {key: place for place, key in enumerate(sorted(set(numbers)))}
    assert [ranks[key] for key in tuples] == [number_ranks[key] for key in numbers]


def test_keys_of_many_symbols_over_all_of_time_are_numbered() -> None:
    symbols = np.array([f"S{number:05}" for number in range(20_000)], dtype=object)
    codes = np.arange(20_000, dtype=np.int32)
    times = np.full(20_000, FIRST)
    times[-1] = LAST
    values = dict.fromkeys(CANDLES.fields, np.ones(20_000))
    rows = SortedRows(CANDLES, symbols, codes, times, values)

    (keys,) = comparable_keys([rows])

    assert (np.diff(keys) > 0).all()
    assert keys.min() >= 0


def test_rows_of_no_rows_have_no_keys() -> None:
    rows = parse_parts(price_table([]), DAILY_PRICE, "test")[""]

    assert [len(keys) for keys in comparable_keys([rows])] == [0]
    assert parse_parts(candle_table([]), CANDLES, "test") == {}


def test_a_load_comes_apart_by_timeframe() -> None:
    parts = parse_parts(candle_table(THREE_SERIES[::-1]), CANDLES, "test")

    assert {group: len(rows) for group, rows in parts.items()} == {"1h": 2, "1m": 3}
    assert [key[0] for key in keys_of(parts["1m"])] == ["BTCUSDT", "BTCUSDT", "ETHUSDT"]


def test_parts_that_share_no_key_merge_in_order() -> None:
    parts = [
        parse_parts(price_table(TWO_SYMBOLS[::2]), DAILY_PRICE, "test")[""],
        parse_parts(price_table(TWO_SYMBOLS[1::2]), DAILY_PRICE, "test")[""],
    ]

    merged = merge_rows(parts)

    whole = parse_parts(price_table(TWO_SYMBOLS), DAILY_PRICE, "test")[""]
    assert merged.arrow.equals(whole.arrow)
