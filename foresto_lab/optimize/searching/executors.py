"""Who evaluates combinations: this process, or workers; the numbers are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Executor(Protocol):
    """Whatever evaluates combinations, and maps functions over items.

    Every executor gives the same numbers in the same order.
    """

    @property
    def workers(self) -> int:
        """How many combinations or items are worked on at the same time."""
        ...

    def evaluate(
        self,
        evaluator: Evaluator,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return what ``evaluator.evaluate`` says of the combinations.

        Raises
        ------
        ClusterError
            Workers were lost for good.
        """
        ...

    def map(
        self, function: Callable[[Item], Answer], items: Iterable[Item]
    ) -> Iterator[Answer]:
        """Yield what a picklable function says of each item, in their order."""
        ...

    def close(self) -> None:
        """End the workers that this executor started; others are left alone."""
        ...


class LocalExecutor:
    """Evaluates in this process; kernels use its cores by themselves."""

    workers = 1

    def evaluate(
        self,
        evaluator: Evaluator,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return what ``evaluator.evaluate`` says of the combinations."""
        return evaluator.evaluate(combinations, span=span, blocks=blocks)

    def map(
        self, function: Callable[[Item], Answer], items: Iterable[Item]
    ) -> Iterator[Answer]:
        """Yield what the function says of each item."""
        return map(function, items)

    def close(self) -> None:
        """Do nothing: there is nothing to end."""

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return "LocalExecutor()"
