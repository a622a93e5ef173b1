"""The JSON conditions, interpreted bar by bar: slow, obvious, and written apart.

Truth is True, False or None (not known, as a value is NaN or lies before the first
bar): Kleene's logic. A condition holds where its truth is True.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from typing import Any

Columns = Mapping[str, Sequence[float]]


def holds(condition: Any, columns: Columns, bar: int) -> bool:
    """Whether a condition, or all of a list, holds on a bar."""
    return truth(condition, columns, bar) is True


def truth(condition: Any, columns: Columns, bar: int) -> bool | None:
    if isinstance(condition, list):
        return every([truth(part, columns, bar) for part in condition])
    if "all" in condition:
        return every([truth(part, columns, bar) for part in condition["all"]])
    if "any" in condition:
        return opposite(
            every([opposite(truth(part, columns, bar)) for part in condition["any"]])
        )
    if "not" in condition:
        return opposite(truth(condition["not"], columns, bar))
    return leaf(condition, columns, bar)


def every(truths: list[bool | None]) -> bool | None:
    if False in truths:
        return False
    return None if None in truths else True


def opposite(given: bool | None) -> bool | None:
    return None if given is None else not given


def leaf(condition: Any, columns: Columns, bar: int) -> bool | None:
    operator = condition["operator"]

    def at(operand: Any, back: int = 0) -> float:
        return value(operand, columns, bar - back)

    left = condition["left"]
    if operator in ("rising", "falling"):
        sign = ">" if operator == "rising" else "<"
        return every(
            [
                compare(at(left, back), sign, at(left, back + 1))
                for back in range(condition.get("bars", 1))
            ]
        )
    right = condition["right"]
    if operator == "between":
        low, high = right
        return every(
            [compare(at(left), ">=", at(low)), compare(at(left), "<=", at(high))]
        )
    if operator in ("crossover", "crossunder"):
        before, now = ("<=", ">") if operator == "crossover" else (">=", "<")
        return every(
            [
                compare(at(left, 1), before, at(right, 1)),
                compare(at(left), now, at(right)),
            ]
        )
    return compare(at(left), operator, at(right))


def compare(left: float, sign: str, right: float) -> bool | None:
    if math.isnan(left) or math.isnan(right):
        return None
    return {
        ">": left > right,
        ">=": left >= right,
        "<": left < right,
        "<=": left <= right,
        "==": left == right,
        "!=": left != right,
    }[sign]


def value(operand: Any, columns: Columns, bar: int) -> float:
    if not isinstance(operand, str):
        return math.nan if bar < 0 else float(operand)
    return computed(ast.parse(operand.strip(), mode="eval").body, columns, bar)


def computed(node: ast.expr, columns: Columns, bar: int) -> float:
    if isinstance(node, ast.Constant):
        return math.nan if bar < 0 else float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return math.nan if bar < 0 else float(columns[node.id][bar])
    if isinstance(node, ast.Subscript):
        return computed(node.value, columns, bar + ast.literal_eval(node.slice))
    if isinstance(node, ast.UnaryOp):
        return -computed(node.operand, columns, bar)
    assert isinstance(node, ast.BinOp)
    left, right = computed(node.left, columns, bar), computed(node.right, columns, bar)
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    if isinstance(node.op, ast.Mult):
        return left * right
    return math.nan if right == 0 else left / right
