from __future__ import annotations

import json
import struct
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresto_lab.storage.tables import table_from_bytes, table_to_bytes
from foresto_lab.storage.values import from_json_value, to_json_value

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.dates()
    | st.datetimes().map(lambda instant: instant.replace(fold=0))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.just("$float"), inner)
    ),
    max_leaves=12,
)


def through_json(value: Any) -> Any:
    return from_json_value(
        json.loads(json.dumps(to_json_value(value), allow_nan=False))
    )


@given(VALUES)
def test_every_value_reads_back_as_it_was(value: Any) -> None:
    read = through_json(value)
    assert read == value
    assert repr(read) == repr(value)


def test_what_is_not_finite_reads_back() -> None:
    read = through_json([np.nan, np.inf, -np.inf, -0.0])
    assert [struct.pack("<d", v) for v in read] == [
        struct.pack("<d", v) for v in (np.nan, np.inf, -np.inf, -0.0)
    ]


def test_numpy_numbers_become_python_numbers() -> None:
    given = [np.float64(1 / 3), np.int64(7), np.float32(0.5), np.bool_(True)]
    read = through_json(given)
    assert read == [1 / 3, 7, 0.5, True]
    assert [type(value) for value in read] == [float, int, float, bool]


def test_the_order_of_keys_is_kept_whatever_the_keys() -> None:
    given = {"b": 1, "a": {"$date": "not one"}, "$": None}
    assert through_json(given) == given
    assert list(through_json(given)) == ["b", "a", "$"]
    assert through_json({2: "two", 1: "one"}) == {2: "two", 1: "one"}


@pytest.mark.parametrize("value", [object(), 1j, b"bytes", pd.NaT, pd.NA, {1}])
def test_what_has_no_exact_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        json.dumps(to_json_value(value))


FRAMES = {
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": np.empty(0), "b": np.empty(0, dtype=object)}),
    "no columns": pd.DataFrame(index=pd.Index(["x", "y"])),
    "dates": pd.DataFrame(
        {"nav": [1.0, 2.0]},
        index=pd.DatetimeIndex(["2020-01-02", "2020-01-03"], name="date").as_unit("s"),
    ),
    "dates with a frequency": pd.DataFrame(
        {"nav": np.arange(5.0)}, index=pd.date_range("2020-01-31", periods=5, freq="ME")
    ),
    "instants": pd.DataFrame(
        {
            unit: pd.DatetimeIndex(["2020-01-02 03:04:05", None], tz="UTC").as_unit(
                unit
            )
            for unit in ("s", "ms", "us", "ns")
        }
    ),
    "spans": pd.DataFrame({"s": pd.TimedeltaIndex(["1 D", "2 h"]).as_unit("s")}),
    "two levels": pd.DataFrame(
        {"cagr": [0.1, 0.2]},
        index=pd.MultiIndex.from_tuples(
            [("a", "M"), ("b", "Q")], names=["portfolio", "rule"]
        ),
    ),
    "two levels of columns": pd.DataFrame(
        [[1.0, 2.0]],
        columns=pd.MultiIndex.from_product([["005930"], ["open", "close"]]),
    ),
    "categories": pd.DataFrame(
        {"c": pd.Categorical(["b", "a"], categories=["b", "a"])}
    ),
    "objects": pd.DataFrame(
        {"o": np.array([None, date(2020, 1, 2), {"a": [1, None]}, ""], dtype=object)}
    ),
    "instants as objects": pd.DataFrame(
        {"o": np.array([datetime(2020, 1, 2, tzinfo=UTC), 1], dtype=object)}
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_reads_back_as_it_was(name: str) -> None:
    frame = FRAMES[name]
    before = frame.copy()
    read = table_from_bytes(table_to_bytes(frame))
    pd.testing.assert_frame_equal(read, frame, check_exact=True, check_freq=True)
    pd.testing.assert_frame_equal(frame, before)


def test_the_same_table_has_the_same_bytes() -> None:
    for frame in FRAMES.values():
        assert table_to_bytes(frame) == table_to_bytes(frame.copy())
