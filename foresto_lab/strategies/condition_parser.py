"""From JSON conditions to the frozen tree, with a finding for everything amiss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeGuard

import numpy as np

from foresto_lab.strategies.conditions import (
    COMPARISONS,
    CROSSINGS,
    OPERATORS,
    RUNS,
    AllOf,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Crossing,
    Not,
    Run,
)
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.operands import (
    Arithmetic,
    Column,
    Number,
    Operand,
    OperandTextError,
    columns_in,
    parse_number,
    parse_operand_text,
)
from foresto_lab.strategies.wording import shown

MAX_DEPTH: Final = 64
MAX_CONDITIONS: Final = 2_000
MAX_RUN_BARS: Final = 1_000

_GROUPS: Final = ("all", "any", "not")
_LEAF_KEYS: Final = ("left", "operator", "right", "bars", "comment")
_OPERATOR_HINTS: Final = MappingProxyType(
    {
        "=": "==",
        "===": "==",
        "=>": ">=",
        "=<": "<=",
        "<>": "!=",
        "gt": ">",
        "gte": ">=",
        "lt": "<",
        "lte": "<=",
        "above": ">",
        "below": "<",
        "crosses_above": "crossover",
        "crosses_below": "crossunder",
        "cross_above": "crossover",
        "cross_below": "crossunder",
        "is_between": "between",
    }
)
_EXAMPLE: Final = 'Write {"left": "close", "operator": ">", "right": 100}.'


class ConditionParser:
    """Reads the conditions of one strategy.

    Parameters
    ----------
    findings : FindingList
        Where what is amiss is written down.
    resolve : callable
        Given a column's name and its place, the column's exact name; None after it
        has written a finding of its own.
    """

    def __init__(
        self, findings: FindingList, resolve: Callable[[str, str], str | None]
    ) -> None:
        self._findings = findings
        self._resolve = resolve
        self._count = 0

    def parse_block(self, given: object, path: str) -> Condition | None:
        """Return the condition of a block: a list means all of its conditions."""
        if isinstance(given, Mapping):
            return self._parse(given, path, 1)
        if not _is_list(given):
            self._findings.error(
                "CONDITIONS_MALFORMED",
                path,
                f"it is {shown(given)}, and must be a list of conditions.",
                f"Write [{_EXAMPLE.removeprefix('Write ').removesuffix('.')}].",
            )
            return None
        parts = self._parse_parts(given, path, 1)
        return None if parts is None else AllOf(parts, path)

    def _parse(self, given: object, path: str, depth: int) -> Condition | None:
        self._count += 1
        if self._count == MAX_CONDITIONS + 1:
            self._findings.error(
                "CONDITIONS_TOO_MANY",
                path,
                f"this is condition {self._count:,} of the strategy, which may have "
                f"{MAX_CONDITIONS:,}.",
                "Say it with fewer conditions, or in Python.",
            )
        if self._count > MAX_CONDITIONS:
            return None
        if depth > MAX_DEPTH:
            self._findings.error(
                "CONDITIONS_TOO_DEEP",
                _shortened(path),
                f"conditions are nested deeper than {MAX_DEPTH} levels.",
                "Flatten them: all inside all, and any inside any, say nothing more.",
            )
            return None
        if not isinstance(given, Mapping):
            self._malformed(path, f"it is {shown(given)}, and must be a condition.")
            return None
        groups = [key for key in _GROUPS if key in given]
        if groups:
            return self._parse_group(given, groups, path, depth)
        return self._parse_leaf(given, path)

    def _parse_group(
        self, given: Mapping[Any, Any], groups: list[str], path: str, depth: int
    ) -> Condition | None:
        others = [key for key in given if key not in (groups[0], "comment")]
        if others:
            self._malformed(
                path,
                f"it holds {shown(groups[0])} together with "
                f"{', '.join(shown(key) for key in others[:5])}.",
                "Give each its own {...} and put them into one all or any.",
            )
            return None
        group = groups[0]
        inner_path = f"{path}.{group}"
        if group == "not":
            inner = given["not"]
            block = {"all": inner} if _is_list(inner) else inner
            part = self._parse(block, inner_path, depth + 1)
            return None if part is None else Not(part, path)
        if not _is_list(given[group]):
            self._findings.error(
                "CONDITIONS_MALFORMED",
                inner_path,
                f"it is {shown(given[group])}, and must be a list of conditions.",
                f'Write {{"{group}": [..., ...]}}.',
            )
            return None
        parts = self._parse_parts(given[group], inner_path, depth + 1)
        if parts is None:
            return None
        return AllOf(parts, path) if group == "all" else AnyOf(parts, path)

    def _parse_parts(
        self, given: Sequence[Any], path: str, depth: int
    ) -> tuple[Condition, ...] | None:
        if not given:
            self._findings.error(
                "CONDITIONS_EMPTY",
                path,
                "the list is empty, which is neither true nor false.",
                "Add a condition, or leave the key out.",
            )
            return None
        parts = []
        for place, inner in enumerate(given):
            parts.append(self._parse(inner, f"{path}[{place}]", depth))
            if self._count > MAX_CONDITIONS:
                return None
        found = tuple(part for part in parts if part is not None)
        return found if len(found) == len(parts) else None

    def _parse_leaf(self, given: Mapping[Any, Any], path: str) -> Condition | None:
        known = True
        for key in given:
            if key not in _LEAF_KEYS:
                known = False
                self._findings.unknown(
                    "CONDITION_KEY_UNKNOWN",
                    path,
                    "key of a condition",
                    key if isinstance(key, str) else shown(key),
                    (*_LEAF_KEYS, *_GROUPS),
                )
        missing = [key for key in ("left", "operator") if key not in given]
        if missing:
            self._malformed(path, f"it has no {' and no '.join(missing)}.")
            return None
        operator = self._parse_operator(given["operator"], f"{path}.operator")
        left = self.parse_operand(given["left"], f"{path}.left")
        if operator is None:
            return None
        leaf = self._parse_right(given, left, operator, path)
        return leaf if known else None

    def _parse_operator(self, given: object, path: str) -> str | None:
        if not isinstance(given, str):
            self._findings.error(
                "OPERATOR_UNKNOWN",
                path,
                f"it is {shown(given)}, and must be a text.",
                f"Known: {', '.join(OPERATORS)}.",
            )
            return None
        operator = given.strip().lower()
        if operator in OPERATORS:
            return operator
        hint = _OPERATOR_HINTS.get(operator)
        if hint is not None:
            self._findings.error(
                "OPERATOR_UNKNOWN",
                path,
                f"there is no operator {shown(given)}.",
                f"Write {hint!r}.",
            )
        else:
            self._findings.unknown(
                "OPERATOR_UNKNOWN", path, "operator", given, OPERATORS
            )
        return None

    def _parse_right(
        self, given: Mapping[Any, Any], left: Operand | None, operator: str, path: str
    ) -> Condition | None:
        if operator in RUNS:
            return self._parse_run(given, left, operator, path)
        if "bars" in given:
            self._malformed(
                path,
                f"'bars' means nothing to {operator}.",
                "Only rising and falling take it.",
            )
            return None
        if "right" not in given:
            self._malformed(path, f"it has no right, which {operator} needs.")
            return None
        if operator == "between":
            return self._parse_between(given["right"], left, path)
        right = self.parse_operand(given["right"], f"{path}.right")
        if left is None or right is None:
            return None
        self._warn_of_constants((left, right), path)
        kind = Crossing if operator in CROSSINGS else Comparison
        assert operator in (*COMPARISONS, *CROSSINGS)
        return kind(left, operator, right, path)

    def _parse_between(
        self, given: object, left: Operand | None, path: str
    ) -> Condition | None:
        if not _is_list(given) or len(given) != 2:
            self._findings.error(
                "OPERAND_MALFORMED",
                f"{path}.right",
                f"it is {shown(given)}, and between needs a list of two operands.",
                'Write "right": [20, 80].',
            )
            return None
        low = self.parse_operand(given[0], f"{path}.right[0]")
        high = self.parse_operand(given[1], f"{path}.right[1]")
        if left is None or low is None or high is None:
            return None
        both = isinstance(low, Number) and isinstance(high, Number)
        if both and low.value > high.value:  # type: ignore[union-attr]
            self._malformed(
                f"{path}.right",
                f"nothing lies between {low.text} and {high.text}.",
                f'Write "right": [{high.text}, {low.text}].',
            )
            return None
        self._warn_of_constants((left, low, high), path)
        return Between(left, low, high, path)

    def _parse_run(
        self, given: Mapping[Any, Any], left: Operand | None, operator: str, path: str
    ) -> Condition | None:
        if "bars" in given and "right" in given:
            self._malformed(
                path, f"{operator} takes 'bars' or 'right', not both.", "Keep bars."
            )
            return None
        key = "right" if "right" in given else "bars"
        bars = given.get(key, 1)
        is_whole = isinstance(bars, (int, np.integer)) and not isinstance(bars, bool)
        if not is_whole or not 1 <= bars <= MAX_RUN_BARS:
            self._findings.error(
                "OPERAND_MALFORMED",
                f"{path}.{key}",
                f"it is {shown(bars)}, and must be a whole number of bars, 1 to "
                f"{MAX_RUN_BARS:,}.",
                f'Write "bars": 3 for {operator} on each of the last three bars.',
            )
            return None
        if left is None:
            return None
        self._warn_of_constants((left,), path)
        return Run(left, operator, int(bars), path)

    def parse_operand(self, given: object, path: str) -> Operand | None:
        """Return a column, a number or arithmetic; None after a finding."""
        try:
            operand = _read_operand(given)
        except OperandTextError as error:
            self._findings.error(
                error.code, path, f"{shown(given)}: {error.message}", error.fix
            )
            return None
        return self._named(operand, path)

    def _named(self, operand: Operand, path: str) -> Operand | None:
        """Return the operand with the exact names of its columns."""
        if isinstance(operand, Column):
            name = self._resolve(operand.name, path)
            return None if name is None else replace(operand, name=name)
        if isinstance(operand, Arithmetic):
            left = self._named(operand.left, path)
            right = self._named(operand.right, path)
            if left is None or right is None:
                return None
            return Arithmetic(operand.operator, left, right)
        return operand

    def _warn_of_constants(self, operands: tuple[Operand, ...], path: str) -> None:
        if any(True for operand in operands for _ in columns_in(operand)):
            return
        self._findings.warning(
            "CONDITION_CONSTANT",
            path,
            "it looks at no column, so it says the same on every bar.",
            'Put a column on its left, e.g. "close".',
        )

    def _malformed(self, path: str, message: str, fix: str = _EXAMPLE) -> None:
        self._findings.error("CONDITION_MALFORMED", path, message, fix)


def _read_operand(given: object) -> Operand:
    if isinstance(given, str):
        return parse_operand_text(given)
    if isinstance(given, (int, float, np.integer, np.floating)) and not isinstance(
        given, bool
    ):
        return parse_number(given if isinstance(given, int) else float(given))
    raise OperandTextError(
        "OPERAND_MALFORMED",
        "it is neither a column nor a number.",
        'Write a column such as "close", or a number such as 30.',
    )


def _is_list(given: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(given, Sequence) and not isinstance(given, (str, bytes))


def _shortened(path: str) -> str:
    return path if len(path) <= 80 else f"{path[:80]}…"
