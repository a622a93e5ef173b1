"""Conditions on columns: their truth on every bar, and how near each came to it.

Vectorised: each distinct comparison is made once. Under a ``not`` the opposite
comparison is made, so that NaN is false on both sides of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Final

import numpy as np

from foresto_lab.strategies.comparisons import (
    Side,
    crossover,
    crossunder,
    falling,
    rising,
    shifted,
)
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
    nodes_in,
)
from foresto_lab.strategies.operands import Arithmetic, Column, Number, Operand
from foresto_lab.strategies.signals import ConditionTruth
from foresto_lab.types import BoolArray1D, Float64Array1D

OPPOSITE: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
_COMPARE: Final[Mapping[str, Callable[..., BoolArray1D]]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": lambda left, right: (left < right) | (left > right),
}
_ARITHMETIC: Final[Mapping[str, Callable[..., Float64Array1D]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}


class Evaluation:
    """Conditions of one strategy on one set of columns.

    Parameters
    ----------
    columns : mapping of name to (n_bars,)
        Every column that the conditions look at.
    n_bars : int
        Their length.
    """

    def __init__(self, columns: Mapping[str, Float64Array1D], n_bars: int) -> None:
        self._columns = columns
        self._n_bars = n_bars
        self._values: dict[Operand, Side] = {}
        self._truths: dict[tuple[Condition, bool], BoolArray1D] = {}

    def truth(self, condition: Condition, *, holds: bool = True) -> BoolArray1D:
        """Return where a condition holds, or where it is known not to hold."""
        key = (condition, holds)
        if key not in self._truths:
            self._truths[key] = self._compute_truth(condition, holds)
        return self._truths[key]

    def explain(self, condition: Condition) -> tuple[ConditionTruth, ...]:
        """Return truth and margin of a condition and of each one inside it."""
        return tuple(
            ConditionTruth(node.path, node.text, self.truth(node), self.margin(node))
            for node in nodes_in(condition)
        )

    def margin(self, condition: Condition) -> Float64Array1D:
        """Return how far a condition is from turning; see ``ConditionTruth``."""
        if isinstance(condition, Not):
            return -self.margin(condition.part)
        if isinstance(condition, AllOf):
            return reduce(np.minimum, map(self.margin, condition.parts))
        if isinstance(condition, AnyOf):
            return reduce(np.maximum, map(self.margin, condition.parts))
        with np.errstate(all="ignore"):
            return self._full(self._leaf_margin(condition))

    def _compute_truth(self, condition: Condition, holds: bool) -> BoolArray1D:
        if isinstance(condition, Not):
            return self.truth(condition.part, holds=not holds)
        if isinstance(condition, (AllOf, AnyOf)):
            join = np.logical_and if isinstance(condition, AllOf) == holds else _OR
            return reduce(
                join, (self.truth(part, holds=holds) for part in condition.parts)
            )
        truth = self._leaf_truth(condition, holds)
        return truth if np.ndim(truth) else np.full(self._n_bars, bool(truth))

    def _leaf_truth(self, leaf: Leaf, holds: bool) -> BoolArray1D:
        if isinstance(leaf, Run):
            return self._run_truth(leaf, holds)
        if isinstance(leaf, Between):
            low = Comparison(leaf.left, ">=", leaf.low)
            high = Comparison(leaf.left, "<=", leaf.high)
            return self.truth(AllOf((low, high)), holds=holds)
        if isinstance(leaf, Crossing):
            return self._crossing_truth(leaf, holds)
        operator = leaf.operator if holds else OPPOSITE[leaf.operator]
        return _COMPARE[operator](self._value(leaf.left), self._value(leaf.right))

    def _crossing_truth(self, leaf: Crossing, holds: bool) -> BoolArray1D:
        over = leaf.operator == "crossover"
        if not holds:
            before = _COMPARE[">" if over else "<"]
            now = _COMPARE["<=" if over else ">="]
            left, right = self._side(leaf.left), self._value(leaf.right)
            stayed_before = before(shifted(left, 1), _one_ago(right))
            return np.logical_or(stayed_before, now(left, right))
        compute = crossover if over else crossunder
        return compute(self._side(leaf.left), self._value(leaf.right))

    def _run_truth(self, leaf: Run, holds: bool) -> BoolArray1D:
        column = self._side(leaf.left)
        up = leaf.operator == "rising"
        if holds:
            return (rising if up else falling)(column, bars=leaf.bars)
        step = np.zeros(self._n_bars, dtype=np.bool_)
        compare = np.less_equal if up else np.greater_equal
        compare(column[1:], column[:-1], out=step[1:])
        truth = step.copy()
        for back in range(1, min(leaf.bars, self._n_bars)):
            truth[back:] |= step[:-back]
        return truth

    def _leaf_margin(self, leaf: Leaf) -> Side:
        if isinstance(leaf, Run):
            steps = np.diff(self._side(leaf.left), prepend=np.nan)
            upward = steps if leaf.operator == "rising" else -steps
            backs = range(leaf.bars)
            return reduce(np.minimum, (shifted(upward, back) for back in backs))
        left = self._value(leaf.left)
        if isinstance(leaf, Between):
            return np.minimum(
                left - self._value(leaf.low), self._value(leaf.high) - left
            )
        above = left - self._value(leaf.right)
        if isinstance(leaf, Crossing):
            beyond = self._full(above if leaf.operator == "crossover" else -above)
            return np.minimum(-shifted(beyond, 1), beyond)
        if leaf.operator in ("==", "!="):
            return -np.abs(above) if leaf.operator == "==" else np.abs(above)
        return above if leaf.operator in (">", ">=") else -above

    def _value(self, operand: Operand) -> Side:
        if isinstance(operand, Number):
            return operand.value
        if isinstance(operand, Column) and not operand.shift:
            return self._columns[operand.name]
        if operand not in self._values:
            self._values[operand] = self._compute_value(operand)
        return self._values[operand]

    def _compute_value(self, operand: Column | Arithmetic) -> Side:
        if isinstance(operand, Column):
            return shifted(self._columns[operand.name], operand.shift)
        left_value, right_value = self._value(operand.left), self._value(operand.right)
        with np.errstate(all="ignore"):
            value = _ARITHMETIC[operand.operator](left_value, right_value)
        if operand.operator == "/" and np.ndim(value):
            value[~np.isfinite(value)] = np.nan
        return value

    def _side(self, operand: Operand) -> Float64Array1D:
        return self._full(self._value(operand))

    def _full(self, value: Side) -> Float64Array1D:
        return value if np.ndim(value) else np.full(self._n_bars, value)  # type: ignore[return-value]


_OR: Final = np.logical_or


def _one_ago(side: Side) -> Side:
    return shifted(side, 1) if isinstance(side, np.ndarray) else side
