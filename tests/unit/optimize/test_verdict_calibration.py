"""A hundred searches in noise are overfitted, a hundred in planted edges robust.

Real grids of real strategies, over seeds that nothing was tuned on; the rule's own
level is 1 of 100, so 5 of 100 leave room for chance in a hundred searches.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

import foresto_lab as fl
from foresto_lab.backtest import Execution
from tests.oracles.matrix_evaluator import MatrixEvaluator
from tests.oracles.searched_worlds import (
    World,
    candles_of,
    clustered_walk,
    drifting_walk,
    persistent_regimes,
    random_walk,
    reverting_prices,
)

CROSS: dict[str, Any] = {
    "strategy": "sma_cross",
    "space": {"fast_period": (3, 23, 5), "slow_period": (20, 80, 10)},
    "constraints": ["fast_period < slow_period"],
}
REVERSAL: dict[str, Any] = {
    "strategy": fl.RsiReversal(allow_short=True),
    "space": {
        "rsi_period": (2, 8, 3),
        "oversold": (20, 40, 10),
        "overbought": (60, 80, 10),
    },
    "execution": Execution(allow_short=True),
}


def _verdicts(
    world: World, terms: dict[str, Any], seeds: range, bars: int = 1_000
) -> Counter[str]:
    levels: Counter[str] = Counter()
    for seed in seeds:
        candles = candles_of(world(np.random.default_rng(seed), bars))
        levels[fl.optimize(candles, **terms).verdict.level] += 1
    return levels


def test_a_hundred_searches_in_noise_are_overfitted() -> None:
    levels = (
        _verdicts(random_walk, CROSS, range(100, 125))
        + _verdicts(clustered_walk, CROSS, range(200, 225))
        + _verdicts(drifting_walk, REVERSAL, range(300, 325))
        + Counter(_of_random_signals(seed) for seed in range(400, 425))
    )
    assert levels["overfitted"] >= 95, levels


def test_a_hundred_searches_in_planted_edges_are_robust() -> None:
    levels = (
        _verdicts(persistent_regimes, CROSS, range(500, 535))
        + _verdicts(reverting_prices, REVERSAL, range(600, 635), bars=1_500)
        + Counter(_of_a_sparse_edge(seed) for seed in range(700, 730))
    )
    assert levels["robust"] >= 90, levels


def _of_random_signals(seed: int) -> str:
    """Return the verdict on the best of 200 signals that are drawn by lot."""
    generator = np.random.default_rng(seed)
    market = random_walk(generator, 640)
    held = generator.random((640, 200)) < generator.uniform(0.1, 0.9, 200)
    return _verdict_of(held * market[:, None], market)


def _of_a_sparse_edge(seed: int) -> str:
    """Return the verdict where one signal in forty knows of rises, on a bar of 20."""
    generator = np.random.default_rng(seed)
    market = random_walk(generator, 1_280)
    held = generator.random((1_280, 40)) < 0.05
    market[held[:, 7]] += 0.01
    return _verdict_of(held * market[:, None], market)


def _verdict_of(returns: Any, market: Any) -> str:
    evaluator = MatrixEvaluator(returns, market=market)
    space = {"trial": (0, returns.shape[1] - 1)}
    level: str = fl.optimize(None, evaluator, space).verdict.level
    return level
