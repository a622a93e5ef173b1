"""A walk-forward done the slow way, window by window with ``fl.backtest`` alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import foresto_lab as fl


def random_candles(
    n_bars: int, seed: int, volatility: float = 0.01, drift: float = 0.0
) -> pd.DataFrame:
    """Return hourly candles of a price that wanders."""
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(random.normal(drift, volatility, n_bars)))
    opening = np.concatenate(([100.0], close[:-1]))
    reach = np.exp(np.abs(random.normal(0.0, volatility / 2, n_bars)))
    index = pd.date_range("2022-01-03", periods=n_bars, freq="1h", tz="UTC")
    return pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) * reach,
            "low": np.minimum(opening, close) / reach,
            "close": close,
            "volume": 1.0,
        },
        index.as_unit("us"),
    )


def traded_until_the_end(
    frame: pd.DataFrame, side: str, risk: fl.Risk, execution: fl.Execution
) -> Any:
    """Return a backtest that is always in, and told to leave at the last close."""
    entries = np.ones(len(frame), dtype=bool)
    entries[-1] = False
    exits = ~entries
    leave = side.replace("entry", "exit")
    asked: dict[str, Any] = {side: entries, leave: exits}
    given = fl.Signals.of(**asked)

    class Given:
        name, checksum = "given", "given"

        def __init__(self) -> None:
            self.risk = risk

        def signals(self, _: Any) -> fl.Signals:
            return given

        def to_dict(self) -> dict[str, Any]:
            return {}

    return fl.backtest(frame, Given(), execution, initial_capital=1_000.0)
