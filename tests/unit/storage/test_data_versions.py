"""Names of data versions: by hand, against the written rule, and by laws."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import InputError, QualityError
from foresto_lab.storage.data_versions import (
    DataVersion,
    content_digest,
    first,
    following,
)
from foresto_lab.storage.layouts import CANDLES, DAILY_RETURN
from tests.contracts.candle_store import Candle, candle_table
from tests.contracts.series_store import TWO_SYMBOLS, Row, price_table
from tests.oracles import data_versions as oracle

# --- names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("daily_price@none", ("daily_price", 0, "")),
        ("daily_price@3-9f3c2a7b41de", ("daily_price", 3, "9f3c2a7b41de")),
        ("candles_history@12-000000000000", ("candles_history", 12, "000000000000")),
        ("daily_price@12", ("daily_price", 12, "")),
    ],
)
def test_a_name_and_its_parts(name: str, parts: tuple[str, int, str]) -> None:
    version = DataVersion.parse(name)

    assert (version.table, version.number, version.digest12) == parts
    assert version.name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily_price",
        "daily_price@",
        "daily_price@0",
        "daily_price@03",
        "daily_price@-1",
        "daily_price@none-9f3c2a7b41de",
        "daily_price@3-9f3c2a7b41d",
        "daily_price@3-9F3C2A7B41DE",
        "daily_price@3-9f3c2a7b41de ",
        "daily_price@3-9f3c2a7b41de\n",
        "daily_price@٣",
        "Daily@3",
        "@3",
        "a@b@3",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="daily_price@none"):
        DataVersion.parse(text)


def test_the_first_name_is_that_of_a_table_without_rows() -> None:
    assert first("daily_price") == "daily_price@none"


def test_a_name_follows_from_the_one_before_and_the_rows() -> None:
    digest = "ab" * 32

    # printf 'daily_price@none\nabab...ab' | sha256sum
    expected = hashlib.sha256(b"daily_price@none\n" + b"ab" * 32).hexdigest()[:12]
    assert expected == "602ccf69c63f"
    assert following("daily_price@none", digest) == "daily_price@1-602ccf69c63f"
    assert following("daily_price@12", digest).startswith("daily_price@13-")
    assert following("daily_price@1-602ccf69c63f", digest) != following(
        "daily_price@1-602ccf69c640", digest
    )


# --- content digests, by hand ------------------------------------------------------


def test_a_digest_by_hand() -> None:
    rows: list[Row] = [
        ("A", "1970-01-03", 1.0, 2.0, 0.5, 1.5, 1.5, None),
        ("A", "1969-12-31", -0.0, 2.0, 0.5, 1.5, 1.5, 7.0),
        ("金", "1970-01-02", 1.0, 2.0, 0.5, 1.5, 1.5, 9.0),
    ]
    nan = bytes.fromhex("000000000000f87f")
    columns = [
        b"\1\0\0\0A\2\0\0\0\0\0\0\0" + b"\3\0\0\0\xe9\x87\x91\1\0\0\0\0\0\0\0",
        b"\xff\xff\xff\xff\2\0\0\0\1\0\0\0",
        bytes.fromhex("0000000000000080") + 2 * bytes.fromhex("000000000000f03f"),
        struct.pack("<3d", 2.0, 2.0, 2.0),
        struct.pack("<3d", 0.5, 0.5, 0.5),
        struct.pack("<3d", 1.5, 1.5, 1.5),
        struct.pack("<3d", 1.5, 1.5, 1.5),
        struct.pack("<d", 7.0) + nan + struct.pack("<d", 9.0),
    ]
    digests = b"".join(hashlib.sha256(column).digest() for column in columns)

    assert content_digest(price_table(rows)) == hashlib.sha256(digests).hexdigest()


def test_no_rows_have_the_digest_of_empty_columns() -> None:
    empty = bytes.fromhex(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )

    expected = hashlib.sha256(8 * empty).hexdigest()
    assert content_digest(price_table([])) == expected


def test_another_table_has_other_columns() -> None:
    days = np.array(["1970-01-02"], "datetime64[D]")
    table = pa.table({"symbol": ["A"], "date": days, "daily_return": [0.25]})
    columns = [b"\1\0\0\0A\1\0\0\0\0\0\0\0", b"\1\0\0\0", struct.pack("<d", 0.25)]
    digests = b"".join(hashlib.sha256(column).digest() for column in columns)

    expected = hashlib.sha256(digests).hexdigest()
    assert content_digest(table, DAILY_RETURN) == expected


def test_many_rows_are_hashed_in_blocks() -> None:
    count = 300_000
    days = np.arange(count).astype("datetime64[D]")
    value = np.arange(count, dtype=np.float64)
    value[200_000] = np.nan
    columns = dict.fromkeys(("open", "high", "low", "close", "adj_close"), value)
    table = pa.table({"symbol": ["A"] * count, "date": days, **columns})
    table = table.append_column("volume", pa.nulls(count, pa.float64()))
    parts = [
        struct.pack("<I", 1) + b"A" + struct.pack("<Q", count),
        np.arange(count, dtype="<i4").tobytes(),
        *[value.tobytes()] * 5,
        struct.pack("<Q", 0x7FF8000000000000) * count,
    ]
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)

    assert content_digest(table) == hashlib.sha256(digests).hexdigest()


def test_every_nan_and_null_are_one() -> None:
    bits = [0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8000000000001]
    nans = [struct.unpack("<d", struct.pack("<Q", value))[0] for value in bits]
    digests = {
        content_digest(price_table([("A", "2024-01-02", *[1.0] * 5, value)]))
        for value in [*nans, None]
    }

    assert len(digests) == 1


def test_the_sign_of_zero_counts_as_it_is_stored() -> None:
    plus = price_table([("A", "2024-01-02", *[0.0] * 6)])
    minus = price_table([("A", "2024-01-02", *[0.0] * 5, -0.0)])

    assert content_digest(plus) != content_digest(minus)


def test_symbols_and_dates_do_not_run_into_each_other() -> None:
    values = [1.0] * 6
    tables = [
        [("AB", "2024-01-02", *values), ("C", "2024-01-02", *values)],
        [("A", "2024-01-02", *values), ("BC", "2024-01-02", *values)],
        [("A", "2024-01-02", *values), ("A", "2024-01-03", *values)],
        [("A", "2024-01-02", *values), ("B", "2024-01-03", *values)],
    ]

    assert len({content_digest(price_table(rows)) for rows in tables}) == 4


def test_a_repeated_key_has_no_digest() -> None:
    with pytest.raises(QualityError):
        content_digest(price_table([*TWO_SYMBOLS, TWO_SYMBOLS[0]]))


# --- laws -------------------------------------------------------------------------

VALUES = st.one_of(st.none(), st.floats(width=64, allow_nan=False))
KEYS = st.tuples(
    st.sampled_from(["A", "B", "AB", "069500", "金", "é", "\U0001d538", "\uffee"]),
    st.dates().map(lambda day: day.isoformat()),
)
ROWS = st.dictionaries(KEYS, st.tuples(*[VALUES] * 6), min_size=1, max_size=12).map(
    lambda rows: [(*key, *values) for key, values in rows.items()]
)


@given(rows=ROWS)
@settings(max_examples=200, deadline=None)
def test_a_digest_is_what_the_rule_says(rows: list[Row]) -> None:
    assert content_digest(price_table(rows)) == oracle.content_digest(rows)


@given(rows=ROWS, data=st.data())
@settings(max_examples=200, deadline=None)
def test_order_chunks_and_encoding_do_not_matter(
    rows: list[Row], data: st.DataObject
) -> None:
    table = price_table(data.draw(st.permutations(rows)))
    cut = data.draw(st.integers(0, len(rows)))
    encode = data.draw(st.tuples(st.booleans(), st.booleans()))
    names = data.draw(st.permutations(table.column_names))
    parts = [table.slice(0, cut), table.slice(cut)]
    if any(encode):
        parts = [_encoded(part) for part in parts]
    shuffled = pa.concat_tables(parts).select(names)

    assert content_digest(shuffled) == content_digest(price_table(rows))


@given(rows=ROWS, data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_changed_value_changes_the_digest(
    rows: list[Row], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(2, 7))
    old = rows[place][column]
    new = data.draw(VALUES.filter(lambda value: repr(value) != repr(old)))
    changed: Sequence[Row] = [
        (*row[:column], new, *row[column + 1 :]) if number == place else row
        for number, row in enumerate(rows)
    ]

    assert content_digest(price_table(changed)) != content_digest(price_table(rows))


def _encoded(table: pa.Table) -> pa.Table:
    return table.set_column(0, "symbol", table["symbol"].dictionary_encode())


CANDLE_KEYS = st.tuples(
    st.sampled_from(["A", "B", "AB", "金"]),
    st.sampled_from(["1m", "1M", "15m", "4h"]),
    st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
PRESENT = st.floats(width=64, allow_nan=False)
CANDLE_ROWS = st.dictionaries(
    CANDLE_KEYS, st.tuples(*[PRESENT] * 5), min_size=1, max_size=20
).map(lambda rows: [(*key, *values) for key, values in rows.items()])


@given(rows=CANDLE_ROWS)
@settings(max_examples=200, deadline=None)
def test_a_digest_of_candles_is_what_the_rule_says(rows: list[Candle]) -> None:
    found = content_digest(candle_table(rows), CANDLES)

    assert found == oracle.content_digest(rows)
    assert found == content_digest(candle_table(rows[::-1]), CANDLES)
