"""Strategies of plain arrays and candles of plain numbers, for the checks' tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.strategies import Risk, Signals


def candles(
    closes: Any, *, start: str = "2024-01-01", freq: str = "1D", volume: float = 1_000.0
) -> pd.DataFrame:
    """Return candles with these closes; each opens at the close before."""
    close = np.asarray(closes, dtype=float)
    opened = np.concatenate((close[:1], close[:-1]))
    index = pd.date_range(start, periods=len(close), freq=freq, tz="UTC")
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) * 1.001,
            "low": np.minimum(opened, close) * 0.999,
            "close": close,
            "volume": np.full(len(close), volume),
        },
        index=index.rename("open_time"),
    )


def wave(count: int = 400, size: float = 10.0, period: int = 40) -> np.ndarray:
    """Return a sine around 100."""
    return 100.0 + size * np.sin(2 * np.pi * np.arange(count) / period)


class Plain:
    """A strategy whose signals come from a function of the table, as code of a user."""

    name = "plain"
    version = "1.0.0"
    source = "python"
    indicators = ()
    min_candles = 1
    checksum = ""

    def __init__(self, rule: Callable[[Any], Any], risk: Risk | None = None) -> None:
        self.rule = rule
        self.risk = risk or Risk()

    def signals(self, table: Any) -> Any:
        return self.rule(table)

    def to_dict(self) -> Mapping[str, Any]:
        return {"name": self.name}


def buy_low_sell_high(table: Any) -> Signals:
    return Signals.of(long_entry=table.close < 95, long_exit=table.close > 105)


def never(table: Any) -> Signals:
    return Signals.of(long_entry=table.close < 0, long_exit=table.close < 0)
