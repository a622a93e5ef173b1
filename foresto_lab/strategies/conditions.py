"""Conditions as a frozen tree: what JSON described, every node with its place.

A node's ``path`` says where in the strategy it stands and is no part of its identity,
so that two conditions of the same content are equal and are evaluated once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from foresto_lab.strategies.operands import Number, Operand, columns_in

COMPARISONS: Final = (">", ">=", "<", "<=", "==", "!=")
CROSSINGS: Final = ("crossover", "crossunder")
RUNS: Final = ("rising", "falling")
OPERATORS: Final = (*COMPARISONS, *CROSSINGS, "between", *RUNS)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Left compared to right on the same bar; false where either is NaN."""

    left: Operand
    operator: str
    right: Operand
    path: str = field(default="", compare=False)

    @property
    def operands(self) -> tuple[Operand, ...]:
        """What it compares."""
        return (self.left, self.right)

    @property
    def lookback(self) -> int:
        """Bars before the present one that it needs."""
        return 0

    @property
    def text(self) -> str:
        """The condition in one line."""
        return f"{self.left.text} {self.operator} {self.right.text}"

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as the language writes it."""
        return {
            "left": _written(self.left),
            "operator": self.operator,
            "right": _written(self.right),
        }


@dataclass(frozen=True, slots=True)
class Crossing(Comparison):
    """Left crossed right between the bar before and this one.

    ``crossover``: at or below it on the bar before, above it now; ``crossunder``: at or
    above before, below now. False where any of the four values is NaN.
    """

    @property
    def lookback(self) -> int:
        """Bars before the present one that it needs."""
        return 1


@dataclass(frozen=True, slots=True)
class Between:
    """Left lies from low to high, both included; false where any is NaN."""

    left: Operand
    low: Operand
    high: Operand
    path: str = field(default="", compare=False)

    @property
    def operands(self) -> tuple[Operand, ...]:
        """What it compares."""
        return (self.left, self.low, self.high)

    @property
    def lookback(self) -> int:
        """Bars before the present one that it needs."""
        return 0

    @property
    def text(self) -> str:
        """The condition in one line."""
        return f"{self.left.text} between {self.low.text} and {self.high.text}"

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as the language writes it."""
        return {
            "left": _written(self.left),
            "operator": "between",
            "right": [_written(self.low), _written(self.high)],
        }


@dataclass(frozen=True, slots=True)
class Run:
    """Left rose, or fell, on each of the last bars.

    ``rising`` with 3 bars: ``left > left[-1] > left[-2] > left[-3]``. False where any
    of these values is NaN.
    """

    left: Operand
    operator: str
    bars: int = 1
    path: str = field(default="", compare=False)

    @property
    def operands(self) -> tuple[Operand, ...]:
        """What it looks at."""
        return (self.left,)

    @property
    def lookback(self) -> int:
        """Bars before the present one that it needs."""
        return self.bars

    @property
    def text(self) -> str:
        """The condition in one line."""
        bars = f" for {self.bars} bars" if self.bars > 1 else ""
        return f"{self.left.text} {self.operator}{bars}"

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as the language writes it."""
        bars = {"bars": self.bars} if self.bars > 1 else {}
        return {"left": _written(self.left), "operator": self.operator, **bars}


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]
    path: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The condition in one line."""
        return _listed("all", self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as the language writes it."""
        return {"all": [part.to_dict() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]
    path: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The condition in one line."""
        return _listed("any", self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as the language writes it."""
        return {"any": [part.to_dict() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Not:
    """The part is known not to hold: a comparison with NaN makes no truth here either.

    ``not`` of a comparison is the opposite comparison, ``not all`` is ``any`` of the
    opposites and ``not any`` is ``all`` of them.
    """

    part: Condition
    path: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The condition in one line."""
        return f"not ({self.part.text})"

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as the language writes it."""
        return {"not": self.part.to_dict()}


Leaf: TypeAlias = Comparison | Crossing | Between | Run
Condition: TypeAlias = Leaf | AllOf | AnyOf | Not


def nodes_in(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and every condition inside it, in the order written."""
    yield condition
    if isinstance(condition, Not):
        yield from nodes_in(condition.part)
    elif isinstance(condition, (AllOf, AnyOf)):
        for part in condition.parts:
            yield from nodes_in(part)


def leaves_in(condition: Condition) -> Iterator[Leaf]:
    """Yield every comparison inside a condition, in the order written."""
    for node in nodes_in(condition):
        if not isinstance(node, (AllOf, AnyOf, Not)):
            yield node


def column_reach(condition: Condition) -> dict[str, int]:
    """Return how many bars back a condition looks at each column, by its name."""
    reach: dict[str, int] = {}
    for leaf in leaves_in(condition):
        for operand in leaf.operands:
            for column in columns_in(operand):
                back = column.shift + leaf.lookback
                reach[column.name] = max(reach.get(column.name, 0), back)
    return reach


def _written(operand: Operand) -> str | int | float:
    if not isinstance(operand, Number):
        return operand.text
    whole = operand.value.is_integer() and abs(operand.value) < 1e15
    return int(operand.value) if whole else operand.value


def _listed(word: str, parts: tuple[Condition, ...]) -> str:
    if len(parts) == 1:
        return parts[0].text
    return f"{word}({', '.join(part.text for part in parts)})"
