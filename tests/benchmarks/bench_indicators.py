"""Indicators of a million candles, beside the plain calls of TA-Lib and pandas."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import talib

from foresto_lab.indicators import (
    IndicatorUse,
    PythonIndicator,
    built_in_indicators,
    compute_indicators,
)
from foresto_lab.market.candle_table import CandleTable
from tests.benchmarks.harness import Measurement, Options, best_of

BARS = 1_000_000
USES = (
    IndicatorUse("rsi", {"timeperiod": 14}),
    IndicatorUse("ema", {"timeperiod": 200}),
)
OWN = ("rsi_sma", "zscore", "donchian", "vwap", "ichimoku", "supertrend")
CODE = "def compute(candles):\n    return candles['close'].rolling(20).mean()\n"


def minute_table(n_bars: int = BARS) -> CandleTable:
    """Return made-up one-minute candles."""
    draw = np.random.default_rng(20240101)
    close = 100.0 * np.exp(draw.normal(0.0, 1e-3, n_bars).cumsum())
    high, low = close * 1.001, close / 1.001
    times = 1_672_531_200_000_000 + np.arange(n_bars) * 60_000_000
    return CandleTable(times, close, high, low, close, draw.uniform(1, 9, n_bars))


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of indicators."""
    table, catalog = minute_table(), built_in_indicators()
    yield Measurement(
        "RSI(14) and EMA(200) of 1M candles",
        best_of(lambda: compute_indicators(table, USES, catalog)),
        6.5e-3,
        {
            "TA-Lib's plain calls": best_of(
                lambda: (talib.RSI(table.close, 14), talib.EMA(table.close, 200))
            )
        },
    )
    for name in OWN:
        indicator = catalog.get(name)
        yield Measurement(
            f"{name} of 1M candles", best_of(lambda of=indicator: of.compute(table))
        )
    series, own = pd.Series(table.close), PythonIndicator.from_code(CODE, name="mean")
    yield Measurement(
        "Python indicator of 1M candles, in its own process, started",
        best_of(lambda: own.compute(table)),
        None,
        {"the same in this process": best_of(lambda: series.rolling(20).mean())},
    )
    yield Measurement(
        "catalogue made, TA-Lib imported", best_of(built_in_indicators.__wrapped__)
    )
