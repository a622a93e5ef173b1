"""Candles and signals written by hand, for tests that work trades out on paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from foresto_lab.strategies import SignalBits, Signals

L, X, S, C = (
    SignalBits.LONG_ENTRY,
    SignalBits.LONG_EXIT,
    SignalBits.SHORT_ENTRY,
    SignalBits.SHORT_EXIT,
)
"""Enter long, leave long, enter short, leave short."""


def candles(
    rows: Iterable[tuple[float, float, float, float]],
    start: str = "2024-01-01",
    freq: str = "1h",
) -> pd.DataFrame:
    """Return candles of open, high, low, close."""
    values = np.array(list(rows), dtype=float)
    index = pd.date_range(start, periods=len(values), freq=freq, tz="UTC")
    frame = pd.DataFrame(
        values, index.as_unit("us"), ["open", "high", "low", "close"], copy=True
    )
    return frame.assign(volume=1.0)


def flat(*closes: float) -> list[tuple[float, float, float, float]]:
    """Return bars that open where the one before closed and never leave that span."""
    rows = []
    before = closes[0]
    for close in closes:
        rows.append((before, max(before, close), min(before, close), close))
        before = close
    return rows


def signals(n_bars: int, given: Mapping[int, int]) -> Signals:
    """Return signals with these bits on these bars."""
    bits = np.zeros(n_bars, dtype=np.uint8)
    for bar, bit in given.items():
        bits[bar] = bit
    return Signals(bits)
