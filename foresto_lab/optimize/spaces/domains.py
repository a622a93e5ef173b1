"""What a parameter may be: whole numbers, numbers, or choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.combinations import ParameterColumn
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.steps import (
    decimal_steps,
    factor_levels,
    require_bounds,
    require_integer,
)
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D

CONTINUOUS_LEVELS = 32
"""Into how many parts a range without a step is cut where neighbours are looked for."""


@dataclass(frozen=True, slots=True)
class IntRange:
    """Whole numbers from ``low`` to ``high``, both included.

    Parameters
    ----------
    low, high : int
        ``high`` itself is there only if steps from ``low`` reach it.
    step : int
        From one to the next; on a log scale a factor if it is over 1.
    log : bool
        Draw small numbers as often as large ones: 1 to 10 as often as 10 to 100.

    Raises
    ------
    SpaceError
        ``low`` is above ``high``, the step is not above 0, or a log scale has no
        ``low`` above 0.
    """

    low: int
    high: int
    step: int = 1
    log: bool = False
    kind: ClassVar[str] = "int"

    def __post_init__(self) -> None:
        for field in ("low", "high", "step"):
            whole = require_integer("IntRange", field, getattr(self, field))
            object.__setattr__(self, field, whole)
        require_bounds("IntRange", self.low, self.high, self.step, self.log)

    @property
    def _by_factor(self) -> bool:
        return self.log and self.step > 1

    @property
    def count(self) -> int:
        """How many numbers there are."""
        if self._by_factor:
            return factor_levels(self.low, self.high, self.step)
        return (self.high - self.low) // self.step + 1

    def values(self, levels: Int64Array1D) -> ParameterColumn:
        """Return the numbers at these levels, counted from 0."""
        if self._by_factor:
            return self.low * np.int64(self.step) ** levels
        return self.low + self.step * levels

    def levels(self, column: ParameterColumn) -> Int64Array1D:
        """Return the level of each value; -1 where it is none of this range."""
        given = np.asarray(column, dtype=np.float64)
        place = np.nan_to_num((given - self.low) / self.step, nan=-1.0)
        if self._by_factor:
            place = np.log(np.maximum(given, 0.5) / self.low) / np.log(self.step)
        levels = np.clip(np.rint(place), 0, self.count - 1).astype(np.int64)
        return np.where(self.values(levels) == given, levels, -1)

    def positions(self, column: ParameterColumn) -> Float64Array1D:
        """Return where in the range each value lies, from 0 to 1."""
        return _positions(column, self.low, self.high, self.log)

    def allows(self, column: ParameterColumn) -> BoolArray1D:
        """Return which values are of this range."""
        return self.levels(column) >= 0

    def sample(self, generator: np.random.Generator, n: int) -> ParameterColumn:
        """Return ``n`` numbers drawn at random."""
        if not self.log or self._by_factor:
            return self.values(generator.integers(0, self.count, n))
        edges = np.log(self.low - 0.5), np.log(self.high + 0.5)
        drawn = np.rint(np.exp(generator.uniform(*edges, n)))
        return np.clip(drawn, self.low, self.high).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Return the range as JSON-ready values."""
        return _range_dict(self)


