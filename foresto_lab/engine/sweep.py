"""The figures of many portfolios on the same prices, without keeping their paths."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_2D,
    OUTPUT_2D,
    compiled_kernel,
)
from foresto_lab.engine.summary import INPUT_DAYS, summarize
from foresto_lab.engine.summary_figures import N_FIGURES
from foresto_lab.engine.walk import WALK_RULE, walk
from foresto_lab.types import BoolArray1D, Float64Array2D, Int64Array1D

N_COLUMNS: Final = N_FIGURES + 3
"""The figures, then total turnover, total cost and the number of trades."""


@compiled_kernel(
    types.void(
        INPUT_2D,
        INPUT_2D,
        types.float64,
        *WALK_RULE,
        INPUT_DAYS,
        INPUT_DAYS,
        INPUT_DAYS,
        types.float64,
        types.float64,
        OUTPUT_2D,
    )
)
def sweep_kernel(
    prices: Float64Array2D,
    targets: Float64Array2D,
    initial_amount: float,
    due: BoolArray1D,
    decision: int,
    threshold: float,
    relative: bool,
    to_band_edge: bool,
    at_next_close: bool,
    cost_rate: float,
    day_numbers: Int64Array1D,
    month_ends: Int64Array1D,
    year_ends: Int64Array1D,
    years: float,
    periods: float,
    figures: Float64Array2D,
) -> None:
    """Write the figures of each portfolio; the arguments are those of the two kernels.

    Parameters
    ----------
    prices : (n_assets, n_sessions)
    targets : (n_portfolios, n_assets + 1)
        Cash last; each row sums to 1.
    figures : (n_portfolios, N_COLUMNS), out
    """
    n_sessions = prices.shape[1]
    nav = np.empty(n_sessions)
    returns = np.empty(n_sessions - 1)
    no_path = np.empty((0, 0))
    no_events = np.empty(0, dtype=np.int64)
    no_weights = np.empty((0, 0, 0))
    for portfolio in range(targets.shape[0]):
        n_events, turnover, cost = walk(
            prices,
            targets[portfolio],
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
        for session in range(1, n_sessions):
            returns[session - 1] = nav[session] / nav[session - 1] - 1.0
        summarize(
            nav,
            returns,
            day_numbers,
            month_ends,
            year_ends,
            years,
            periods,
            0.0,
            figures[portfolio],
        )
        figures[portfolio, N_FIGURES] = turnover
        figures[portfolio, N_FIGURES + 1] = cost
        figures[portfolio, N_FIGURES + 2] = n_events
