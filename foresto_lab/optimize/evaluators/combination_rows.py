"""Combinations with the groups of equal values in each of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foresto_lab.optimize.combinations import ParameterColumn
from foresto_lab.optimize.evaluators.distinct import Groups, groups_of, joint_groups
from foresto_lab.optimize.evaluators.open_numbers import plain
from foresto_lab.types import Int64Array1D


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The values of combinations, and the groups of equal ones, by parameter."""

    columns: Mapping[str, ParameterColumn]
    groups: Mapping[str, Groups]
    count: int

    @classmethod
    def of(cls, columns: Mapping[str, ParameterColumn], count: int) -> Rows:
        """Return columns with their groups."""
        return cls(
            columns, {name: groups_of(col) for name, col in columns.items()}, count
        )

    def take(self, places: Int64Array1D) -> Rows:
        """Return some of the combinations, or themselves if it is all."""
        if len(places) == self.count:
            return self
        return Rows.of(
            {name: column[places] for name, column in self.columns.items()}, len(places)
        )

    def joint(self, names: Any) -> Groups:
        """Return the groups of combinations that agree on some parameters."""
        return joint_groups([self.groups[name] for name in sorted(names)], self.count)

    def row(self, place: int, names: Any) -> dict[str, Any]:
        """Return some parameters of one combination as plain Python values."""
        return {name: plain(self.columns[name][place]) for name in names}


def parted(groups: list[Groups], count: int) -> Iterator[Int64Array1D]:
    """Yield the rows that agree in every one of some groupings."""
    if not groups:
        yield np.arange(count)
        return
    joint = joint_groups(groups, count)
    if joint.count == 1:
        yield np.arange(count)
        return
    order = np.argsort(joint.of_row, kind="stable")
    ends = np.cumsum(np.bincount(joint.of_row, minlength=joint.count))
    yield from np.split(order, ends[:-1])


def numbers(column: ParameterColumn) -> ParameterColumn:
    """Return a column of objects that are all whole, or all fractions, as numbers."""
    if column.dtype != object:
        return column
    kinds = {type(plain(value)) for value in column}
    if kinds == {int}:
        return np.array(column.tolist(), dtype=np.int64)
    return column.astype(np.float64) if kinds == {float} else column
