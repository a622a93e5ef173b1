"""A user's script: a strategy of his own, workers, and no ``__main__`` guard."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import foresto_lab as fl


class AboveMean(fl.TradingStrategy):
    """Holds what closes above its mean."""

    name = "above_mean"

    class Config(fl.StrategyConfig):
        """Parameters."""

        period: int = 10

    config: Config

    @property
    def min_candles(self) -> int:
        return self.config.period

    def signals(self, candles: pd.DataFrame) -> fl.Signals:
        close = pd.Series(np.asarray(candles["close"]))
        mean = close.rolling(self.config.period).mean()
        return fl.Signals.of(
            long_entry=(close > mean).to_numpy(), long_exit=(close < mean).to_numpy()
        )


draw = np.random.default_rng(0)
close = 100 * np.exp(np.cumsum(draw.normal(0, 0.01, 300)))
before = np.concatenate([[100.0], close[:-1]])
candles = pd.DataFrame(
    {
        "open": before,
        "high": np.maximum(before, close) * 1.001,
        "low": np.minimum(before, close) * 0.999,
        "close": close,
        "volume": 1.0,
    },
    index=pd.date_range("2022-01-01", periods=300, freq="h", tz="UTC"),
)
space = {"period": range(5, 20)}
here = fl.optimize(candles, AboveMean, space)
there = fl.optimize(candles, AboveMean, space, workers=1)
pd.testing.assert_frame_equal(here.trials, there.trials)
sys.stdout.write(f"the same {len(there.trials)}\n")
