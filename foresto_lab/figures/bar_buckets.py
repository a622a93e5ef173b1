"""Bars put together in buckets: what a chart shows of more bars than it has pixels.

A candle made of k candles has the first open, the highest high, the lowest low and
the last close; a line keeps the lowest and the highest value of each bucket, so that
no spike is lost. The page's ``candles.js`` does the same at every zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from foresto_lab.market.candle_table import CandleTable
from foresto_lab.types import Float64Array1D, Int64Array1D

MOST_CANDLES: Final = 500
MOST_POINTS: Final = 1200
_MICROSECONDS: Final = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class CandleBuckets:
    """Candles of ``size`` bars each; the last may hold fewer.

    ``times`` are the buckets' first open times in milliseconds since 1970 UTC, as
    Plotly counts them.
    """

    size: int
    times: Float64Array1D
    open: Float64Array1D
    high: Float64Array1D
    low: Float64Array1D
    close: Float64Array1D


def candle_buckets(table: CandleTable, most: int = MOST_CANDLES) -> CandleBuckets:
    """Return at most ``most`` candles that stand for all of the table's."""
    size = bucket_size(len(table), most)
    starts = np.arange(0, len(table), size)
    ends = np.minimum(starts + size, len(table)) - 1
    return CandleBuckets(
        size=size,
        times=table.open_times[starts] / _MICROSECONDS,
        open=table.open[starts],
        high=np.maximum.reduceat(table.high, starts),
        low=np.minimum.reduceat(table.low, starts),
        close=table.close[ends],
    )


def bucket_size(length: int, most: int) -> int:
    """Return the fewest bars a bucket must hold for ``most`` buckets to do."""
    return max(1, -(-length // most))


def extremes(values: Float64Array1D, most: int = MOST_POINTS) -> Int64Array1D:
    """Return where a line has to be drawn through: each bucket's lowest and highest.

    Both ends are among the positions, which ascend; NaN is passed over where its
    bucket has any number. All positions are returned where they are few enough.
    """
    length = len(values)
    if length <= most:
        return np.arange(length)
    size = bucket_size(length, max(most // 2, 1))
    rows = -(-length // size)
    padded = np.full(rows * size, np.nan)
    padded[:length] = values
    grid, first = padded.reshape(rows, size), np.arange(rows) * size
    unknown = np.isnan(grid)
    lowest = np.where(unknown, np.inf, grid).argmin(axis=1) + first
    highest = np.where(unknown, -np.inf, grid).argmax(axis=1) + first
    return np.unique(np.concatenate(([0], lowest, highest, [length - 1])))
