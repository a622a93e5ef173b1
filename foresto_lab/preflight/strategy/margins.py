"""Margins: by how much a condition holds or fails, on every bar, in its own unit.

A margin is positive where a comparison holds with room to spare, 0 on its edge,
negative by the distance that was missing, and NaN where one of the values is not known
yet. A group's margin is the least of its parts (all), the greatest (any) or the
opposite (not), so that a near miss of a group is a near miss of one of its parts.

References
----------
.. [1] Donzé, Maler (2010), Robust satisfaction of temporal logic over real-valued
   signals, https://doi.org/10.1007/978-3-642-15297-9_9
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np

from foresto_lab.types import Float64Array1D

OPERATORS: Final = frozenset(
    {"<", "<=", ">", ">=", "==", "!=", "crossover", "crossunder", "rising", "falling"}
)


def before(values: Float64Array1D, bars: int = 1) -> Float64Array1D:
    """Return each bar's value of so many bars earlier; NaN where there is none."""
    shifted = np.full(len(values), np.nan)
    if bars < len(values):
        shifted[bars:] = values[: len(values) - bars]
    return shifted


def comparison_margin(
    operator: str, left: Float64Array1D, right: Float64Array1D
) -> Float64Array1D | None:
    """Return the margin of one comparison, or None for an operator without one.

    Parameters
    ----------
    left, right : (n_bars,)
        The two values compared. For ``rising`` and ``falling`` ``right`` holds the
        value that ``left`` is held against, its own of some bars before.
    """
    match operator:
        case ">" | ">=" | "rising":
            return left - right
        case "<" | "<=" | "falling":
            return right - left
        case "==":
            return -np.abs(left - right)
        case "!=":
            return np.abs(left - right)
        case "crossover":
            return np.minimum(before(right) - before(left), left - right)
        case "crossunder":
            return np.minimum(before(left) - before(right), right - left)
        case _:
            return None


def between_margin(
    left: Float64Array1D, low: Float64Array1D, high: Float64Array1D
) -> Float64Array1D:
    """Return by how much a value lies within two bounds."""
    return np.minimum(left - low, high - left)


def group_margin(
    kind: str, margins: Sequence[Float64Array1D | None]
) -> Float64Array1D | None:
    """Return the margin of ``all``, ``any`` or ``not``; None when a part has none."""
    known = [margin for margin in margins if margin is not None]
    if not known or len(known) < len(margins):
        return None
    if kind == "not":
        return -known[0]
    return reduce(np.minimum if kind == "all" else np.fmax, known)
