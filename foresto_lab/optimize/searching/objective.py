"""What makes one trial better than another, and which trials count at all."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import ObjectiveError, UnknownNameError
from foresto_lab.labels import MEASURES
from foresto_lab.optimize.evaluation import ALIASES, Evaluations
from foresto_lab.types import BoolArray1D, Float64Array1D, Float64Array2D

ObjectiveFunction: TypeAlias = Callable[[Mapping[str, float]], float]
"""From the figures of one trial by name to its value; NaN for none."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A figure that trials are compared by, or a function of all figures.

    Parameters
    ----------
    name : str
        A figure such as ``sharpe``; for a function what it is called.
    maximize : bool, optional
        By default as the figure has it: more Sharpe, less volatility. A drawdown is a
        negative number, of which more is better. More of a function is better.
    function : callable, optional
        Given the figures of a trial as a dict, returns its value. A division by zero
        counts as no value; any other fault ends the search.
    """

    name: str
    maximize: bool | None = None
    function: ObjectiveFunction | None = field(default=None, compare=True)

    @property
    def more_is_better(self) -> bool:
        """Whether more is better.

        Raises
        ------
        ObjectiveError
            The figure has no better direction, such as a number of trades, and none
            was given.
        """
        if self.maximize is not None:
            return self.maximize
        return self.function is not None or _own_direction(self.name)

    def values(self, evaluations: Evaluations) -> Float64Array1D:
        """Return the value of every trial, NaN where there is none."""
        if self.function is None:
            return np.array(evaluations.column(self.name), dtype=np.float64)
        rows = evaluations.figures.tolist()
        named = (dict(zip(evaluations.names, row, strict=True)) for row in rows)
        return np.array([_value(self, row) for row in named], dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values; a function by its name and its code."""
        return {
            "name": self.name,
            "maximize": self.more_is_better,
            "function": None if self.function is None else _code_of(self.function),
        }

    def __str__(self) -> str:
        return self.name


def _code_of(function: ObjectiveFunction) -> str:
    """Return a checksum of what a function is written as, as far as it can be read."""
    import inspect

    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        text = repr(function) if code is None else f"{code.co_code!r}{code.co_consts}"
    return sha256_of({"source": text})


def parse_objectives(
    given: Objective | str | ObjectiveFunction | Sequence[Any], names: Sequence[str]
) -> tuple[Objective, ...]:
    """Return the objectives that were given, one or several, each checked.

    Parameters
    ----------
    given : str, Objective, callable, or a sequence of them
        ``"sharpe_ratio"``, ``"-volatility"`` for less of it, ``"+total_trades"`` for
        more.
    names : sequence of str
        The figures that trials have.

    Raises
    ------
    UnknownNameError
        There is no such figure.
    ObjectiveError
        None was given, one twice, or a figure without a better direction.
    """
    several = isinstance(given, Sequence) and not isinstance(given, str)
    items: Sequence[Any] = given if several else [given]  # type: ignore[assignment]
    objectives = tuple(_parse_objective(item, names) for item in items)
    if not objectives:
        raise ObjectiveError(
            message="No objective was given. Name a figure, such as sharpe_ratio, or "
            "hand in a function of the figures."
        )
    labels = [objective.name for objective in objectives]
    twice = next((name for name in labels if labels.count(name) > 1), None)
    if twice is not None:
        raise ObjectiveError(
            message=f"Objective {twice} was given twice; name it once."
        )
    return objectives


def _parse_objective(given: Any, names: Sequence[str]) -> Objective:
    if isinstance(given, Objective):
        objective = given
    elif callable(given):
        objective = Objective(getattr(given, "__name__", "objective"), True, given)
    elif isinstance(given, str):
        objective = _signed(given.strip())
    else:
        raise ObjectiveError(
            message=f"Objective {given!r:.80} is neither the name of a figure, an "
            "fl.Objective(...), nor a function of the figures."
        )
    if objective.function is None:
        exact = exact_figure(objective.name, names)
        objective = Objective(exact, objective.maximize)
    objective.more_is_better  # noqa: B018 - refused before anything runs
    return objective


def _signed(text: str) -> Objective:
    """Return the objective of a name that may carry its direction as a sign."""
    if not text.startswith(("-", "+")):
        return Objective(text)
    name, more = text[1:].strip(), text.startswith("+")
    better = _better(name)
    if better != "neither" and more != (better == "higher"):
        raise ObjectiveError(
            message=f"Objective {text!r} asks for the worst {name}: of it, {better} is "
            f"better as it stands. Write {name!r}, or fl.Objective({name!r}, "
            f"maximize={more}) if that is what you mean."
        )
    return Objective(name, more)


def exact_figure(name: str, names: Sequence[str]) -> str:
    """Return the figure that a name or an alias stands for."""
    exact = name if name in names else ALIASES.get(name, name)
    if exact not in names:
        raise UnknownNameError(kind="metric", given=name, allowed=tuple(names))
    return exact


