"""Numbers that a search leaves open, and which of their values can be used at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.optimize.combinations import ParameterColumn
from foresto_lab.optimize.evaluators.distinct import Groups, groups_of
from foresto_lab.types import BoolArray1D, Float64Array1D

MOST_TRIED: Final = 4_096
"""Distinct values up to which each is tried; of more, first the extremes are."""
LARGEST: Final = 1e300


@dataclass(frozen=True, slots=True)
class Open:
    """A number that is a parameter's value, or a fraction of it.

    Parameters
    ----------
    parameter : str
    divisor : float
        100 where the parameter is in percent.
    """

    parameter: str
    divisor: float = 1.0

    def values(self, columns: Mapping[str, ParameterColumn]) -> Float64Array1D:
        """Return the number in each row."""
        column = columns[self.parameter]
        if self.divisor == 1.0:
            return column.astype(np.float64)
        divided: Float64Array1D = column / self.divisor
        return divided

    def value(self, columns: Mapping[str, ParameterColumn], row: int) -> Any:
        """Return the number in one row, of the type that it was given in."""
        given = columns[self.parameter][row].item()
        return given if self.divisor == 1.0 else given / self.divisor


Number: TypeAlias = Open | float
"""A number that is open, or the same in every combination."""


def number_values(
    number: Number, columns: Mapping[str, ParameterColumn], n_rows: int
) -> Float64Array1D:
    """Return a number in each row."""
    if isinstance(number, Open):
        return number.values(columns)
    return np.full(n_rows, float(number))


def is_number_column(column: ParameterColumn) -> bool:
    """Return whether every value is a number of one kind; truth values are none."""
    return column.dtype.kind in "iuf"


def usable(
    column: ParameterColumn,
    check: Callable[[Any], object],
    groups: Groups | None = None,
) -> BoolArray1D:
    """Return which values of a column pass a check that an interval of them passes.

    Parameters
    ----------
    column : (n,)
    check : callable
        Raises InputError for a value that cannot be used.
    groups : Groups, optional
        Those of the column, where they are known already.
    """
    found = groups or groups_of(column)
    if is_number_column(column) and found.count > MOST_TRIED:
        extremes = (column.min().item(), column.max().item())
        if all(np.isfinite(extremes)) and all(passes(check, v) for v in extremes):
            return np.ones(len(column), dtype=np.bool_)
    tried = np.array(
        [passes(check, plain(column[row])) for row in found.examples], dtype=np.bool_
    )
    is_usable: BoolArray1D = tried[found.of_row]
    return is_usable


def passes(check: Callable[[Any], object], value: Any) -> bool:
    """Return whether a check lets a value through."""
    try:
        check(value)
    except InputError:
        return False
    return True


def plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python value that it holds."""
    return value.item() if isinstance(value, np.generic) else value
