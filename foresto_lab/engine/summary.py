"""The figures of a path: return, risk, drawdown, calendar periods.

Undefined figures are NaN: a Sharpe ratio without variance, a recovery still to come.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    OUTPUT_1D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.summary_figures import N_FIGURES
from foresto_lab.types import Float64Array1D, Int64Array1D

ROUNDING: Final = 1e-14
"""A daily deviation below this is rounding, not variance."""
AT_PEAK: Final = 1e-12
"""A value this close below its peak, relatively, is at it; a gain so small is none."""
TAIL: Final = 0.05

INPUT_DAYS: Final = types.Array(types.int64, 1, "C", readonly=True)


@kernel_step
def _return_figures(
    returns: Float64Array1D, periods: float, risk_free: float, figures: Float64Array1D
) -> None:
    """Write volatility, Sharpe, Sortino, skew and kurtosis, then the tail."""
    n = returns.shape[0]
    if n == 0:
        return
    total = 0.0
    for i in range(n):
        total += returns[i]
    mean = total / n
    second = third = fourth = downside = 0.0
    for i in range(n):
        deviation = returns[i] - mean
        squared = deviation * deviation
        second += squared
        third += squared * deviation
        fourth += squared * squared
        short = min(returns[i] - risk_free, 0.0)
        downside += short * short
    deviation = math.sqrt(second / (n - 1)) if n > 1 else np.nan
    downside = math.sqrt(downside / n)
    annual = math.sqrt(periods)
    varies = deviation > ROUNDING
    if n > 1:
        figures[2] = deviation * annual
    if varies:
        figures[3] = (mean - risk_free) / deviation * annual
    if downside > ROUNDING:
        figures[4] = (mean - risk_free) / downside * annual
    if varies and n > 2:
        figures[18] = n * math.sqrt(n - 1.0) / (n - 2.0) * third / second**1.5
    if varies and n > 3:
        scale = (n - 1.0) / ((n - 2.0) * (n - 3.0))
        figures[19] = scale * (
            n * (n + 1.0) * fourth / (second * second) - 3.0 * (n - 1.0)
        )
    bound = mean - deviation if varies else np.inf
    figures[15], figures[16] = _tail_figures(returns, bound)


@kernel_step
def _tail_figures(returns: Float64Array1D, bound: float) -> tuple[float, float]:
    """Return the 5 % quantile (linear) and the mean of the returns up to it.

    Returns above ``bound`` are looked at only when those below do not hold the tail.
    """
    n = returns.shape[0]
    place = (n - 1) * TAIL
    rank = int(place)
    low = np.empty(n)
    count = 0
    for i in range(n):
        low[count] = returns[i]
        count += 1 if returns[i] <= bound else 0
    if count < rank + 2:
        for i in range(n):
            low[i] = returns[i]
        count = n
    _select(low, count, rank)
    quantile = low[rank]
    if place > rank:
        following = np.inf
        for i in range(rank + 1, count):
            following = min(following, low[i])
        quantile += (place - rank) * (following - quantile)
    total = 0.0
    members = 0
    for i in range(count):
        if low[i] <= quantile:
            total += low[i]
            members += 1
    return quantile, total / members


@kernel_step
def _select(values: Float64Array1D, count: int, rank: int) -> None:
    """Order the first ``count`` values so far that the one at ``rank`` is in place.

    None before it is above it, none after it below (Hoare's selection).
    """
    left, right = 0, count - 1
    while left < right:
        pivot = values[(left + right) // 2]
        low, high = left, right
        while low <= high:
            while values[low] < pivot:
                low += 1
            while values[high] > pivot:
                high -= 1
            if low <= high:
                values[low], values[high] = values[high], values[low]
                low += 1
                high -= 1
        if rank <= high:
            right = high
        elif rank >= low:
            left = low
        else:
            return


@kernel_step
def _drawdown_figures(
    nav: Float64Array1D, day_numbers: Int64Array1D, figures: Float64Array1D
) -> None:
    """Write the depth and the lengths, in calendar days, of the time under water."""
    n = nav.shape[0]
    peak = nav[0]
    peak_day = day_numbers[0]
    deepest = 0.0
    deepest_peak_day = trough_day = peak_day
    recovery_day = -1
    underwater = False
    longest = 0
    squares = 0.0
    for i in range(n):
        if nav[i] >= peak * (1.0 - AT_PEAK):
            if underwater:
                longest = max(longest, day_numbers[i] - peak_day)
                if deepest_peak_day == peak_day:
                    recovery_day = day_numbers[i]
                underwater = False
            peak = max(peak, nav[i])
            peak_day = day_numbers[i]
            continue
        underwater = True
        drawdown = nav[i] / peak - 1.0
        squares += drawdown * drawdown
        if drawdown < deepest:
            deepest = drawdown
            deepest_peak_day = peak_day
            trough_day = day_numbers[i]
            recovery_day = -1
    last_day = day_numbers[n - 1]
    if underwater:
        longest = max(longest, last_day - peak_day)
    figures[6] = deepest
    figures[9] = longest
    figures[17] = math.sqrt(squares / n)
    if deepest == 0.0:
        figures[7] = 0.0
        figures[8] = 0.0
    elif recovery_day < 0:
        figures[7] = last_day - deepest_peak_day
    else:
        figures[7] = recovery_day - deepest_peak_day
        figures[8] = recovery_day - trough_day


@kernel_step
def _period_returns(
    nav: Float64Array1D, ends: Int64Array1D
) -> tuple[float, float, float]:
    """Return the worst and the best period's return, and the share of positive ones."""
    worst, best = np.inf, -np.inf
    positive = 0
    base = nav[0]
    for i in range(ends.shape[0]):
        period_return = nav[ends[i]] / base - 1.0
        base = nav[ends[i]]
        worst = min(worst, period_return)
        best = max(best, period_return)
        positive += 1 if period_return > AT_PEAK else 0
    if ends.shape[0] == 0:
        return np.nan, np.nan, np.nan
    return worst, best, positive / ends.shape[0]


@kernel_step
def summarize(
    nav: Float64Array1D,
    returns: Float64Array1D,
    day_numbers: Int64Array1D,
    month_ends: Int64Array1D,
    year_ends: Int64Array1D,
    years: float,
    periods: float,
    risk_free: float,
    figures: Float64Array1D,
) -> None:
    """Write the figures of one path; see ``summary_kernel``."""
    for figure in range(N_FIGURES):
        figures[figure] = np.nan
    n = nav.shape[0]
    growth = nav[n - 1] / nav[0]
    figures[0] = growth - 1.0
    if years > 0.0:
        figures[1] = growth ** (1.0 / years) - 1.0
    _return_figures(returns, periods, risk_free, figures)
    _drawdown_figures(nav, day_numbers, figures)
    if figures[6] < 0.0:
        figures[5] = figures[1] / -figures[6]
    figures[10], figures[11], figures[14] = _period_returns(nav, month_ends)
    figures[12], figures[13], _ = _period_returns(nav, year_ends)


@compiled_kernel(
    types.void(
        OUTPUT_1D,
        OUTPUT_1D,
        INPUT_DAYS,
        INPUT_DAYS,
        INPUT_DAYS,
        types.float64,
        types.float64,
        types.float64,
        OUTPUT_1D,
    )
)
def summary_kernel(
    nav: Float64Array1D,
    returns: Float64Array1D,
    day_numbers: Int64Array1D,
    month_ends: Int64Array1D,
    year_ends: Int64Array1D,
    years: float,
    periods: float,
    risk_free: float,
    figures: Float64Array1D,
) -> None:
    """Write the figures of one path, in the order of ``FIGURES``.

    Parameters
    ----------
    nav : (n_returns + 1,)
        Positive; the first is the base of the first return.
    returns : (n_returns,)
        Simple returns.
    day_numbers : (n_returns + 1,)
        Calendar days since any epoch, for the lengths.
    month_ends, year_ends : (n_months,), (n_years,)
        Where in ``nav`` each calendar period ends, ascending; each begins where the one
        before ends, the first at 0.
    years : float
        The span, for the compound rate.
    periods : float
        Returns in a year.
    risk_free : float
        Return of one period, taken off in the Sharpe and Sortino ratios.
    figures : (N_FIGURES,), out
    """
    summarize(
        nav,
        returns,
        day_numbers,
        month_ends,
        year_ends,
        years,
        periods,
        risk_free,
        figures,
    )
