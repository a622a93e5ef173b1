"""Candles that the tests of strategies share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foresto_lab.market.candle_table import CandleTable, parse_candles


def candles_of(close: np.ndarray) -> CandleTable:
    """Return hourly candles whose opens are the closes before, with small wicks."""
    opened = np.r_[close[:1], close[:-1]]
    frame = pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) * 1.002,
            "low": np.minimum(opened, close) * 0.998,
            "close": close,
            "volume": np.full(len(close), 10.0),
        },
        index=pd.date_range("2024-01-01", periods=len(close), freq="1h", tz="UTC"),
    )
    return parse_candles(frame)


@pytest.fixture(scope="session")
def random_walk() -> CandleTable:
    steps = np.random.default_rng(7).normal(0, 0.01, 700)
    return candles_of(100 * np.exp(np.cumsum(steps)))


@pytest.fixture(scope="session")
def bitcoin_hours(shared_data: Path) -> CandleTable:
    file = shared_data / "crypto_binance_1h_4h_1d" / "BTCUSDT_1h.csv.gz"
    frame = pd.read_csv(file, index_col="timestamp", parse_dates=True)
    frame.index = frame.index.tz_localize("UTC")
    return parse_candles(frame[~frame.index.duplicated()].sort_index())
