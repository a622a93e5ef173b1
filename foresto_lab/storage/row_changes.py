"""What rows change among those that a store has: the new ones and the changed ones."""

from __future__ import annotations

import numpy as np

from foresto_lab.storage.sorted_rows import (
    Places,
    SortedRows,
    comparable_keys,
    union_of_symbols,
)


def matching_places(
    rows: SortedRows, near: Places, old: SortedRows
) -> tuple[Places | slice, Places | slice]:
    """Return the places of rows that are stored, and where they are stored.

    Only the rows at the places ``near`` are looked for. What is loaded again has all
    rows at their places; a slice then spares looking for and copying them.
    """
    symbols = union_of_symbols([rows, old])
    if len(near) == len(rows) and rows.among(symbols).has_keys_of(old.among(symbols)):
        return slice(None), slice(None)
    keys, old_keys = comparable_keys([rows.among(symbols), old.among(symbols)])
    keys = keys[near]
    old_places = np.searchsorted(old_keys, keys)
    old_places[old_places == len(old_keys)] = 0
    found = old_keys[old_places] == keys
    return near[found], old_places[found]


def changed_places(
    rows: SortedRows,
    places: Places | slice,
    old: SortedRows,
    old_places: Places | slice,
) -> tuple[Places, Places]:
    """Return the places of matched rows with another value; NaN equals NaN."""
    everywhere = np.arange(len(rows)) if isinstance(places, slice) else places
    differs = np.zeros(len(everywhere), dtype=np.bool_)
    for name, column in rows.values.items():
        new_values, old_values = column[places], old.values[name][old_places]
        unequal = new_values != old_values
        if unequal.any():
            unequal &= ~(np.isnan(new_values) & np.isnan(old_values))
            differs |= unequal
    changed = everywhere[differs]
    return changed, changed if isinstance(old_places, slice) else old_places[differs]
