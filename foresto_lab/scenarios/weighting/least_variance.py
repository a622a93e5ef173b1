"""The last digits of a least variance: from a solver's point to the exact one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from foresto_lab.types import BoolArray1D, Float64Array1D, Float64Array2D

AT_BOUND: Final = 1e-6
"""How near to a bound a solver's weight is taken to lie on it."""
SLACK: Final = 1e-11
"""What a multiplier may have of the wrong sign, in units of the mean variance."""


def least_variance(
    matrix: Float64Array2D, low: float, high: float, near: Float64Array1D
) -> Float64Array1D:
    """Return the minimum of ``w'Mw`` with sum 1 and bounds, from a point near to it.

    The primal active-set method for convex quadratic programs (Nocedal and Wright,
    Numerical Optimization, 2nd edition, 2006, algorithm 16.3): weights at a bound are
    held and the others solved for; a step towards the solution ends at the first bound
    it meets, which is held then; at the solution the weight that is held most against
    its multiplier is let go. It ends at the optimum, whatever it began with.

    Parameters
    ----------
    matrix : (n, n)
        Positive definite.
    low, high : float
        ``low · n`` at most 1, ``high · n`` at least 1.
    near : (n,)
        Sums to 1.
    """
    weights = np.clip(near, low, high)
    held = _Held(weights <= low + AT_BOUND, weights >= high - AT_BOUND, low, high)
    weights = held.snapped(weights)
    tolerance = SLACK * float(np.trace(matrix)) / len(matrix)
    for _ in range(50 * len(near)):
        if held.free.any():
            goal, level = _solved(matrix, held)
            blocked = _step(weights, goal, held)
            if blocked:
                continue
        else:
            slope = matrix @ weights
            level = float((slope[held.at_low].min() + slope[held.at_high].max()) / 2.0)
        if not _let_go(matrix @ weights - level, held, tolerance):
            break
    return weights


@dataclass(frozen=True, eq=False)
class _Held:
    """Which weights are held at which bound; the arrays are changed in place."""

    at_low: BoolArray1D
    at_high: BoolArray1D
    low: float
    high: float

    @property
    def free(self) -> BoolArray1D:
        return ~(self.at_low | self.at_high)

    def snapped(self, weights: Float64Array1D) -> Float64Array1D:
        inner = np.where(self.at_high, self.high, weights)
        return np.where(self.at_low, self.low, inner)


def _solved(matrix: Float64Array2D, held: _Held) -> tuple[Float64Array1D, float]:
    """Return the weights when some are held, and the slope that the free ones share.

    ``M_FF w_F + M_FB w_B = level`` with the sum 1.
    """
    free = held.free
    weights = held.snapped(np.zeros(len(matrix)))
    pull = matrix[np.ix_(free, ~free)] @ weights[~free]
    right = np.column_stack([np.ones(int(free.sum())), pull])
    ones, pulled = np.linalg.solve(matrix[np.ix_(free, free)], right).T
    level = (1.0 - weights[~free].sum() + pulled.sum()) / ones.sum()
    weights[free] = level * ones - pulled
    return weights, float(level)


def _step(weights: Float64Array1D, goal: Float64Array1D, held: _Held) -> bool:
    """Go to the goal, or to the first bound on the way; return whether one was met."""
    change = goal - weights
    reach = np.where(change < 0.0, held.low - weights, held.high - weights)
    moves = held.free & (change != 0.0)
    parts = np.full(len(weights), np.inf)
    parts[moves] = reach[moves] / change[moves]
    first = int(np.argmin(parts))
    if parts[first] >= 1.0:
        weights[:] = goal
        return False
    weights += max(parts[first], 0.0) * change
    side = held.at_low if change[first] < 0.0 else held.at_high
    side[first] = True
    weights[:] = held.snapped(weights)
    return True


def _let_go(slope: Float64Array1D, held: _Held, tolerance: float) -> bool:
    """Free the weight held most against its multiplier; return whether there is one."""
    against = np.where(held.at_low, -slope, np.where(held.at_high, slope, -np.inf))
    worst = int(np.argmax(against))
    if against[worst] <= tolerance:
        return False
    held.at_low[worst] = held.at_high[worst] = False
    return True
