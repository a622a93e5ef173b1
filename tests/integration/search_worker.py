"""A process that searches slowly, to be stopped in the middle."""

from __future__ import annotations

import sys
import time
from typing import Any

from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.searching.search import run_search

PAUSE = 0.3
"""Seconds that a batch takes longer than it would."""


def search_slowly() -> None:
    """Let batches take long, and write each of them down."""
    evaluate = BacktestEvaluator.evaluate

    def slowly(self: BacktestEvaluator, *arguments: Any, **options: Any) -> Any:
        time.sleep(PAUSE)
        return evaluate(self, *arguments, **options)

    BacktestEvaluator.evaluate = slowly  # type: ignore[method-assign]
    assert run_search.__kwdefaults__ is not None
    run_search.__kwdefaults__["checkpoint_seconds"] = 0.0


if __name__ == "__main__":
    from foresto_lab.cli.main import main

    search_slowly()
    main(sys.argv[1:])
