"""What a verdict costs after a search of 1,000 combinations on 100,000 candles.

Beside the snooping test: arch, which copies the returns for each of its resamples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import foresto_lab as fl
from foresto_lab.optimize.overfitting.assessment import assess
from foresto_lab.optimize.plan import plan_search
from tests.benchmarks.bench_sweep import candles
from tests.benchmarks.harness import Measurement, Options, best_of, once

SPACE = {"fast_period": (2, 41), "slow_period": (50, 290, 10)}


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the time of the whole assessment and of its parts."""
    table = candles(100_000, 0.002, "5min")
    evaluator = fl.optimize(table, "sma_cross", {"fast_period": (2, 3)}).evaluator
    assert evaluator is not None
    plan = plan_search(evaluator, SPACE)
    outcome = plan.search()

    def judge() -> None:
        assess(evaluator, outcome, space=plan.space, objective=plan.objectives[0])

    yield Measurement("assessment, 1,000 × 100,000", best_of(judge), 1.0)
    returns = np.random.default_rng(0).normal(0.0, 0.01, (256, 1_000))
    yield Measurement(
        "PBO of 1,000 trials, 16 blocks",
        best_of(lambda: fl.probability_of_backtest_overfitting(returns)),
        0.5,
    )
    yield Measurement(
        "SPA and reality check, 1,000 trials × 256 stretches",
        best_of(lambda: fl.superior_predictive_ability(returns)),
        0.3,
        {"arch": once(lambda: _by_arch(returns))} if options.peers else {},
    )


def _by_arch(returns: Any) -> None:
    from arch.bootstrap import SPA

    SPA(np.zeros(len(returns)), -returns, reps=1_000, seed=0).compute()
