"""Conditions between parameters, ``fast_period < slow_period``, on whole columns."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

import numpy as np

from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations, ParameterColumn
from foresto_lab.types import BoolArray1D

_LONGEST: Final = 1_000
_COMPARISONS: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_QUOTED: Final = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class ParameterConstraint:
    """A condition that every combination asked for must meet.

    Comparisons, also chained, of sums, differences, products, quotients, ``//`` and
    ``%`` of parameters and numbers, joined by ``and``, ``or``, ``not``. A name that is
    no Python name, such as a path into JSON, stands in backticks::

        fast_period < slow_period
        `indicators[0].params.timeperiod` + 10 <= slow

    What is divided by zero meets no condition but ``!=``.

    Parameters
    ----------
    text : str

    Raises
    ------
    SpaceError
        It is no condition, or uses more than the above.
    """

    text: str
    names: tuple[str, ...] = field(init=False)
    _tree: ast.expr = field(init=False, repr=False, compare=False)
    _quoted: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise SpaceError(
                message=f"Constraint {self.text!r} is no text; write it as in "
                '"fast_period < slow_period".'
            )
        quoted: dict[str, str] = {}
        tree = _parse(self.text, quoted)
        used = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        names = tuple(dict.fromkeys(quoted.get(name, name) for name in used))
        if not names:
            raise _refused(self.text, "it names no parameter")
        object.__setattr__(self, "text", self.text.strip())
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "_tree", tree)
        object.__setattr__(self, "_quoted", quoted)

    def allows(self, combinations: Combinations) -> BoolArray1D:
        """Return which combinations meet the condition, (n,).

        Raises
        ------
        SpaceError
            It compares what cannot be compared, a text with a number.
        """
        columns = {
            name: combinations.columns[self._quoted.get(name, name)]
            for name in self._spelled()
        }
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(_value(self._tree, columns))
        except TypeError:
            raise _refused(
                self.text, "it compares or reckons with values of different kinds"
            ) from None
        if found.dtype != np.bool_:
            raise _refused(self.text, "it is no condition: its value is a number")
        return np.broadcast_to(found, (len(combinations),))

    def _spelled(self) -> set[str]:
        return {n.id for n in ast.walk(self._tree) if isinstance(n, ast.Name)}

    def __reduce__(self) -> tuple[Any, ...]:
        """Let constraints cross process borders: they are read again there."""
        return (type(self), (self.text,))


def parse_constraints(
    given: Iterable[str] | str, known: Iterable[str]
) -> tuple[ParameterConstraint, ...]:
    """Return constraints between known parameters.

    Raises
    ------
    SpaceError
        One cannot be read.
    UnknownNameError
        One names a parameter that is not there.
    """
    texts = (given,) if isinstance(given, str) else tuple(given)
    constraints = tuple(ParameterConstraint(text) for text in texts)
    known = tuple(known)
    for constraint in constraints:
        for name in constraint.names:
            if name not in known:
                raise UnknownNameError(
                    kind="parameter in a constraint",
                    given=name,
                    allowed=known,
                )
    return constraints


def _parse(text: str, quoted: dict[str, str]) -> ast.expr:
    def stand_in(match: re.Match[str]) -> str:
        name = f"quoted_{len(quoted)}_"
        quoted[name] = match.group(1)
        return name

    if len(text) > _LONGEST:
        raise _refused(f"{text[:60]}...", f"it is longer than {_LONGEST} characters")
    try:
        tree = ast.parse(_QUOTED.sub(stand_in, text.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refused(text, "it cannot be read") from None
    _require_known_parts(tree, text)
    return tree


def _require_known_parts(tree: ast.expr, text: str) -> None:
    if not isinstance(tree, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Name):
        raise _refused(text, "it compares nothing")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            is_known = isinstance(node.value, int | float | str | None)
        else:
            is_known = isinstance(node, _PARTS)
        if not is_known:
            raise _refused(text, f"it uses {type(node).__name__}")


_PARTS: Final = (
    *(ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Name, ast.Load),
    *(ast.And, ast.Or, ast.Not, ast.USub, ast.UAdd),
    *_COMPARISONS,
    *_ARITHMETIC,
)


def _value(node: ast.expr, columns: Mapping[str, ParameterColumn]) -> Any:
    if isinstance(node, ast.Name):
        return columns[node.id]
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.UnaryOp):
        return _signed(node.op, _value(node.operand, columns))
    if isinstance(node, ast.BinOp):
        act = _ARITHMETIC[type(node.op)]
        return act(_value(node.left, columns), _value(node.right, columns))
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return reduce(join, [_truth(_value(part, columns)) for part in node.values])
    assert isinstance(node, ast.Compare)
    return _chain(node, columns)


def _chain(node: ast.Compare, columns: Mapping[str, ParameterColumn]) -> Any:
    values = [_value(part, columns) for part in (node.left, *node.comparators)]
    links = [
        _truth(np.asarray(_COMPARISONS[type(sign)](left, right)))
        for sign, left, right in zip(node.ops, values, values[1:], strict=False)
    ]
    return reduce(np.logical_and, links)


def _signed(sign: ast.unaryop, value: Any) -> Any:
    if isinstance(sign, ast.Not):
        return np.logical_not(_truth(value))
    return -value if isinstance(sign, ast.USub) else +value


def _truth(value: Any) -> Any:
    """Return a truth value as such; columns of choices compare into objects."""
    array = np.asarray(value)
    if array.dtype == object:
        array = np.array([bool(one) for one in array.ravel()]).reshape(array.shape)
    if array.dtype != np.bool_:
        raise TypeError("a number stands where a condition is wanted")
    return array


def _constant(value: Any) -> Any:
    """Return a constant that numpy divides by zero without raising."""
    if isinstance(value, bool | str) or value is None:
        return value
    return np.float64(value)


def _refused(text: str, reason: str) -> SpaceError:
    return SpaceError(
        message=f"Constraint {text!r} is refused: {reason}. Write a comparison of "
        'parameters and numbers, as in "fast_period < slow_period".'
    )
