"""How long a walk-forward and a cross-validation of 500 combinations take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import foresto_lab as fl
from tests.benchmarks.harness import Measurement, Options, once
from tests.oracles.walk_forward import random_candles

N_BARS: Final = 100_000
SPACE: Final[dict[str, Any]] = {
    "fast_period": (2, 50, 2),
    "slow_period": (60, 250, 10),
}
"""25 times 20 combinations."""
COSTS: Final = fl.Execution(fee_rate=0.0004, slippage_bps=2)


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the times of ten windows, and of 45 splits with 9 paths."""
    frame = random_candles(N_BARS, seed=1)
    warm: dict[str, Any] = {"execution": COSTS, "progress": False}
    fl.walk_forward(
        frame.iloc[:3_000], "sma_cross", SPACE, train=1_000, test=500, **warm
    )

    def walk() -> fl.WalkForwardResult:
        return fl.walk_forward(
            frame, "sma_cross", SPACE, train=50_000, test=5_000, **warm
        )

    def cross_validate() -> fl.CrossValidationResult:
        return fl.combinatorial_cross_validation(frame, "sma_cross", SPACE, **warm)

    what = "500 combinations x 100,000 bars"
    yield Measurement(f"walk-forward, 10 windows, {what}", once(walk), 5.0)
    yield Measurement(
        f"cross-validation, 45 splits, {what}", once(cross_validate), 15.0
    )
