"""Candles held against what every candle must be, in one pass over the arrays."""

from __future__ import annotations

import numba
import numpy as np

from foresto_lab.engine._compile import INPUT_1D, compiled_kernel, kernel_step
from foresto_lab.types import Float64Array1D, Int64Array1D

_BLOCK = 2048
_TIMES = numba.types.Array(numba.int64, 1, "C", readonly=True)


@kernel_step
def _is_candle(
    open_: float, high: float, low: float, close: float, volume: float
) -> bool:
    """Return whether five numbers are a candle; NaN and infinity are in none."""
    return (
        (low > 0.0)
        & (low <= open_)
        & (low <= close)
        & (open_ <= high)
        & (close <= high)
        & (high < np.inf)
        & (volume >= 0.0)
        & (volume < np.inf)
    )


@compiled_kernel(numba.int64(_TIMES, INPUT_1D, INPUT_1D, INPUT_1D, INPUT_1D, INPUT_1D))
def first_fault_kernel(
    open_times: Int64Array1D,
    open_: Float64Array1D,
    high: Float64Array1D,
    low: Float64Array1D,
    close: Float64Array1D,
    volume: Float64Array1D,
) -> int:
    """Return the first bar that is no candle or not after the bar before.

    Parameters
    ----------
    open_times : (n_bars,)
    open_, high, low, close, volume : (n_bars,)

    Returns
    -------
    int
        The bar; n_bars where every one is right: 0 < low <= open, close <= high,
        0 <= volume, all finite, and times ascend without a repetition.
    """
    n_bars = open_times.shape[0]
    for first in range(0, n_bars, _BLOCK):
        last = min(first + _BLOCK, n_bars)
        wrong = 0
        for bar in range(first, last):
            wrong += not _is_candle(
                open_[bar], high[bar], low[bar], close[bar], volume[bar]
            )
        for bar in range(max(first, 1), last):
            wrong += open_times[bar] <= open_times[bar - 1]
        if wrong:
            for bar in range(first, last):
                if bar and open_times[bar] <= open_times[bar - 1]:
                    return bar
                if not _is_candle(
                    open_[bar], high[bar], low[bar], close[bar], volume[bar]
                ):
                    return bar
    return n_bars


@compiled_kernel(numba.int64(_TIMES, numba.int64))
def count_steps_kernel(open_times: Int64Array1D, step: int) -> int:
    """Return how many bars open exactly one step after the bar before.

    Parameters
    ----------
    open_times : (n_bars,)
    step : in units of the times
    """
    count = 0
    for bar in range(1, open_times.shape[0]):
        count += open_times[bar] - open_times[bar - 1] == step
    return count
