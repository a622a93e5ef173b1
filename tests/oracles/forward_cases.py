"""Made-up histories for forward simulations, and the options of small ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import foresto_lab as fl

WEIGHTS = {"equity": 0.6, "bond": 0.3}


def history(n_sessions: int = 800, seed: int = 1) -> pd.DataFrame:
    """Return made-up daily prices on every calendar day."""
    random = np.random.default_rng(seed)
    steps = random.normal([0.0004, 0.0001], [0.011, 0.003], size=(n_sessions, 2))
    dates = pd.date_range("2020-01-01", periods=n_sessions, freq="D", name="date")
    closes = 100.0 * np.exp(np.cumsum(steps, axis=0))
    return pd.DataFrame(closes, index=dates, columns=["equity", "bond"])


def constant(daily: float = 0.0, n_sessions: int = 300) -> pd.DataFrame:
    dates = pd.date_range("2020-01-01", periods=n_sessions, freq="D", name="date")
    closes = 100.0 * (1.0 + daily) ** np.arange(n_sessions)
    return pd.DataFrame({"equity": closes, "bond": closes}, index=dates)


def forward(prices: pd.DataFrame, *arguments: Any, **options: Any) -> fl.ForwardResult:
    given: dict[str, Any] = {
        "calendar": "24/7",
        "years": 1,
        "paths": 50,
        "method": fl.Bootstrap(10),
        "seed": 3,
    }
    return fl.forward(prices, WEIGHTS, *arguments, **{**given, **options})
