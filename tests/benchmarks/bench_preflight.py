"""Preflight: of the definition alone, and with a dry run on a hundred thousand bars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import foresto_lab as fl
from tests.benchmarks.harness import Measurement, Options, best_of

BARS = 100_000
NEVER: dict[str, Any] = {
    "name": "never",
    "indicators": [
        {"name": "rsi", "params": {"period": 14}},
        {"name": "ema", "params": {"period": 200}},
    ],
    "buyConditions": [
        {"left": "rsi", "operator": "<", "right": 5},
        {"left": "close", "operator": ">", "right": "ema"},
    ],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 70}],
}


def measure(_: Options) -> Iterator[Measurement]:
    candles = minutes(BARS)
    for name in ("hyperrsi", "rsi_reversal", "donchian_turtle"):
        yield Measurement(
            f"fl.preflight({name!r}), 100,000 bars, dry run",
            best_of(lambda name=name: fl.preflight(name, candles)),
            60e-3,
        )
    yield Measurement(
        "fl.preflight of JSON that never trades, explained, 100,000 bars",
        best_of(lambda: fl.preflight(NEVER, candles)),
        60e-3,
    )
    for what, given in (("'hyperrsi'", "hyperrsi"), ("JSON", NEVER)):
        yield Measurement(
            f"fl.preflight({what}), the definition alone",
            best_of(lambda given=given: fl.preflight(given)),
            5e-3,
        )


def minutes(count: int) -> pd.DataFrame:
    """Return candles of a random walk, one a minute."""
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, count)))
    opened = np.concatenate((close[:1], close[:-1]))
    above, below = 1 + np.abs(rng.normal(0, 5e-4, (2, count)))
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) * above,
            "low": np.minimum(opened, close) / below,
            "close": close,
            "volume": rng.random(count) * 100 + 1,
        },
        index=pd.date_range("2024-01-01", periods=count, freq="1min", tz="UTC"),
    )
