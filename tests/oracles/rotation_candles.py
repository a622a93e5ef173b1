"""Small worlds of several symbols, written as lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

Bar = float | tuple[float, float, float, float] | None
"""One price for all of a bar, or its open, high, low, close; None is no bar."""


def several(
    worlds: Mapping[str, Sequence[Bar]], start: str = "2024-01-01"
) -> pd.DataFrame:
    """Return daily candles of several symbols, columns (symbol, field)."""
    n_bars = len(next(iter(worlds.values())))
    index = pd.date_range(start, periods=n_bars, freq="D", tz="UTC", name="open_time")
    columns = {}
    for symbol, bars in worlds.items():
        rows = np.array([_row(bar) for bar in bars])
        for place, name in enumerate(("open", "high", "low", "close", "volume")):
            columns[symbol, name] = rows[:, place]
    return pd.DataFrame(columns, index=index)


def _row(bar: Bar) -> tuple[float, ...]:
    if bar is None:
        return (np.nan,) * 5
    return (*bar, 1.0) if isinstance(bar, tuple) else (bar,) * 4 + (1.0,)
