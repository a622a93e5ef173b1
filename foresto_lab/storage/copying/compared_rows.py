"""Two sides' rows of one window, compared key by key and bit by bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresto_lab.storage.sorted_rows import (
    Mask,
    Places,
    SortedRows,
    comparable_keys,
    union_of_symbols,
)


@dataclass(frozen=True)
class ComparedRows:
    """The rows of a source and of a target.

    Attributes
    ----------
    source : SortedRows
    matching : SortedRows
        The target's rows whose keys the source has too.
    lacking : int
        How many rows the target lacks.
    beside : int
        How many rows only the target has.
    changed : Places
        Where in ``source`` the target has other values.
    """

    source: SortedRows
    matching: SortedRows
    lacking: int
    beside: int
    changed: Places
    example_beside: str = ""

    @property
    def is_copied(self) -> bool:
        """Whether every row of the source is in the target as it is."""
        return not self.lacking and not len(self.changed)

    @property
    def is_own(self) -> bool:
        """Whether the target has rows that do not come from the source."""
        return bool(self.beside or len(self.changed))

    @property
    def example(self) -> str:
        """Name a row in which they differ, other than by lacking."""
        if len(self.changed):
            return _name(self.source, int(self.changed[0]))
        return self.example_beside


def compare_rows(source: SortedRows, target: SortedRows) -> ComparedRows:
    """Compare the rows of both sides."""
    symbols = union_of_symbols([source, target])
    left, right = source.among(symbols), target.among(symbols)
    keys, target_keys = comparable_keys([left, right])
    shared = np.isin(target_keys, keys, assume_unique=True)
    places = np.searchsorted(keys, target_keys[shared])
    matching = right.take(shared)
    differs = _differing(left.take(places), matching)
    beside = np.flatnonzero(~shared)
    return ComparedRows(
        source=source,
        matching=matching,
        lacking=len(source) - len(matching),
        beside=len(beside),
        changed=places[differs],
        example_beside=_name(right, int(beside[0])) if len(beside) else "",
    )


def _differing(left: SortedRows, right: SortedRows) -> Mask:
    """Return the rows with a value of other bits; every NaN is the same."""
    differs = np.zeros(len(left), dtype=np.bool_)
    for name, column in left.values.items():
        first = np.ascontiguousarray(column)
        second = np.ascontiguousarray(right.values[name])
        unequal = first.view(np.int64) != second.view(np.int64)
        differs |= unequal & ~(np.isnan(first) & np.isnan(second))
    return differs


def _name(rows: SortedRows, place: int) -> str:
    time = rows.layout.text_of(int(rows.times[place]))
    return f"{rows.symbols[rows.codes[place]]} {time}"
