"""Kernels of the indicators that need a loop: sliding windows and anchored totals.

Sums slide by one bar in and one out. What a long window would gather of rounding is
thrown away by summing anew once per window length; a window without any change, or
without volume, is told by counting, never by a sum that should be zero.
"""

from __future__ import annotations

import numba
import numpy as np

from foresto_lab.engine._compile import (
    INPUT_1D,
    OUTPUT_1D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.types import Float64Array1D, Int64Array1D

_GROUPS = numba.types.Array(numba.int64, 1, "C", readonly=True)


@kernel_step
def _gain_and_loss(prices: Float64Array1D, bar: int) -> tuple[float, float]:
    """Return by how much a bar closed above and below the one before; NaN is 0."""
    change = prices[bar] - prices[bar - 1]
    return (change if change > 0.0 else 0.0, -change if change < 0.0 else 0.0)


@compiled_kernel(numba.void(INPUT_1D, numba.int64, OUTPUT_1D))
def cutler_rsi_kernel(
    prices: Float64Array1D, period: int, values: Float64Array1D
) -> None:
    """Write Cutler's RSI: gains over gains and losses, simple means.

    Parameters
    ----------
    prices : (n_bars,)
    period : int
        Changes in the window, 1 or more.
    values : (n_bars,), out
        0 to 100; NaN on the first ``period`` bars, and where no price in the window
        changed.
    """
    n_bars = prices.shape[0]
    values[: min(period, n_bars)] = np.nan
    gains = losses = 0.0
    n_gains = n_losses = 0
    for bar in range(1, n_bars):
        is_fresh = bar >= period and bar % period == 0
        if is_fresh:
            gains = losses = 0.0
            n_gains = n_losses = 0
        for entering in range(bar - period + 1 if is_fresh else bar, bar + 1):
            gain, loss = _gain_and_loss(prices, entering)
            gains += gain
            losses += loss
            n_gains += gain > 0.0
            n_losses += loss > 0.0
        if bar > period and not is_fresh:
            gain, loss = _gain_and_loss(prices, bar - period)
            gains -= gain
            losses -= loss
            n_gains -= gain > 0.0
            n_losses -= loss > 0.0
        if bar < period:
            continue
        if n_gains == 0 and n_losses == 0:
            values[bar] = np.nan
        elif n_losses == 0:
            values[bar] = 100.0
        elif n_gains == 0:
            values[bar] = 0.0
        else:
            values[bar] = 100.0 * gains / (gains + losses)


@compiled_kernel(numba.void(INPUT_1D, numba.int64, OUTPUT_1D, OUTPUT_1D))
def rolling_moments_kernel(
    series: Float64Array1D,
    period: int,
    means: Float64Array1D,
    deviations: Float64Array1D,
) -> None:
    """Write the mean and the population standard deviation of a sliding window.

    Parameters
    ----------
    series : (n_bars,)
        NaN makes every window that holds one NaN.
    period : int
        Bars in the window, 1 or more.
    means, deviations : (n_bars,), out
        NaN on the first ``period - 1`` bars; a window of equal values deviates by
        exactly 0.
    """
    n_bars = series.shape[0]
    first = min(period - 1, n_bars)
    means[:first] = np.nan
    deviations[:first] = np.nan
    anchor = total = squares = 0.0
    n_equal = 0
    is_fresh = False
    for bar in range(n_bars):
        is_equal = bar > 0 and series[bar] == series[bar - 1]
        n_equal = n_equal + 1 if is_equal else 1
        if bar < period - 1:
            continue
        if not is_fresh or bar % period == 0 or total != total:
            anchor = series[bar]
            total = squares = 0.0
            for inside in range(bar - period + 1, bar + 1):
                distance = series[inside] - anchor
                total += distance
                squares += distance * distance
            is_fresh = True
        else:
            entering = series[bar] - anchor
            leaving = series[bar - period] - anchor
            total += entering - leaving
            squares += entering * entering - leaving * leaving
        mean = total / period
        if n_equal >= period:
            means[bar] = series[bar]
            deviations[bar] = 0.0
        else:
            variance = squares / period - mean * mean
            means[bar] = anchor + mean
            deviations[bar] = np.sqrt(variance) if not variance < 0.0 else 0.0


@compiled_kernel(numba.void(INPUT_1D, INPUT_1D, numba.int64, OUTPUT_1D))
def rolling_weighted_mean_kernel(
    series: Float64Array1D,
    weights: Float64Array1D,
    period: int,
    values: Float64Array1D,
) -> None:
    """Write the mean of a sliding window, each bar by its weight.

    Parameters
    ----------
    series, weights : (n_bars,)
        Weights are 0 or more.
    period : int
        Bars in the window, 1 or more.
    values : (n_bars,), out
        NaN on the first ``period - 1`` bars, and where every weight is 0.
    """
    n_bars = series.shape[0]
    values[: min(period - 1, n_bars)] = np.nan
    total = weight = 0.0
    n_weighted = 0
    for bar in range(n_bars):
        if bar < period - 1:
            n_weighted += weights[bar] > 0.0
            continue
        n_weighted += weights[bar] > 0.0
        if bar >= period:
            n_weighted -= weights[bar - period] > 0.0
        if bar == period - 1 or bar % period == 0:
            total = weight = 0.0
            for inside in range(bar - period + 1, bar + 1):
                total += series[inside] * weights[inside]
                weight += weights[inside]
        else:
            leaving = bar - period
            total += series[bar] * weights[bar] - series[leaving] * weights[leaving]
            weight += weights[bar] - weights[leaving]
        values[bar] = total / weight if n_weighted > 0 else np.nan


@compiled_kernel(numba.void(INPUT_1D, INPUT_1D, _GROUPS, OUTPUT_1D))
def anchored_mean_kernel(
    series: Float64Array1D,
    weights: Float64Array1D,
    groups: Int64Array1D,
    values: Float64Array1D,
) -> None:
    """Write the weighted mean since the first bar of each bar's group.

    Parameters
    ----------
    series, weights : (n_bars,)
        Weights are 0 or more.
    groups : (n_bars,)
        Days, say; a change starts the mean anew.
    values : (n_bars,), out
        NaN until a group has a weight above 0.
    """
    total = weight = 0.0
    for bar in range(series.shape[0]):
        if bar == 0 or groups[bar] != groups[bar - 1]:
            total = weight = 0.0
        total += series[bar] * weights[bar]
        weight += weights[bar]
        values[bar] = total / weight if weight > 0.0 else np.nan
