"""The figures of a backtest: of its equity bar by bar, and of its trades.

Undefined figures are NaN: a profit factor without a loss, a ratio without variance.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    INPUT_2D,
    OUTPUT_1D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.summary import AT_PEAK, ROUNDING
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

BACKTEST_FIGURES: Final = (
    "total_return",
    "annual_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "max_drawdown_duration",
    "recovery_factor",
    "exposure",
    "total_trades",
    "open_trades",
    "win_rate",
    "profit_factor",
    "expectancy",
    "average_win",
    "average_loss",
    "payoff_ratio",
    "best_trade",
    "worst_trade",
    "average_trade",
    "average_holding_time",
    "average_bars_held",
    "max_consecutive_wins",
    "max_consecutive_losses",
    "sqn",
    "total_fees",
    "total_tax",
    "total_funding",
    "liquidations",
    "final_equity",
)
"""The figures in the order the kernel writes them."""
N_BACKTEST_FIGURES: Final = len(BACKTEST_FIGURES)
MICROSECONDS_PER_DAY: Final = 86_400_000_000.0
LIQUIDATION: Final = 7.0
OPEN: Final = 0.0
BLOCK: Final = 512
"""Returns that are made at once."""


@kernel_step
def _sums(bar_return: float, shift: float) -> tuple[float, float, float]:
    """Return a return's distance from the shift, its square, and its downside's."""
    away = bar_return - shift
    short = min(bar_return, 0.0)
    return away, away * away, short * short


@kernel_step
def _block_sums(
    returns: Float64Array1D, count: int, shift: float
) -> tuple[float, float, float]:
    """Return the sums of ``_sums`` over a block, even and odd places apart."""
    total = squares = downside = 0.0
    other_total = other_squares = other_downside = 0.0
    i = 0
    while i + 1 < count:
        one, other = _sums(returns[i], shift), _sums(returns[i + 1], shift)
        total += one[0]
        squares += one[1]
        downside += one[2]
        other_total += other[0]
        other_squares += other[1]
        other_downside += other[2]
        i += 2
    if i < count:
        one = _sums(returns[i], shift)
        total += one[0]
        squares += one[1]
        downside += one[2]
    return total + other_total, squares + other_squares, downside + other_downside


@kernel_step
def _equity_figures(
    equity: Float64Array1D,
    initial: float,
    periods: float,
    years: float,
    figures: Float64Array1D,
) -> None:
    """Write the figures of the returns, bar by bar, from the initial capital on."""
    n = equity.shape[0]
    growth = equity[n - 1] / initial
    figures[0] = growth - 1.0
    figures[1] = growth ** (periods / n) - 1.0
    if years > 0.0:
        figures[2] = growth ** (1.0 / years) - 1.0
    shift = equity[0] / initial - 1.0
    total, squares, downside = _sums(shift, shift)
    returns = np.empty(BLOCK)
    for first in range(1, n, BLOCK):
        count = min(BLOCK, n - first)
        for i in range(count):
            before = equity[first + i - 1]
            grown = equity[first + i] / before - 1.0
            returns[i] = grown if before > 0.0 else 0.0
        sums = _block_sums(returns, count, shift)
        total += sums[0]
        squares += sums[1]
        downside += sums[2]
    mean = shift + total / n
    annual = math.sqrt(periods)
    if n > 1:
        variance = max(squares - total * total / n, 0.0) / (n - 1.0)
        deviation = math.sqrt(variance)
        figures[3] = deviation * annual
        if deviation > ROUNDING:
            figures[4] = mean / deviation * annual
    downside = math.sqrt(downside / n)
    if downside > ROUNDING:
        figures[5] = mean / downside * annual


@kernel_step
def _drawdown_figures(
    equity: Float64Array1D,
    open_times: Int64Array1D,
    initial: float,
    bar_length: float,
    figures: Float64Array1D,
) -> None:
    """Write the deepest drawdown, and the days from its peak to its recovery.

    A bar's equity is that of its close, the initial capital that of the first open.
    """
    n = equity.shape[0]
    peak, peak_bar = initial, -1
    deepest, trough_level = 0.0, initial
    deepest_peak_bar, recovery_bar = -1, -1
    for bar in range(n):
        now = equity[bar]
        if now < trough_level:
            deepest = now / peak - 1.0
            trough_level = now
            deepest_peak_bar = peak_bar
            recovery_bar = -1
        elif now >= peak * (1.0 - AT_PEAK):
            if recovery_bar < 0 and deepest_peak_bar == peak_bar:
                recovery_bar = bar
            peak, peak_bar = max(peak, now), bar
            trough_level = peak * (1.0 + deepest)
    if deepest > -AT_PEAK:
        figures[7] = figures[8] = 0.0
        return
    figures[7] = deepest
    ended = recovery_bar if recovery_bar >= 0 else n - 1
    begin = float(open_times[0])
    if deepest_peak_bar >= 0:
        begin = open_times[deepest_peak_bar] + bar_length
    end = open_times[ended] + bar_length
    figures[8] = (end - begin) / MICROSECONDS_PER_DAY
    figures[6] = figures[2] / -deepest
    figures[9] = figures[0] / -deepest


@kernel_step
def _trade_figures(
    trades: Float64Array2D,
    open_times: Int64Array1D,
    figures: Float64Array1D,
) -> None:
    """Write the figures of the trades; those of results look at closed trades only."""
    won = lost = total = total_return = 0.0
    wins = losses = closed = winning = losing = 0
    best, worst = -np.inf, np.inf
    longest_winning = longest_losing = liquidations = 0
    bars = held = fees = tax = funding = 0.0
    for i in range(trades.shape[0]):
        trade = trades[i]
        fees += trade[9]
        tax += trade[10]
        funding += trade[11]
        if trade[7] == OPEN:
            continue
        closed += 1
        pnl = trade[8]
        trade_return = pnl / (trade[1] * trade[4])
        total += pnl
        total_return += trade_return
        best, worst = max(best, trade_return), min(worst, trade_return)
        bars += trade[5] - trade[3]
        held += open_times[int(trade[5])] - open_times[int(trade[3])]
        liquidations += 1 if trade[7] == LIQUIDATION else 0
        if pnl > 0.0:
            won += pnl
            wins += 1
            winning, losing = winning + 1, 0
            longest_winning = max(longest_winning, winning)
        elif pnl < 0.0:
            lost -= pnl
            losses += 1
            winning, losing = 0, losing + 1
            longest_losing = max(longest_losing, losing)
        else:
            winning = losing = 0
    figures[11] = trades.shape[0]
    figures[12] = trades.shape[0] - closed
    figures[24], figures[25] = longest_winning, longest_losing
    figures[27], figures[28], figures[29] = fees, tax, funding
    figures[30] = liquidations
    if closed == 0:
        return
    figures[13] = wins / closed
    figures[15] = total / closed
    figures[19], figures[20] = best, worst
    figures[21] = total_return / closed
    figures[22] = held / closed / MICROSECONDS_PER_DAY
    figures[23] = bars / closed
    if wins > 0:
        figures[16] = won / wins
    if losses > 0:
        figures[14] = won / lost
        figures[17] = -lost / losses
    if wins > 0 and losses > 0:
        figures[18] = figures[16] / -figures[17]
    figures[26] = _quality_number(trades, total / closed, closed)


@kernel_step
def _quality_number(trades: Float64Array2D, mean: float, closed: int) -> float:
    """Return Van Tharp's SQN on the money of the closed trades."""
    squares = 0.0
    for i in range(trades.shape[0]):
        if trades[i, 7] != OPEN:
            away = trades[i, 8] - mean
            squares += away * away
    if closed < 2 or squares == 0.0:
        return np.nan
    return math.sqrt(closed) * mean / math.sqrt(squares / (closed - 1.0))


