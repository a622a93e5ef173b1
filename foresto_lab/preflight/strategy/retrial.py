"""A strategy changed in one place, and its trades counted again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from foresto_lab.strategies.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
)
from foresto_lab.strategies.operands import Number

if TYPE_CHECKING:
    from foresto_lab.strategies.json_strategy import JsonStrategy

Change: TypeAlias = Callable[[Condition], Condition | None]


@dataclass(frozen=True, slots=True, eq=False)
class ChangedStrategy:
    """Counts the trades of a JSON strategy with one condition changed.

    Parameters
    ----------
    strategy : JsonStrategy
        The strategy as it is.
    count_trades : callable
        Runs a changed strategy through the engine; None where it could not.
    """

    strategy: JsonStrategy
    count_trades: Callable[[JsonStrategy], int | None]

    def without(self, path: str) -> int:
        """Return the trades with the condition at ``path`` left out."""
        return self._count(path, lambda _: None)

    def with_number(self, path: str, number: float) -> int:
        """Return the trades with the right side of the comparison replaced."""

        def move(condition: Condition) -> Condition:
            if isinstance(condition, Comparison):
                return replace(condition, right=Number(number))
            return condition

        return self._count(path, move)

    def _count(self, path: str, change: Change) -> int:
        definition = self.strategy.definition
        blocks = {
            block: new
            for block, condition in definition.blocks.items()
            if (new := changed_condition(condition, path, change)) is not None
        }
        if set(blocks) != set(definition.blocks):
            return 0  # its last condition was left out
        changed = type(self.strategy)(replace(definition, blocks=blocks))
        return self.count_trades(changed) or 0


def changed_condition(
    condition: Condition, path: str, change: Change
) -> Condition | None:
    """Return a condition with the one at ``path`` changed, or left out where None."""
    if condition.path == path and not _is_block(condition, path):
        return change(condition)
    if isinstance(condition, Not):
        part = changed_condition(condition.part, path, change)
        return None if part is None else replace(condition, part=part)
    if isinstance(condition, AllOf | AnyOf):
        changed = (changed_condition(part, path, change) for part in condition.parts)
        parts = tuple(part for part in changed if part is not None)
        return replace(condition, parts=parts) if parts else None
    return condition


def _is_block(condition: Condition, path: str) -> bool:
    return isinstance(condition, AllOf) and path.isidentifier()
