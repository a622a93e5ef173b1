"""An executor that hands everything over as workers would: pickled, in small lots."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator


class PostingExecutor:
    """Evaluates copies of the evaluator, seven combinations at a time."""

    workers = 2

    def __init__(self) -> None:
        self.evaluated = 0

    def evaluate(
        self,
        evaluator: Evaluator,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        self.evaluated += len(combinations)
        copied = pickle.loads(pickle.dumps(evaluator))
        parts = [
            copied.evaluate(
                combinations.take(slice(at, at + 7)), span=span, blocks=blocks
            )
            for at in range(0, len(combinations), 7)
        ]
        sums = [part.block_sums for part in parts]
        return Evaluations(
            parts[0].names,
            np.concatenate([part.figures for part in parts]),
            np.concatenate(sums) if blocks else None,
            parts[0].block_lengths,
        )

    def map(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        copied = pickle.loads(pickle.dumps(function))
        return (copied(pickle.loads(pickle.dumps(item))) for item in items)

    def close(self) -> None:
        pass
