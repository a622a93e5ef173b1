"""Buckets of bars keep what a trader would look for: opens, highs, lows and closes."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresto_lab.figures.bar_buckets import bucket_size, candle_buckets, extremes
from foresto_lab.figures.column_packing import (
    line_step,
    pack_integers,
    pack_numbers,
    price_step,
)
from foresto_lab.market.candle_table import parse_candles


def unpack(packed):
    """Read a packed column back as the page's script does, one number at a time."""
    content = base64.b64decode(packed["data"])
    if packed["gzip"]:
        content = gzip.decompress(content)
    length = packed["length"] - 1 if packed["length"] else 0
    values, value = [], packed["first"]
    if packed["length"]:
        values.append(value)
    for place in range(length):
        folded = sum(
            content[plane * length + place] << (8 * plane)
            for plane in range(packed["planes"])
        )
        value += -(folded + 1) // 2 if folded % 2 else folded // 2
        values.append(value)
    return values


@given(st.lists(st.integers(-(2**45), 2**45), max_size=60))
def test_packed_integers_come_out_again(values):
    assert unpack(pack_integers(np.array(values, dtype=np.int64))) == values


def test_a_long_column_is_gzipped_and_comes_out_again():
    values = np.arange(0, 400_000, 3, dtype=np.int64)
    packed = pack_integers(values)
    assert packed["gzip"]
    assert len(packed["data"]) < 2_000
    assert unpack(packed) == values.tolist()


def test_missing_numbers_are_gaps():
    values = np.array([np.nan, np.nan, 1.5, 2.0, np.nan, 3.0])
    packed = pack_numbers(values, 0.5)
    assert unpack(packed["gaps"]) == [0, 2, 4, 5]
    assert unpack(packed)[2:4] == [3, 4]
    assert unpack(packed)[5] == 6


@pytest.mark.parametrize(
    ("prices", "step"),
    [([61000.0, 61500.0], 1.0), ([1.25, 1.5], 0.01), ([50123.4, 49000.1], 0.1)],
)
def test_the_step_of_prices_is_their_tick(prices, step):
    assert price_step(np.array(prices)) == pytest.approx(step)


def test_prices_without_a_tick_keep_six_digits():
    prices = np.array([100 / 3, 200 / 3])
    step = price_step(prices)
    assert np.abs(np.rint(prices / step) * step / prices - 1).max() < 1e-5


def test_a_line_s_step_is_finer_than_a_pixel():
    assert 0 < line_step(np.array([0.0, 100.0])) <= 100 / 1000
    assert line_step(np.array([5.0, 5.0])) > 0
    assert line_step(np.array([np.nan])) > 0


@pytest.mark.parametrize(
    ("length", "most", "size"), [(10, 10, 1), (11, 10, 2), (0, 5, 1)]
)
def test_as_few_bars_a_bucket_as_do(length, most, size):
    assert bucket_size(length, most) == size


def test_a_bucket_is_one_candle_of_its_bars():
    frame = pd.DataFrame(
        {
            "open": [1.0, 2, 3, 4, 5],
            "high": [3.0, 9, 4, 6, 7],
            "low": [1.0, 2, 0.5, 4, 5],
            "close": [2.0, 3, 4, 5, 6],
            "volume": 1.0,
        },
        index=pd.date_range("2024-01-01", periods=5, freq="1min", tz="UTC"),
    )
    made = candle_buckets(parse_candles(frame), most=3)
    assert made.size == 2
    assert made.open.tolist() == [1, 3, 5]
    assert made.high.tolist() == [9, 6, 7]
    assert made.low.tolist() == [1, 0.5, 5]
    assert made.close.tolist() == [3, 5, 6]
    assert (np.diff(made.times) == 120_000).all()


@given(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=300))
def test_no_spike_is_lost(values):
    series = np.array(values)
    places = extremes(series, most=20)
    assert (np.diff(places) > 0).all()
    assert len(places) <= 22
    if np.isfinite(series).any():
        assert np.nanmax(series[places]) == np.nanmax(series)
        assert np.nanmin(series[places]) == np.nanmin(series)
