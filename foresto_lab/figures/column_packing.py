"""Numbers packed small enough to travel inside a page, a million of each at a time.

A column becomes whole steps of a fixed size, each the difference from the one before,
folded so that small differences of either sign are small numbers, and written byte by
byte: all lowest bytes first. What is long is gzipped, which every browser undoes by
itself. ``candles.js`` holds the other half.
"""

from __future__ import annotations

import base64
import gzip
import math
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab.types import Float64Array1D, Int64Array1D

Packed: TypeAlias = dict[str, Any]

GZIPPED_ABOVE: Final = 30_000
"""Bytes; below it a column stays as it is, the same on every machine."""
_LINE_STEPS: Final = 2000
_PRICE_DIGITS: Final = 5
_MOST_DECIMALS: Final = 8
_TICK_NOISE: Final = 1e-6


def pack_integers(values: Int64Array1D) -> Packed:
    """Return whole numbers, each below 2^52 in size, as a packed column."""
    differences = np.diff(values)
    folded = ((differences << 1) ^ (differences >> 63)).view(np.uint64)
    largest = int(folded.max()) if len(folded) else 0
    planes = max(1, (largest.bit_length() + 7) // 8)
    columns = folded.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :planes]
    content = np.ascontiguousarray(columns.T).tobytes()
    zipped = len(content) > GZIPPED_ABOVE
    if zipped:
        content = gzip.compress(content, compresslevel=6, mtime=0)
    return {
        "length": len(values),
        "first": int(values[0]) if len(values) else 0,
        "planes": planes,
        "gzip": zipped,
        "data": base64.b64encode(content).decode("ascii"),
    }


def pack_numbers(values: Float64Array1D, step: float) -> Packed:
    """Return numbers rounded to whole steps as a packed column; NaN stays NaN."""
    missing = np.isnan(values)
    places = np.where(missing, 0, np.arange(len(values)))
    held = values[np.maximum.accumulate(places)]
    steps = np.rint(np.where(np.isnan(held), 0.0, held) / step).astype(np.int64)
    packed = pack_integers(steps) | {"step": step}
    if missing.any():
        turns = np.flatnonzero(np.diff(missing, prepend=False))
        packed["gaps"] = pack_integers(turns)
    return packed


def price_step(prices: Float64Array1D) -> float:
    """Return a step that keeps prices: their own tick, or six digits of the lowest."""
    lowest = float(prices.min())
    coarsest = math.floor(math.log10(lowest)) - _PRICE_DIGITS
    for decimals in range(min(_MOST_DECIMALS, max(-coarsest, 0)) + 1):
        scaled = prices * 10.0**decimals
        if np.abs(scaled - np.rint(scaled)).max() < _TICK_NOISE:
            return float(10.0**-decimals)
    return float(10.0**coarsest)


def line_step(values: Float64Array1D) -> float:
    """Return a step finer than a pixel for a line over the range of its values."""
    known = values[np.isfinite(values)]
    spread = float(known.max() - known.min()) if len(known) else 0.0
    if not spread:
        return max(abs(float(known[0])) / _LINE_STEPS, 1e-9) if len(known) else 1.0
    return float(10.0 ** math.floor(math.log10(spread / _LINE_STEPS)))