def _better(name: str) -> str:
    exact = name if name in MEASURES else ALIASES.get(name, name)
    return MEASURES[exact].better if exact in MEASURES else "neither"


def _own_direction(name: str) -> bool:
    better = _better(name)
    if better == "neither":
        raise ObjectiveError(
            message=f"Of {name} neither more nor less is better. Write '+{name}' for "
            f"more of it or '-{name}' for less, or make it a constraint such as "
            f"'{name} >= 30'."
        )
    return better == "higher"


def _value(objective: Objective, figures: dict[str, float]) -> float:
    assert objective.function is not None
    try:
        return float(objective.function(figures))
    except ArithmeticError:
        return math.nan
    except KeyError as error:
        raise ObjectiveError(
            message=f"Objective {objective.name} asks for {error}, which trials do not "
            f"have; they have {', '.join(figures)}."
        ) from None
    except Exception as error:
        raise ObjectiveError(
            message=f"Objective {objective.name} failed on a trial with "
            f"{type(error).__name__}: {error}. It must return a number for any "
            "figures, NaN among them."
        ) from error


# --- constraints --------------------------------------------------------------------

_OPERATORS: Final[dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]]] = {
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
}
_COMPARE: Final = dict(_OPERATORS.values())
_MIRRORED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class MetricConstraint:
    """A bound that a figure must keep for a trial to count; NaN keeps none."""

    name: str
    comparison: str
    bound: float

    def holds(self, evaluations: Evaluations) -> BoolArray1D:
        """Return for every trial whether the bound is kept."""
        column = evaluations.column(self.name)
        kept: BoolArray1D = np.asarray(_COMPARE[self.comparison](column, self.bound))
        return kept & ~np.isnan(column)

    def __str__(self) -> str:
        return f"{self.name} {self.comparison} {self.bound:g}"


def parse_metric_constraints(
    given: str | MetricConstraint | Sequence[str | MetricConstraint],
    names: Sequence[str],
) -> tuple[MetricConstraint, ...]:
    """Return the bounds that texts such as ``max_drawdown > -0.3`` state.

    Raises
    ------
    UnknownNameError
        There is no such figure.
    ObjectiveError
        The text is no comparison of a figure with a number.
    """
    items = [given] if isinstance(given, (str, MetricConstraint)) else list(given)
    return tuple(found for item in items for found in _parse_constraint(item, names))


def _parse_constraint(
    given: str | MetricConstraint, names: Sequence[str]
) -> list[MetricConstraint]:
    if isinstance(given, MetricConstraint):
        exact = exact_figure(given.name, names)
        return [MetricConstraint(exact, given.comparison, given.bound)]
    try:
        body = ast.parse(str(given), mode="eval").body
    except (SyntaxError, ValueError):
        raise _no_constraint(given) from None
    if isinstance(body, ast.BoolOp) and isinstance(body.op, ast.And):
        return [c for part in body.values for c in _comparisons(part, given, names)]
    return _comparisons(body, given, names)


def _comparisons(
    node: ast.expr, text: str, names: Sequence[str]
) -> list[MetricConstraint]:
    """Return the bounds of ``figure > number``, also of ``low < figure < high``."""
    if not isinstance(node, ast.Compare):
        raise _no_constraint(text)
    sides = [node.left, *node.comparators]
    pairs = zip(sides, node.ops, sides[1:], strict=False)
    return [_bound(left, op, right, text, names) for left, op, right in pairs]


def _bound(
    left: ast.expr, op: ast.cmpop, right: ast.expr, text: str, names: Sequence[str]
) -> MetricConstraint:
    if type(op) not in _OPERATORS:
        raise _no_constraint(text)
    comparison = _OPERATORS[type(op)][0]
    if isinstance(right, ast.Name):
        left, right, comparison = right, left, _MIRRORED[comparison]
    if not isinstance(left, ast.Name):
        raise _no_constraint(text)
    name = exact_figure(left.id, names)
    return MetricConstraint(name, comparison, _number(right, text))


def _number(node: ast.expr, text: str) -> float:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        raise _no_constraint(text) from None
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _no_constraint(text)
    return float(value)


def _no_constraint(text: object) -> ObjectiveError:
    return ObjectiveError(
        message=f"Constraint {text!r:.80} is no bound on a figure. Write a figure, one "
        "of > >= < <= == !=, and a number, as in 'max_drawdown > -0.3' or "
        "'total_trades >= 30'."
    )


# --- preference ---------------------------------------------------------------------


def objective_values(
    objectives: Sequence[Objective], evaluations: Evaluations
) -> Float64Array2D:
    """Return the value of each objective of each trial, (n, n_objectives)."""
    return np.column_stack([each.values(evaluations) for each in objectives])


def feasible_trials(
    constraints: Sequence[MetricConstraint], evaluations: Evaluations
) -> BoolArray1D:
    """Return for each trial whether every constraint holds."""
    feasible = np.ones(len(evaluations), dtype=np.bool_)
    for constraint in constraints:
        feasible &= constraint.holds(evaluations)
    return feasible
