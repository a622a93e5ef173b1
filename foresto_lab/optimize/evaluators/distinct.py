"""Equal rows of columns found without looking at each in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from foresto_lab.types import Int64Array1D

Codes: TypeAlias = npt.NDArray[np.int64]

_TABLE: Final = 1 << 22
"""Largest range of whole numbers that is counted in a table instead of sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows that are equal, by number.

    Parameters
    ----------
    of_row : (n,)
        The group of each row, 0 to ``count`` - 1.
    examples : (count,)
        One row of each group.
    """

    of_row: Codes
    examples: Int64Array1D

    @property
    def count(self) -> int:
        """Distinct rows."""
        return len(self.examples)


def groups_of(column: npt.NDArray[Any]) -> Groups:
    """Return the groups of equal values, in ascending order of numbers.

    Objects may be of any kind, unhashable ones too; those are compared as their text.
    """
    if column.dtype == object:
        return _groups_of_objects(column)
    if column.dtype.kind in "iub" and len(column):
        whole = column.astype(np.int64)
        low = int(whole.min())
        if int(whole.max()) - low < _TABLE:
            return _counted(whole - low, int(whole.max()) - low + 1)
    _, examples, of_row = np.unique(column, return_index=True, return_inverse=True)
    return Groups(of_row.astype(np.int64).ravel(), examples.astype(np.int64))


def joint_groups(parts: Sequence[Groups], n_rows: int) -> Groups:
    """Return the groups of rows that are equal in every part."""
    if not parts:
        return Groups(np.zeros(n_rows, dtype=np.int64), np.zeros(1, dtype=np.int64))
    joined = parts[0]
    for part in parts[1:]:
        code = joined.of_row * part.count + part.of_row
        size = joined.count * part.count
        joined = _counted(code, size) if size < _TABLE else groups_of(code)
    return joined


def _counted(code: Codes, size: int) -> Groups:
    example = np.full(size, -1, dtype=np.int64)
    example[code[::-1]] = np.arange(len(code) - 1, -1, -1)
    is_there = example >= 0
    number = np.cumsum(is_there) - 1
    return Groups(number[code], example[is_there])


def _groups_of_objects(column: npt.NDArray[Any]) -> Groups:
    numbers: dict[Any, int] = {}
    examples: list[int] = []
    of_row = np.empty(len(column), dtype=np.int64)
    for row, value in enumerate(column):
        key = (type(value).__name__, value if _hashes(value) else repr(value))
        number = numbers.setdefault(key, len(numbers))
        if number == len(examples):
            examples.append(row)
        of_row[row] = number
    return Groups(of_row, np.array(examples, dtype=np.int64))


def _hashes(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
