"""The entry conditions of a strategy, read on every bar of a table.

What must hold at once is told apart: the parts of a list, and of an ``all`` within it,
are conditions of their own; an ``any`` or a ``not`` is one, with its parts below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from foresto_lab.preflight.strategy.readings import ConditionReading, Side
from foresto_lab.strategies.column_sources import CANDLE_COLUMNS
from foresto_lab.strategies.conditions import (
    AllOf,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Crossing,
    Leaf,
    Not,
    Run,
)
from foresto_lab.strategies.evaluation import Evaluation
from foresto_lab.strategies.operands import Number, Operand
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.strategies import Signals
    from foresto_lab.strategies.json_strategy import JsonStrategy


def read_entries(
    strategy: JsonStrategy, table: CandleTable, signals: Signals
) -> tuple[ConditionReading, ...]:
    """Return the conditions that an entry takes, for each side that has some."""
    definition = strategy.definition
    reach = definition.reach
    computed = {**signals.columns, **{n: table.column(n) for n in CANDLE_COLUMNS}}
    if not set(reach) <= set(computed):
        computed = definition.columns.values(table, reach)
    evaluation = Evaluation(computed, len(table))
    readings: list[ConditionReading] = []
    for side, condition in entry_conditions(strategy):
        readings += [read(evaluation, part, side) for part in conjuncts(condition)]
    return tuple(readings)


def entry_conditions(strategy: JsonStrategy) -> Iterator[tuple[Side, Condition]]:
    """Yield the condition of each side that the strategy enters on."""
    blocks = strategy.definition.blocks
    if "buyConditions" in blocks:
        yield "long", blocks["buyConditions"]
    if "shortConditions" in blocks:
        yield "short", blocks["shortConditions"]


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """Yield what must hold at once, the parts of nested ``all`` among them."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from conjuncts(part)
    else:
        yield condition


def read(evaluation: Evaluation, condition: Condition, side: Side) -> ConditionReading:
    """Return a condition with its truth, its margin and what it compared."""
    truth, margin = evaluation.truth(condition), evaluation.margin(condition)
    if isinstance(condition, Not | AllOf | AnyOf):
        inner = (condition.part,) if isinstance(condition, Not) else condition.parts
        return ConditionReading(
            condition.path,
            condition.text,
            truth,
            side,
            margin,
            parts=tuple(read(evaluation, part, side) for part in inner),
        )
    left, right = _compared(evaluation, condition)
    bars = None
    if isinstance(condition, Crossing):
        left, right, bars = _deciding(left, right, over=_is_over(condition))
    return ConditionReading(
        condition.path,
        condition.text,
        truth,
        side,
        margin,
        operator=getattr(condition, "operator", "between"),
        left_name=condition.left.text,
        right_name=_right_name(condition),
        left=left,
        right=right,
        value_bars=bars,
    )


def _is_over(condition: Crossing) -> bool:
    return condition.operator == "crossover"


def _right_name(leaf: Leaf) -> str:
    if isinstance(leaf, Comparison):
        return leaf.right.text
    if isinstance(leaf, Between):
        return f"{leaf.low.text}–{leaf.high.text}"
    return f"{leaf.left.text} before"


def _compared(
    evaluation: Evaluation, leaf: Leaf
) -> tuple[Float64Array1D, Float64Array1D]:
    """Return the two values that a comparison looks at, on every bar."""
    left = _values(evaluation, leaf.left)
    if isinstance(leaf, Comparison):
        return left, _values(evaluation, leaf.right)
    if isinstance(leaf, Run):
        return left, _one_before(left)
    low, high = _values(evaluation, leaf.low), _values(evaluation, leaf.high)
    return left, np.where(left < low, low, high)


def _values(evaluation: Evaluation, operand: Operand) -> Float64Array1D:
    """Return an operand's values: its margin above 0 is itself."""
    return evaluation.margin(Comparison(operand, ">", Number(0.0)))


def _one_before(values: Float64Array1D) -> Float64Array1D:
    earlier: Float64Array1D = np.full(len(values), np.nan)
    earlier[1:] = values[:-1]
    return earlier


def _deciding(
    left: Float64Array1D, right: Float64Array1D, *, over: bool
) -> tuple[Float64Array1D, Float64Array1D, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the values of the half of a crossing that was farther from holding."""
    above = left - right if over else right - left
    earlier = _one_before(above)
    from_before = -earlier < above
    bars = np.arange(len(left)) - from_before
    return (
        np.where(from_before, _one_before(left), left),
        np.where(from_before, _one_before(right), right),
        bars,
    )
