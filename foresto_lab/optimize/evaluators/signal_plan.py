"""Conditions with open numbers as clauses of leaves, the form that a sweep takes.

A tree of ``all``, ``any`` and ``not`` becomes the list of ways in which it can hold,
each a list of comparisons that hold together (its disjunctive normal form). Under a
``not`` the opposite comparison stands, so that a value that is missing makes neither
true, as in ``strategies.evaluation``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from foresto_lab.engine import sweep_terms as terms
from foresto_lab.optimize.evaluators.column_sources import (
    ArithmeticSource,
    CandleSource,
    ConstantSource,
    IndicatorSource,
    ShiftedSource,
    Source,
)
from foresto_lab.optimize.evaluators.open_numbers import Number, Open
from foresto_lab.strategies.column_sources import CANDLE_COLUMNS
from foresto_lab.strategies.conditions import (
    AllOf,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Crossing,
    Not,
    Run,
)
from foresto_lab.strategies.evaluation import OPPOSITE
from foresto_lab.strategies.json_definition import BLOCKS, JsonDefinition
from foresto_lab.strategies.operands import Arithmetic, Column, Operand
from foresto_lab.strategies.operands import Number as FixedNumber

MOST_CLAUSES: Final = 64
"""Ways in which a block may hold; with more its signals are computed elsewhere."""

_KINDS: Final = {
    ">": terms.ABOVE,
    ">=": terms.AT_LEAST,
    "<": terms.BELOW,
    "<=": terms.AT_MOST,
    "==": terms.EQUAL,
    "!=": terms.UNEQUAL,
    "crossover": terms.CROSS_OVER,
    "crossunder": terms.CROSS_UNDER,
}
_MIRRORED: Final = {
    terms.ABOVE: terms.BELOW,
    terms.AT_LEAST: terms.AT_MOST,
    terms.BELOW: terms.ABOVE,
    terms.AT_MOST: terms.AT_LEAST,
    terms.EQUAL: terms.EQUAL,
    terms.UNEQUAL: terms.UNEQUAL,
    terms.CROSS_OVER: terms.CROSS_UNDER,
    terms.CROSS_UNDER: terms.CROSS_OVER,
}


@dataclass(frozen=True, slots=True)
class LeafPlan:
    """One comparison; see ``engine.sweep_terms`` for its parts."""

    kind: int
    left: Source
    left_shift: int
    right: Source | None
    right_shift: int
    constant: Number
    number: Number


Clause: TypeAlias = tuple[LeafPlan, ...]
Clauses: TypeAlias = tuple[Clause, ...]


class TooManyClausesError(Exception):
    """A block has more ways to hold than a sweep should try."""


def block_clauses(
    definition: JsonDefinition, opens: Mapping[str, Open]
) -> tuple[Clauses, ...]:
    """Return the clauses of each block, in the order of ``sweep_terms.BLOCKS``.

    Parameters
    ----------
    definition : JsonDefinition
    opens : mapping of path to Open
        Numbers of the definition that are open, by their place in the JSON.

    Raises
    ------
    TooManyClausesError
        A block has more than ``MOST_CLAUSES``.
    """
    reading = _Reading(definition, opens)
    return tuple(
        _without_repetition(reading.clauses(definition.blocks[block], holds=True))
        if block in definition.blocks
        else ()
        for block in BLOCKS
    )


def _without_repetition(clauses: Clauses) -> Clauses:
    return tuple(dict.fromkeys(tuple(dict.fromkeys(clause)) for clause in clauses))


class _Reading:
    """One pass over the conditions of a definition."""

    def __init__(self, definition: JsonDefinition, opens: Mapping[str, Open]) -> None:
        self._columns = definition.columns
        self._opens = opens

    def clauses(self, condition: Condition, *, holds: bool) -> Clauses:
        if isinstance(condition, Not):
            return self.clauses(condition.part, holds=not holds)
        if isinstance(condition, AllOf | AnyOf):
            parts = [self.clauses(part, holds=holds) for part in condition.parts]
            together = isinstance(condition, AllOf) == holds
            return _all_of(parts) if together else _any_of(parts)
        if isinstance(condition, Run):
            return self._run(condition, holds)
        if isinstance(condition, Between):
            return self._between(condition, holds)
        if isinstance(condition, Crossing):
            return self._crossing(condition, holds)
        return self._compared(condition, holds)

    def _compared(self, leaf: Comparison, holds: bool) -> Clauses:
        operator = leaf.operator if holds else OPPOSITE[leaf.operator]
        left, right = self._sides(leaf)
        return _one(_leaf(_KINDS[operator], left, right))

    def _crossing(self, leaf: Crossing, holds: bool) -> Clauses:
        left, right = self._sides(leaf)
        if holds:
            return _one(_leaf(_KINDS[leaf.operator], left, right))
        if not isinstance(left, tuple) and not isinstance(right, tuple):
            left = _as_column(left)
        over = leaf.operator == "crossover"
        before, now = (
            (terms.ABOVE, terms.AT_MOST) if over else (terms.BELOW, terms.AT_LEAST)
        )
        stayed = _leaf(before, _one_ago(left), _one_ago(right))
        return _any_of([_one(stayed), _one(_leaf(now, left, right))])

    def _between(self, leaf: Between, holds: bool) -> Clauses:
        left = self._operand(leaf.left, f"{leaf.path}.left")
        low = self._operand(leaf.low, f"{leaf.path}.right[0]")
        high = self._operand(leaf.high, f"{leaf.path}.right[1]")
        kinds = (terms.AT_LEAST, terms.AT_MOST) if holds else (terms.BELOW, terms.ABOVE)
        parts = [
            _one(_leaf(kinds[0], left, low)),
            _one(_leaf(kinds[1], left, high)),
        ]
        return _all_of(parts) if holds else _any_of(parts)

    def _run(self, leaf: Run, holds: bool) -> Clauses:
        up = leaf.operator == "rising"
        runs = (terms.RISING, terms.FALLING)
        kinds = runs if holds else (terms.NOT_RISING, terms.NOT_FALLING)
        left = _as_column(self._operand(leaf.left, f"{leaf.path}.left"))
        bars = self._opens.get(f"{leaf.path}.bars", leaf.bars)
        kind = kinds[0] if up else kinds[1]
        return _one(LeafPlan(kind, *left, None, 0, 0.0, bars))

    def _sides(self, leaf: Comparison) -> tuple[_Side, _Side]:
        return (
            self._operand(leaf.left, f"{leaf.path}.left"),
            self._operand(leaf.right, f"{leaf.path}.right"),
        )

    def _operand(self, operand: Operand, path: str) -> _Side:
        if path in self._opens:
            return self._opens[path]
        if isinstance(operand, FixedNumber):
            return operand.value
        if isinstance(operand, Column):
            return self._source(operand.name), operand.shift
        return self._arithmetic(operand), 0

    def _arithmetic(self, operand: Arithmetic) -> ArithmeticSource:
        left, right = (self._inner(side) for side in (operand.left, operand.right))
        return ArithmeticSource(operand.operator, left, right)

    def _inner(self, operand: Operand) -> Source | float:
        if isinstance(operand, FixedNumber):
            return operand.value
        if isinstance(operand, Column):
            source = self._source(operand.name)
            return ShiftedSource(source, operand.shift) if operand.shift else source
        return self._arithmetic(operand)

    def _source(self, name: str) -> Source:
        if name in CANDLE_COLUMNS:
            return CandleSource(name)
        place, output = self._columns.sources[name][0]
        use = self._columns.uses[place]
        stem = f"indicators[{place}].params"
        params = {**use.params, **self._open_params(stem)}
        return IndicatorSource(use.name, tuple(sorted(params.items())), output)

    def _open_params(self, stem: str) -> dict[str, Open]:
        return {
            path.removeprefix(f"{stem}."): number
            for path, number in self._opens.items()
            if path.startswith(f"{stem}.")
        }


_Side: TypeAlias = tuple[Source, int] | Number
"""A column and by how many bars it is shifted, or a number."""


def _leaf(kind: int, left: _Side, right: _Side) -> LeafPlan:
    """Return a comparison with a column on its left."""
    if not isinstance(left, tuple) and isinstance(right, tuple):
        return _leaf(_MIRRORED[kind], right, left)
    column = _as_column(left)
    if isinstance(right, tuple):
        return LeafPlan(kind, *column, *right, 0.0, 0)
    return LeafPlan(kind, *column, None, 0, right, 0)


def _as_column(side: _Side) -> tuple[Source, int]:
    return side if isinstance(side, tuple) else (ConstantSource(side), 0)


def _one_ago(side: _Side) -> _Side:
    return (side[0], side[1] + 1) if isinstance(side, tuple) else side


def _one(leaf: LeafPlan) -> Clauses:
    return ((leaf,),)


def _any_of(parts: list[Clauses]) -> Clauses:
    return _few(tuple(clause for part in parts for clause in part))


def _all_of(parts: list[Clauses]) -> Clauses:
    joined: Clauses = ((),)
    for part in parts:
        joined = _few(tuple((*clause, *more) for clause in joined for more in part))
    return joined


def _few(clauses: Clauses) -> Clauses:
    if len(clauses) > MOST_CLAUSES:
        raise TooManyClausesError
    return clauses
