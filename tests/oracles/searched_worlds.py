"""Worlds to search in: noise of many kinds, and markets with a planted edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Returns: TypeAlias = npt.NDArray[np.float64]
World: TypeAlias = Callable[[np.random.Generator, int], Returns]


def random_walk(generator: np.random.Generator, n: int) -> Returns:
    """Return independent normal returns of 1 % a bar."""
    return generator.normal(0.0, 0.01, n)


def drifting_walk(generator: np.random.Generator, n: int) -> Returns:
    """Return the same with a drift that holding earns, and no timing can."""
    return generator.normal(0.0008, 0.01, n)


def clustered_walk(generator: np.random.Generator, n: int) -> Returns:
    """Return fat-tailed returns of clustered variance (GARCH), still unpredictable."""
    shocks = generator.standard_t(4, n) / np.sqrt(2.0)
    returns, variance = np.empty(n), 1.0
    for bar in range(n):
        returns[bar] = np.sqrt(variance) * shocks[bar]
        variance = 0.02 + 0.08 * min(returns[bar] ** 2, 50.0) + 0.90 * variance
    return 0.01 * returns


def persistent_regimes(generator: np.random.Generator, n: int) -> Returns:
    """Return rising and falling regimes of 60 bars on average: trends to follow."""
    turns = np.where(generator.random(n) < 1 / 60, -1.0, 1.0)
    return 0.004 * np.cumprod(turns) + generator.normal(0.0, 0.01, n)


def reverting_prices(generator: np.random.Generator, n: int) -> Returns:
    """Return what a logarithm of prices that is pulled back to 0 earns."""
    levels = np.empty(n)
    level = 0.0
    for bar, shock in enumerate(generator.normal(0.0, 0.015, n)):
        level = 0.8 * level + shock
        levels[bar] = level
    return np.expm1(np.diff(levels, prepend=0.0))


def candles_of(returns: Returns, freq: str = "D") -> pd.DataFrame:
    """Return candles whose closes earn these; a bar opens at the close before."""
    close = 100.0 * np.cumprod(1.0 + returns)
    opened = np.concatenate(([100.0], close[:-1]))
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": 1e6,
        },
        index=pd.date_range("2015-01-01", periods=len(close), freq=freq, tz="UTC"),
    )
