"""What workers do; everything here runs in a process of its own, one task at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from foresto_lab._version import __version__
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator


def evaluate_chunk(
    evaluator: Evaluator, combinations: Combinations, span: BarSpan | None, blocks: int
) -> Evaluations:
    """Return the figures of some combinations."""
    return evaluator.evaluate(combinations, span=span, blocks=blocks)


def call(function: Callable[[Any], Any], item: Any) -> Any:
    """Return what a function says of an item."""
    return function(item)


def package_version() -> str:
    """Return the version of foresto_lab that a worker has."""
    return __version__


def of_one_thread(held: Any) -> Any:
    """Return an evaluator that uses one thread: its neighbours use the other cores."""
    if not is_dataclass(held) or isinstance(held, type):
        return held
    names = {field.name for field in fields(held)}
    if "threads" in names:
        return replace(held, threads=1)
    if "evaluators" in names:
        inner = held.evaluators.items()  # type: ignore[attr-defined]
        return replace(
            held, evaluators={name: of_one_thread(one) for name, one in inner}
        )
    return held
