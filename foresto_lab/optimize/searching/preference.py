"""The order of trials: which is better, and which none beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foresto_lab.types import BoolArray1D, Float64Array2D, Int64Array1D


def best_first(
    values: Float64Array2D, feasible: BoolArray1D, maximize: Sequence[bool]
) -> Int64Array1D:
    """Return the places of trials, the best first.

    Trials that keep every constraint go before those that do not, those with a value
    before those without; of several objectives the Pareto front goes first. Then the
    first objective decides, and of equals the earlier trial.

    Parameters
    ----------
    values : (n, n_objectives)
    feasible : (n,)
    maximize : sequence of bool
    """
    losses = _losses(values, maximize)
    undefined = np.isnan(losses).any(axis=1)
    keys = [losses[:, 0], undefined, ~feasible]
    if len(maximize) > 1:
        keys.insert(1, ~pareto_front(values, feasible, maximize))
    order: Int64Array1D = np.lexsort(keys).astype(np.int64, copy=False)
    return order


def pareto_front(
    values: Float64Array2D, feasible: BoolArray1D, maximize: Sequence[bool]
) -> BoolArray1D:
    """Return which trials no other beats in one objective without losing in another.

    Only trials that keep every constraint and have every value; equals are all in.
    """
    losses = _losses(values, maximize)
    front = np.zeros(len(values), dtype=np.bool_)
    able = np.flatnonzero(feasible & ~np.isnan(losses).any(axis=1))
    front[able[_undominated(losses[able])]] = True
    return front


def _undominated(losses: Float64Array2D) -> Int64Array1D:
    """Return the places of rows that no row is at least as low as everywhere.

    One pass in the order of the first column: whoever comes later can only be beaten
    by those on the front so far, or equal them.
    """
    distinct, inverse = np.unique(losses, axis=0, return_inverse=True)
    on_front = (
        _front_of_two(distinct) if losses.shape[1] == 2 else _front_of_many(distinct)
    )
    places: Int64Array1D = np.flatnonzero(on_front[inverse.reshape(-1)])
    return places


def _front_of_two(distinct: Float64Array2D) -> BoolArray1D:
    """Return which of sorted pairs are lower than all before in the second."""
    second = distinct[:, 1]
    before = np.concatenate([[np.inf], np.minimum.accumulate(second)[:-1]])
    on_front: BoolArray1D = second < before
    if len(second):
        on_front[0] = True
    return on_front


def _front_of_many(distinct: Float64Array2D) -> BoolArray1D:
    """Return which of sorted, distinct rows no earlier row is below everywhere."""
    on_front = np.zeros(len(distinct), dtype=np.bool_)
    front = np.empty_like(distinct)
    size = 0
    for place, row in enumerate(distinct):
        if not (front[:size] <= row).all(axis=1).any():
            front[size] = row
            size += 1
            on_front[place] = True
    return on_front


def _losses(values: Float64Array2D, maximize: Sequence[bool]) -> Float64Array2D:
    """Return the values such that less is better everywhere."""
    signs = np.where(np.asarray(maximize, dtype=np.bool_), -1.0, 1.0)
    losses: Float64Array2D = values * signs
    return losses
