"""What workers are given in tests: slow work, and work that ends its process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from tests.unit.optimize.searched import Hill


@dataclass(eq=False)
class Deadly(Hill):
    """Ends whatever process evaluates x = 7."""

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        if 7 in combinations.columns["x"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().evaluate(combinations, span=span, blocks=blocks)


def slow_square(number: int) -> int:
    """Return the square after a while."""
    time.sleep(0.05)
    return number * number


def reciprocal(number: int) -> float:
    """Return one over the number; 0 has none."""
    return 1 / number


def wait_until(true: Callable[[], bool], seconds: float = 180.0) -> None:
    """Wait for something to come true, as long as a busy machine may take."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)
