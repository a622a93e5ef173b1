"""Many made-up futures of one portfolio: draw a path's prices, walk it, keep little."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    INPUT_2D,
    OUTPUT_2D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.path_draws import (
    draw_days,
    grow_by_days,
    grow_by_distribution,
)
from foresto_lab.engine.random_numbers import RandomState, seed_stream
from foresto_lab.engine.walk import WALK_RULE, walk
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
)

INPUT_SESSIONS: Final = types.Array(types.int64, 1, "C", readonly=True)
DRAW: Final = (INPUT_2D, types.float64, INPUT_1D, INPUT_2D, types.float64, types.uint64)
"""Types of what paths are drawn from: growth, restart, means, factor, freedom, seed."""

N_OUTCOMES: Final = 4
"""Maximum drawdown, total turnover, total cost, number of trades."""


@kernel_step
def draw_prices(
    growth: Float64Array2D,
    restart: float,
    means: Float64Array1D,
    factor: Float64Array2D,
    freedom: float,
    seed: np.uint64,
    path: int,
    state: RandomState,
    days: Int64Array1D,
    prices: Float64Array2D,
) -> None:
    """Write the prices of the path of a number, from its own stream."""
    seed_stream(state, seed, np.uint64(path))
    if growth.shape[0] > 0:
        draw_days(growth.shape[0], restart, state, days)
        grow_by_days(growth, days, prices)
    else:
        grow_by_distribution(means, factor, freedom, state, prices)


@kernel_step
def deepest_drawdown(nav: Float64Array1D) -> float:
    """Return the lowest value relative to the peak before it, less 1; 0 or below."""
    peak = nav[0]
    deepest = 1.0
    for session in range(nav.shape[0]):
        peak = max(peak, nav[session])
        deepest = min(deepest, nav[session] / peak)
    return deepest - 1.0


@compiled_kernel(types.void(*DRAW, types.int64, types.int64[::1], OUTPUT_2D))
def drawn_path_kernel(
    growth: Float64Array2D,
    restart: float,
    means: Float64Array1D,
    factor: Float64Array2D,
    freedom: float,
    seed: np.uint64,
    path: int,
    days: Int64Array1D,
    prices: Float64Array2D,
) -> None:
    """Write the prices that ``forward_kernel`` draws for the path of a number.

    Parameters
    ----------
    growth, restart, means, factor, freedom, seed
        As for ``forward_kernel``.
    path : int
    days : (n_sessions - 1,), out
        Which row of ``growth`` each day is; untouched by a distribution.
    prices : (n_assets, n_sessions), out
    """
    state = np.empty(4, dtype=np.uint64)
    draw_prices(
        growth, restart, means, factor, freedom, seed, path, state, days, prices
    )


@compiled_kernel(
    types.void(
        *DRAW,
        types.int64,
        types.int64,
        INPUT_1D,
        types.float64,
        *WALK_RULE,
        INPUT_SESSIONS,
        OUTPUT_2D,
        OUTPUT_2D,
    )
)
def forward_kernel(
    growth: Float64Array2D,
    restart: float,
    means: Float64Array1D,
    factor: Float64Array2D,
    freedom: float,
    seed: np.uint64,
    first: int,
    last: int,
    targets: Float64Array1D,
    initial_amount: float,
    due: BoolArray1D,
    decision: int,
    threshold: float,
    relative: bool,
    to_band_edge: bool,
    at_next_close: bool,
    cost_rate: float,
    month_ends: Int64Array1D,
    navs: Float64Array2D,
    outcomes: Float64Array2D,
) -> None:
    """Draw and walk the paths from ``first`` up to ``last``.

    A path depends on its number and the seed alone, so any number of threads may share
    the paths among them.

    Parameters
    ----------
    growth : (n_history, n_assets)
        1 + the daily simple returns that are resampled; without rows, the returns
        come from the distribution.
    restart : float
        The probability that a block ends after a day, 1 / its mean length.
    means : (n_assets,)
        Mean daily simple returns of the distribution.
    factor : (n_assets, n_assets)
        Lower triangular; ``factor @ factor.T`` is the covariance of daily returns.
    freedom : float
        Degrees of freedom of Student's t, above 2; infinite for a normal.
    seed : uint64
    first, last : int
        The paths' numbers, 0 or more; columns of ``navs`` and rows of ``outcomes``.
    targets, initial_amount, due, ..., cost_rate
        As for ``walk_kernel``; ``due`` has a flag for each of the n_sessions.
    month_ends : (n_months + 1,)
        Sessions whose NAV is kept, 0 first.
    navs : (n_months + 1, n_paths), out
    outcomes : (n_paths, N_OUTCOMES), out
        Maximum drawdown (0 or below), total turnover, total cost, number of trades.
    """
    n_sessions = due.shape[0]
    nav = np.empty(n_sessions)
    prices = np.empty((targets.shape[0] - 1, n_sessions))
    days = np.empty(n_sessions - 1, dtype=np.int64)
    state = np.empty(4, dtype=np.uint64)
    no_path = np.empty((0, 0))
    no_events = np.empty(0, dtype=np.int64)
    no_weights = np.empty((0, 0, 0))
    for path in range(first, last):
        draw_prices(
            growth, restart, means, factor, freedom, seed, path, state, days, prices
        )
        n_events, turnover, cost = walk(
            prices,
            targets,
            initial_amount,
            due,
            decision,
            threshold,
            relative,
            to_band_edge,
            at_next_close,
            cost_rate,
            nav,
            no_path,
            no_events,
            no_events,
            no_path,
            no_weights,
        )
        for month in range(month_ends.shape[0]):
            navs[month, path] = nav[month_ends[month]]
        outcomes[path, 0] = deepest_drawdown(nav)
        outcomes[path, 1] = turnover
        outcomes[path, 2] = cost
        outcomes[path, 3] = n_events
