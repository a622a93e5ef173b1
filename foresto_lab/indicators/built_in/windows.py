"""TA-Lib's sliding windows and the compiled ones, as the formulas call them.

TA-Lib's windows start at 2 bars; one bar is the series itself.
"""

from __future__ import annotations

import numpy as np

from foresto_lab.types import Float64Array1D


def highest(series: Float64Array1D, period: int) -> Float64Array1D:
    """Return the highest of the last bars."""
    import talib

    found: Float64Array1D = talib.MAX(series, period) if period > 1 else series.copy()
    return found


def lowest(series: Float64Array1D, period: int) -> Float64Array1D:
    """Return the lowest of the last bars."""
    import talib

    found: Float64Array1D = talib.MIN(series, period) if period > 1 else series.copy()
    return found


def sliding_sum(series: Float64Array1D, period: int) -> Float64Array1D:
    """Return the sum of the last bars."""
    import talib

    total: Float64Array1D = talib.SUM(series, period) if period > 1 else series.copy()
    return total


def moments(
    series: Float64Array1D, period: int
) -> tuple[Float64Array1D, Float64Array1D]:
    """Return the mean and the population standard deviation of the last bars."""
    from foresto_lab.engine.indicators import rolling_moments_kernel

    means, deviations = np.empty(len(series)), np.empty(len(series))
    rolling_moments_kernel(series, period, means, deviations)
    return means, deviations


def weighted_mean(
    series: Float64Array1D, weights: Float64Array1D, period: int
) -> Float64Array1D:
    """Return the mean of the last bars, each by its weight."""
    from foresto_lab.engine.indicators import rolling_weighted_mean_kernel

    values = np.empty(len(series))
    rolling_weighted_mean_kernel(series, weights, period, values)
    return values
