"""A parameter that is one of a few values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.combinations import ParameterColumn, column_of
from foresto_lab.optimize.spaces.steps import FARTHEST
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values, in the order given.

    Parameters
    ----------
    options : iterable of str, int, float, bool or None
        Each once.

    Raises
    ------
    SpaceError
        There is none, one comes twice, or one is something else (a list, NaN).
    """

    options: tuple[Any, ...]
    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        options = _options(self.options)
        seen = set()
        for option in options:
            _require_plain(option)
            if _identity(option) in seen:
                raise SpaceError(
                    message=f"A choice has {option!r} more than once; name each "
                    "option once."
                )
            seen.add(_identity(option))
        object.__setattr__(self, "options", options)

    @property
    def count(self) -> int:
        """How many options there are."""
        return len(self.options)

    @property
    def ordered(self) -> bool:
        """Whether the options are numbers that rise, so that some are neighbours."""
        numbers = [option for option in self.options if _is_number(option)]
        return len(numbers) == self.count and numbers == sorted(numbers)

    def values(self, levels: Int64Array1D) -> ParameterColumn:
        """Return the options at these levels, counted from 0."""
        column: ParameterColumn = column_of(list(self.options))[levels]
        return column

    def levels(self, column: ParameterColumn) -> Int64Array1D:
        """Return the level of each value; -1 where it is none of the options."""
        places = {_identity(option): at for at, option in enumerate(self.options)}
        if column.dtype == object:
            return np.array(
                [places.get(_identity(value), -1) for value in column], dtype=np.int64
            )
        known, inverse = np.unique(column, return_inverse=True)
        found = [places.get(_identity(value), -1) for value in known.tolist()]
        return np.array(found, dtype=np.int64)[inverse]

    def positions(self, column: ParameterColumn) -> Float64Array1D:
        """Return the level of each value as a number from 0 to 1."""
        return self.levels(column) / max(1, self.count - 1)

    def allows(self, column: ParameterColumn) -> BoolArray1D:
        """Return which values are options."""
        return self.levels(column) >= 0

    def sample(self, generator: np.random.Generator, n: int) -> ParameterColumn:
        """Return ``n`` options drawn at random."""
        return self.values(generator.integers(0, self.count, n))

    def to_dict(self) -> dict[str, Any]:
        """Return the choice as JSON-ready values."""
        return {"kind": self.kind, "values": list(self.options)}


def _options(given: object) -> tuple[Any, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SpaceError(
            message=f"Choice({given!r}) is no list of options; write "
            f"Choice(({given!r},)) for one."
        )
    options = tuple(o.item() if isinstance(o, np.generic) else o for o in given)
    if not options:
        raise SpaceError(message="A choice has no options; name at least one.")
    return options


def _require_plain(option: Any) -> None:
    if option is None or isinstance(option, str | bool):
        return
    is_number = isinstance(option, int | float)
    if is_number and math.isfinite(option) and abs(option) <= FARTHEST:
        return
    raise SpaceError(
        message=f"A choice has {option!r} ({type(option).__name__}); options are "
        f"texts, true, false, none, or numbers up to {FARTHEST:.0e}."
    )


def _identity(option: Any) -> tuple[bool, Any]:
    """Return what tells options apart: 1 and 1.0 are the same, 1 and True are not."""
    return isinstance(option, bool | np.bool_), option


def _is_number(option: Any) -> bool:
    return isinstance(option, int | float) and not isinstance(option, bool)
