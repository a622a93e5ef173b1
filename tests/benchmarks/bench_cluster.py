"""Two workers of this machine beside one: the same combinations, warm workers.

Each worker has one thread. The strategy is searched on bars enough that the work, not
the handing out, takes the time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from foresto_lab.cluster import DaskExecutor
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from tests.benchmarks.harness import Measurement, Options, best_of

BARS = 100_000
COMBINATIONS = 6_000
FASTER = 1.7


def evaluator_of_bars(n_bars: int) -> BacktestEvaluator:
    draw = np.random.default_rng(1)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.001, n_bars)))
    before = np.concatenate([[100.0], close[:-1]])
    candles = pd.DataFrame(
        {
            "open": before,
            "high": np.maximum(before, close) * 1.0005,
            "low": np.minimum(before, close) * 0.9995,
            "close": close,
            "volume": 1.0,
        },
        index=pd.date_range("2018-01-01", periods=n_bars, freq="15min", tz="UTC"),
    )
    return BacktestEvaluator.of(candles, "hyperrsi")


def combinations_of(count: int) -> Combinations:
    places = np.arange(count)
    return Combinations(
        {
            "rsi_period": 5 + places % 20,
            "rsi_oversold": 20.0 + places // 20 % 15,
            "stop_loss_percent": 1.0 + 0.25 * (places // 300),
        }
    )


def measure(options: Options) -> Iterator[Measurement]:
    """Yield how long one worker and two take for the same combinations."""
    evaluator = evaluator_of_bars(BARS)
    wanted = combinations_of(COMBINATIONS)
    taken = {}
    for count in (1, 2):
        with DaskExecutor(workers=count) as executor:
            taken[count] = best_of(
                lambda executor=executor: executor.evaluate(evaluator, wanted)
            )
    yield Measurement(
        f"{COMBINATIONS:,} backtests of {BARS:,} bars on two workers",
        taken[2],
        bound=taken[1] / FASTER,
        peers={"one worker": taken[1]},
    )
