"""Combinations that were asked before, so that none is evaluated twice."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from foresto_lab.optimize.combinations import Combinations, ParameterColumn
from foresto_lab.types import BoolArray1D, Float64Array2D, Int64Array1D, UInt8Array2D


class Recognised(NamedTuple):
    """Which of the combinations asked are new.

    Parameters
    ----------
    fresh : (m,)
        Where those stand that were never asked before, the first of equals.
    places : (n,)
        The trial of each combination, the fresh ones numbered on.
    """

    fresh: Int64Array1D
    places: Int64Array1D


class Repeats(Protocol):
    """Whatever tells new combinations from those that were asked before."""

    def recognise(self, asked: Combinations) -> Recognised:
        """Return which combinations are new; they count as known from then on."""
        ...

    def learn(self, values: Float64Array2D, feasible: BoolArray1D) -> None:
        """Take what the new trials are worth, in their order."""
        ...

    def answer(self, places: Int64Array1D) -> tuple[Float64Array2D, BoolArray1D]:
        """Return what these trials are worth."""
        ...


class NoRepeats:
    """For a search that never asks twice, such as a grid: nothing is looked up."""

    def __init__(self) -> None:
        self._learned: list[tuple[Float64Array2D, BoolArray1D]] = []

    def recognise(self, asked: Combinations) -> Recognised:
        """Return all as new."""
        self._learned.clear()
        everything = np.arange(len(asked), dtype=np.int64)
        return Recognised(everything, everything)

    def learn(self, values: Float64Array2D, feasible: BoolArray1D) -> None:
        """Take what the new trials are worth, in their order."""
        self._learned.append((values, feasible))

    def answer(self, places: Int64Array1D) -> tuple[Float64Array2D, BoolArray1D]:
        """Return what was learned since."""
        values, feasible = zip(*self._learned, strict=True)
        return np.concatenate(values), np.concatenate(feasible)


class RepeatMemory:
    """Remembers which trial a combination was, and what that trial was worth."""

    def __init__(self) -> None:
        self._place_of: dict[bytes, int] = {}
        self._codes: dict[str, int] = {}
        self._values: Float64Array2D | None = None
        self._feasible: BoolArray1D = np.empty(0, dtype=np.bool_)

    def recognise(self, asked: Combinations) -> Recognised:
        """Return which combinations are new; they count as known from then on."""
        places = np.empty(len(asked), dtype=np.int64)
        fresh = []
        for row, key in enumerate(self._keys(asked)):
            count = len(self._place_of)
            place = self._place_of.setdefault(key, count)
            places[row] = place
            if place == count:
                fresh.append(row)
        return Recognised(np.array(fresh, dtype=np.int64), places)

    def learn(self, values: Float64Array2D, feasible: BoolArray1D) -> None:
        """Take what the new trials are worth, in their order."""
        known = [] if self._values is None else [self._values]
        self._values = np.concatenate([*known, values])
        self._feasible = np.concatenate([self._feasible, feasible])

    def answer(self, places: Int64Array1D) -> tuple[Float64Array2D, BoolArray1D]:
        """Return what these trials are worth."""
        assert self._values is not None
        return self._values[places], self._feasible[places]

    def _keys(self, combinations: Combinations) -> list[bytes]:
        """Return bytes for each combination, equal for equal ones alone."""
        columns = [self._bytes(column) for column in combinations.columns.values()]
        if not columns or not len(combinations):
            return [b""] * len(combinations)
        joined = np.ascontiguousarray(np.concatenate(columns, axis=1))
        rows: list[bytes] = joined.view(f"V{joined.shape[1]}").reshape(-1).tolist()
        return rows

    def _bytes(self, column: ParameterColumn) -> UInt8Array2D:
        """Return the bytes of each value, (n, bytes); choices by a number each."""
        if column.dtype == object:
            codes = [
                self._codes.setdefault(repr(value), len(self._codes))
                for value in column.tolist()
            ]
            column = np.array(codes, dtype=np.int64)
        whole = np.ascontiguousarray(column)
        return whole.view(np.uint8).reshape(len(whole), whole.dtype.itemsize)
