"""Weights in proportion to 1 / volatility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foresto_lab.scenarios.weighting.estimates import Window, normalised
from foresto_lab.scenarios.weighting.rolling import RollingWeighting
from foresto_lab.types import Float64Array1D


@dataclass(frozen=True, slots=True)
class InverseVolatility(RollingWeighting):
    """Each asset by the inverse of its own volatility; correlations do not count.

    With bounds, weights are held in proportion where no bound stops them.
    """

    type: ClassVar[str] = "INVERSE_VOLATILITY"

    def weigh(self, window: Window) -> Float64Array1D:
        """Return the weights of a window."""
        shares = normalised(1.0 / window.volatilities)
        return in_proportion(shares, self.minimum_weight, self.maximum_weight)


def in_proportion(shares: Float64Array1D, low: float, high: float) -> Float64Array1D:
    """Return ``clip(c · shares, low, high)`` for the c at which it sums to 1.

    What a bound takes from one weight, or gives to it, is made up by all that are free,
    in their proportion. The sum is a rising broken line in c, whose corners are where a
    weight meets a bound; between the two corners around 1 it is solved exactly.

    Parameters
    ----------
    shares : (n,)
        Above 0.
    low, high : float
        ``low · n`` at most 1, ``high · n`` at least 1.
    """
    corners = np.unique(np.concatenate([low / shares, high / shares]))
    sums = np.clip(corners[:, None] * shares, low, high).sum(axis=1)
    place = int(np.searchsorted(sums, 1.0))
    after = corners[min(place, len(corners) - 1)]
    middle = (corners[max(place - 1, 0)] + after) / 2.0
    free = (middle * shares > low) & (middle * shares < high)
    held = np.clip(middle * shares, low, high)[~free]
    scale = (1.0 - held.sum()) / shares[free].sum() if free.any() else after
    within: Float64Array1D = np.clip(scale * shares, low, high)
    return within
