"""Made-up prices of one path: resampled from history, or drawn from a distribution.

Every path begins at a price of 1 for each asset, and all assets of a day are drawn
together, so that what moves together in history does so here.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from foresto_lab.engine._compile import kernel_step
from foresto_lab.engine.random_numbers import (
    RandomState,
    fill_normals,
    next_gamma,
    next_uniform,
)
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

WORST_DAY: Final = -0.99
"""The lowest return that a day is drawn with, lest a price reach 0 or below."""


@kernel_step
def draw_days(
    n_history: int, restart: float, state: RandomState, days: Int64Array1D
) -> None:
    """Write which day of history each day is: the stationary bootstrap's.

    Blocks begin anywhere with equal chance; after each day the block ends with
    probability ``restart``, so lengths are geometric with mean 1 / restart; history is
    a circle. (Politis and Romano 1994, The Stationary Bootstrap, JASA 89.)
    """
    place = np.int64(next_uniform(state) * n_history)
    for day in range(days.shape[0]):
        days[day] = place
        place += 1
        if place == n_history:
            place = np.int64(0)
        if next_uniform(state) < restart:
            place = np.int64(next_uniform(state) * n_history)


@kernel_step
def grow_by_days(
    growth: Float64Array2D, days: Int64Array1D, prices: Float64Array2D
) -> None:
    """Write the prices that grow from 1 as the given days of history did."""
    for asset in range(prices.shape[0]):
        prices[asset, 0] = 1.0
    for day in range(days.shape[0]):
        place = days[day]
        for asset in range(prices.shape[0]):
            prices[asset, day + 1] = prices[asset, day] * growth[place, asset]


@kernel_step
def grow_by_distribution(
    means: Float64Array1D,
    factor: Float64Array2D,
    freedom: float,
    state: RandomState,
    prices: Float64Array2D,
) -> None:
    """Write prices that grow from 1 by returns of a joint normal or Student's t.

    A day's returns are ``means + factor @ z``, z standard normal. For a finite
    ``freedom`` they are scaled by one chi-square a day, so that tails come together
    and the covariance stays what ``factor @ factor.T`` is.
    """
    n_assets = prices.shape[0]
    normals = np.empty(n_assets)
    for asset in range(n_assets):
        prices[asset, 0] = 1.0
    for day in range(prices.shape[1] - 1):
        fill_normals(state, normals)
        scale = 1.0
        if freedom < np.inf:
            chi_square = 2.0 * next_gamma(state, 0.5 * freedom)
            scale = math.sqrt((freedom - 2.0) / chi_square)
        for asset in range(n_assets):
            shock = 0.0
            for source in range(asset + 1):
                shock += factor[asset, source] * normals[source]
            drawn = max(means[asset] + scale * shock, WORST_DAY)
            prices[asset, day + 1] = prices[asset, day] * (1.0 + drawn)
