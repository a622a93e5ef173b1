"""Candles to try every indicator on: real ones, and a few of each odd kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foresto_lab.indicators import IndicatorCatalog, built_in_indicators
from foresto_lab.indicators.python.worker import Worker
from foresto_lab.market.candle_table import CandleTable, parse_candles

HOUR = 3_600_000_000


@pytest.fixture(scope="session")
def catalog() -> IndicatorCatalog:
    return built_in_indicators()


@pytest.fixture(scope="session")
def real_candles(shared_data: Path) -> CandleTable:
    """Return 34,349 hours of BTCUSDT, 2022 to 2025."""
    rows = pd.read_csv(shared_data / "crypto_binance_1h_4h_1d" / "BTCUSDT_1h.csv.gz")
    rows.columns = [str(name).strip().lower() for name in rows.columns]
    times = pd.to_datetime(rows[rows.columns[0]], utc=True).astype(
        "datetime64[us, UTC]"
    )
    frame = rows[["open", "high", "low", "close", "volume"]].astype(float)
    return parse_candles(frame.set_index(pd.DatetimeIndex(times)), symbol="BTCUSDT")


@pytest.fixture(scope="session")
def walked_candles() -> CandleTable:
    """Return 3,000 hours of a random walk."""
    return random_candles(3_000, seed=7)


@pytest.fixture(scope="session")
def worker() -> Worker:
    """Return one process for all: requests do not see each other."""
    return Worker()


def random_candles(n_bars: int, seed: int) -> CandleTable:
    draw = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.01, n_bars)))
    open_ = close * (1 + draw.normal(0, 0.003, n_bars))
    high = np.maximum(open_, close) * (1 + np.abs(draw.normal(0, 0.003, n_bars)))
    low = np.minimum(open_, close) * (1 - np.abs(draw.normal(0, 0.003, n_bars)))
    volume = np.round(draw.uniform(10, 1_000, n_bars))
    times = 1_577_836_800_000_000 + np.arange(n_bars) * HOUR
    return CandleTable(times, open_, high, low, close, volume)


def constant_candles(
    n_bars: int, price: float = 50.0, volume: float = 0.0
) -> CandleTable:
    prices = np.full(n_bars, price)
    times = 1_577_836_800_000_000 + np.arange(n_bars) * HOUR
    return CandleTable(times, prices, prices, prices, prices, np.full(n_bars, volume))