@dataclass(frozen=True, slots=True)
class FloatRange:
    """Numbers from ``low`` to ``high``, both included.

    Parameters
    ----------
    low, high : float
    step : float, optional
        From one to the next; on a log scale a factor. Without one every number
        between the bounds can come, and there is no grid of them.
    log : bool
        Draw small numbers as often as large ones.

    Raises
    ------
    SpaceError
        ``low`` is above ``high``, a bound is NaN or infinite, the step is not above 0
        (not above 1 on a log scale), or a log scale has no ``low`` above 0.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False
    kind: ClassVar[str] = "float"

    def __post_init__(self) -> None:
        require_bounds("FloatRange", self.low, self.high, self.step, self.log)
        if self.log and self.step is not None and self.step <= 1:
            raise SpaceError(
                message=f"FloatRange({self.low}, {self.high}) has step {self.step}; on "
                "a log scale it is a factor from one number to the next and must be "
                "above 1."
            )
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        if self.step is not None:
            object.__setattr__(self, "step", float(self.step))

    @property
    def count(self) -> int | None:
        """How many numbers there are; None without a step."""
        if self.low == self.high:
            return 1
        if self.step is None:
            return None
        if self.log:
            return factor_levels(self.low, self.high, self.step)
        return int(np.floor((self.high - self.low) / self.step * (1 + 1e-12))) + 1

    def values(self, levels: Int64Array1D) -> ParameterColumn:
        """Return the numbers at these levels, counted from 0.

        Without a step: the middle of each of ``CONTINUOUS_LEVELS`` parts.
        """
        if self.count == 1:
            return np.full(len(levels), self.low)
        if self.step is None:
            return self._between((levels + 0.5) / CONTINUOUS_LEVELS)
        if self.log:
            numbers = self.low * self.step**levels
        else:
            numbers = decimal_steps(self.low, self.step, levels)
        return np.asarray(np.minimum(numbers, self.high))

    def levels(self, column: ParameterColumn) -> Int64Array1D:
        """Return the level of each value; -1 where it is none of this range."""
        given = np.asarray(column, dtype=np.float64)
        inside = (given >= self.low) & (given <= self.high)
        count = self.count
        if count is None:
            place = np.floor(self.positions(column) * CONTINUOUS_LEVELS)
            levels = np.clip(place, 0, CONTINUOUS_LEVELS - 1).astype(np.int64)
            return np.where(inside, levels, -1)
        near = np.where(inside, given, self.low)
        if count == 1 or self.step is None:
            place = np.zeros(len(given))
        elif self.log:
            place = np.log(near / self.low) / np.log(self.step)
        else:
            place = (near - self.low) / self.step
        levels = np.clip(np.rint(place), 0, count - 1).astype(np.int64)
        close = np.isclose(self.values(levels), given, rtol=1e-12, atol=0.0)
        return np.where(close, levels, -1)

    def positions(self, column: ParameterColumn) -> Float64Array1D:
        """Return where in the range each value lies, from 0 to 1."""
        return _positions(column, self.low, self.high, self.log)

    def allows(self, column: ParameterColumn) -> BoolArray1D:
        """Return which values are of this range."""
        return self.levels(column) >= 0

    def sample(self, generator: np.random.Generator, n: int) -> ParameterColumn:
        """Return ``n`` numbers drawn at random."""
        count = self.count
        if count is not None:
            return self.values(generator.integers(0, count, n))
        return self._between(generator.random(n))

    def _between(self, positions: Float64Array1D) -> Float64Array1D:
        if self.log:
            low, high = np.log(self.low), np.log(self.high)
            drawn = np.exp(low + positions * (high - low))
        else:
            drawn = self.low + positions * (self.high - self.low)
        between: Float64Array1D = np.clip(drawn, self.low, self.high)
        return between

    def to_dict(self) -> dict[str, Any]:
        """Return the range as JSON-ready values."""
        return _range_dict(self)


Domain: TypeAlias = IntRange | FloatRange | Choice


def domain_from_dict(given: Mapping[str, Any]) -> Domain:
    """Return the domain that ``to_dict`` has written.

    Raises
    ------
    SpaceError
        It is no such mapping.
    """
    kinds: dict[str, type[IntRange] | type[FloatRange]] = {
        "int": IntRange,
        "float": FloatRange,
    }
    rest = {name: value for name, value in given.items() if name != "kind"}
    try:
        if given.get("kind") == "choice":
            return Choice(tuple(rest.pop("values")), **rest)
        return kinds[given["kind"]](**rest)
    except (KeyError, TypeError):
        raise SpaceError(
            message=f"{dict(given)!r} describes no range and no choice; write "
            '{"kind": "int" | "float", "low": ..., "high": ..., "step": ...} or '
            '{"kind": "choice", "values": [...]}.'
        ) from None


def _range_dict(domain: IntRange | FloatRange) -> dict[str, Any]:
    return {
        "kind": domain.kind,
        "low": domain.low,
        "high": domain.high,
        "step": domain.step,
        "log": domain.log,
    }


def _positions(
    column: ParameterColumn, low: float, high: float, log: bool
) -> Float64Array1D:
    given = np.asarray(column, dtype=np.float64)
    if low == high:
        return np.zeros(len(given))
    if log:
        given, low, high = np.log(given), np.log(low), np.log(high)
    return np.clip((given - low) / (high - low), 0.0, 1.0)