INPUT_TIMES: Final = types.Array(types.int64, 1, "C", readonly=True)


@compiled_kernel(
    types.void(
        INPUT_1D,
        INPUT_TIMES,
        INPUT_2D,
        types.float64,
        types.float64,
        types.float64,
        types.float64,
        types.float64,
        OUTPUT_1D,
    )
)
def backtest_figures_kernel(
    equity: Float64Array1D,
    open_times: Int64Array1D,
    trades: Float64Array2D,
    initial: float,
    bars_held: float,
    bar_length: float,
    years: float,
    periods: float,
    figures: Float64Array1D,
) -> None:
    """Write the figures of a backtest, in the order of ``BACKTEST_FIGURES``.

    Parameters
    ----------
    equity : (n_bars,)
        At each bar's close, 0 or more; at least one bar.
    open_times : (n_bars,)
        Microseconds since any epoch.
    trades : (n_trades, N_TRADE_FIELDS)
        As the walk recorded them.
    initial : float
        Equity before the first bar, positive.
    bars_held : float
        Bars at whose close a position was open.
    bar_length : float
        Microseconds from a bar's open to its close.
    years : float
        From the first open to the last close.
    periods : float
        Bars in a year.
    figures : (N_BACKTEST_FIGURES,), out
    """
    for figure in range(N_BACKTEST_FIGURES):
        figures[figure] = np.nan
    n = equity.shape[0]
    _equity_figures(equity, initial, periods, years, figures)
    _drawdown_figures(equity, open_times, initial, bar_length, figures)
    figures[10] = bars_held / n
    figures[31] = equity[n - 1]
    _trade_figures(trades, open_times, figures)
