"""The figures of a backtest: of its equity bar by bar, and of its trades.

Undefined figures are NaN: a profit factor without a loss, a ratio without variance.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    INPUT_2D,
    OUTPUT_1D,
    bare_step,
    compiled_kernel,
    inlined_step,
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
"""Returns that are summed at once."""
LANES: Final = 64
"""Places of a row of returns that are summed apart."""


@inlined_step
def _sums(bar_return: float, shift: float) -> tuple[float, float, float]:
    """Return a return's distance from the shift, its square, and its downside's."""
    away = bar_return - shift
    short = bar_return if bar_return < 0.0 else 0.0
    return away, away * away, short * short


@bare_step
def _block_sums(
    equity: Float64Array1D, shift: float, lanes: Float64Array2D
) -> tuple[float, float, float]:
    """Return the sums of ``_sums`` over the returns from each equity to the next.

    The return is 0 where nothing was left. Each of ``LANES`` places in a row is summed
    apart, then the lanes by halves: a row without a return changes no bit.

    Parameters
    ----------
    equity : (count + 1,)
    lanes : (3, LANES)
        Scratch.
    """
    total, squares, downside = lanes[0], lanes[1], lanes[2]
    for lane in range(LANES):
        total[lane] = squares[lane] = downside[lane] = 0.0
    count = equity.shape[0] - 1
    for first in range(0, count, LANES):
        width = min(LANES, count - first)
        before, after = equity[first : first + width], equity[first + 1 :]
        for lane in range(width):
            grown = after[lane] / before[lane] - 1.0
            grown = grown if before[lane] > 0.0 else 0.0
            away, square, short = _sums(grown, shift)
            total[lane] += away
            squares[lane] += square
            downside[lane] += short
    return _folded(total), _folded(squares), _folded(downside)


@inlined_step
def _folded(lanes: Float64Array1D) -> float:
    """Return the sum of the lanes, the upper half added to the lower, and so on."""
    half = LANES // 2
    while half > 0:
        for lane in range(half):
            lanes[lane] += lanes[lane + half]
        half //= 2
    folded: float = lanes[0]
    return folded


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
    shift = equity[0] / initial - 1.0
    total, squares, downside = _sums(shift, shift)
    lanes = np.empty((3, LANES))
    for first in range(1, n, BLOCK):
        sums = _block_sums(equity[first - 1 : min(first + BLOCK, n)], shift, lanes)
        total += sums[0]
        squares += sums[1]
        downside += sums[2]
    growth = equity[n - 1] / initial
    _write_return_figures(
        growth, n, shift, (total, squares, downside), periods, years, figures
    )


@bare_step
def _write_return_figures(
    growth: float,
    n: int,
    shift: float,
    sums: tuple[float, float, float],
    periods: float,
    years: float,
    figures: Float64Array1D,
) -> None:
    """Write what the sums of the returns, taken from a shift on, come to."""
    total, squares, downside = sums
    figures[0] = growth - 1.0
    figures[1] = growth ** (periods / n) - 1.0
    if years > 0.0:
        figures[2] = growth ** (1.0 / years) - 1.0
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


class Drawdown(NamedTuple):
    """The deepest drawdown so far: how deep, from which peak, and its recovery.

    ``trough_level`` is the equity below which it gets deeper; bars are -1 before any.
    """

    peak: float
    trough_level: float
    deepest: float
    peak_bar: int
    deepest_peak_bar: int
    recovery_bar: int


@inlined_step
def _drawdown_after(so_far: Drawdown, now: float, bar: int) -> Drawdown:
    """Return the drawdown once the equity at a bar's close is known."""
    peak, level, deepest, peak_bar, deepest_peak_bar, recovery_bar = so_far
    if now < level:
        return Drawdown(peak, now, now / peak - 1.0, peak_bar, peak_bar, -1)
    if now >= peak * (1.0 - AT_PEAK):
        if recovery_bar < 0 and deepest_peak_bar == peak_bar:
            recovery_bar = bar
        peak = max(peak, now)
        level = peak * (1.0 + deepest)
        return Drawdown(peak, level, deepest, bar, deepest_peak_bar, recovery_bar)
    return so_far


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
    so_far = Drawdown(initial, initial, 0.0, -1, -1, -1)
    for bar in range(equity.shape[0]):
        so_far = _drawdown_after(so_far, equity[bar], bar)
    _write_drawdown_figures(so_far, open_times, bar_length, figures)


@bare_step
def _write_drawdown_figures(
    found: Drawdown,
    open_times: Int64Array1D,
    bar_length: float,
    figures: Float64Array1D,
) -> None:
    """Write the figures of the drawdown found; those of the returns are there."""
    if found.deepest > -AT_PEAK:
        figures[7] = figures[8] = 0.0
        return
    figures[7] = found.deepest
    ended = found.recovery_bar
    if ended < 0:
        ended = open_times.shape[0] - 1
    begin = float(open_times[0])
    if found.deepest_peak_bar >= 0:
        begin = open_times[found.deepest_peak_bar] + bar_length
    end = open_times[ended] + bar_length
    figures[8] = (end - begin) / MICROSECONDS_PER_DAY
    figures[6] = figures[2] / -found.deepest
    figures[9] = figures[0] / -found.deepest


(
    N_ALL,
    N_CLOSED,
    N_WINS,
    N_LOSSES,
    N_LIQUIDATIONS,
    WON,
    LOST,
    TOTAL,
    MEAN,
    SQUARES,
    TOTAL_RETURN,
    BEST,
    WORST,
    BARS,
    HELD,
    FEES,
    TAX,
    FUNDING,
    WINNING,
    LOSING,
    LONGEST_WINNING,
    LONGEST_LOSING,
    N_TALLY,
) = range(23)
"""What is known of the trades so far: counts, sums, and runs of wins and losses."""


@inlined_step
def _begin_tally(tally: Float64Array1D) -> None:
    for field in range(N_TALLY):
        tally[field] = 0.0
    tally[BEST], tally[WORST] = -np.inf, np.inf


@inlined_step
def _count_trade(
    tally: Float64Array1D, trade: Float64Array1D, open_times: Int64Array1D
) -> None:
    """Add a trade to the tally; results are counted of closed trades only."""
    tally[N_ALL] += 1.0
    tally[FEES] += trade[9]
    tally[TAX] += trade[10]
    tally[FUNDING] += trade[11]
    if trade[7] == OPEN:
        return
    tally[N_CLOSED] += 1.0
    pnl = trade[8]
    trade_return = pnl / (trade[1] * trade[4])
    tally[TOTAL] += pnl
    away = pnl - tally[MEAN]
    tally[MEAN] += away / tally[N_CLOSED]
    tally[SQUARES] += away * (pnl - tally[MEAN])
    tally[TOTAL_RETURN] += trade_return
    tally[BEST] = max(tally[BEST], trade_return)
    tally[WORST] = min(tally[WORST], trade_return)
    tally[BARS] += trade[5] - trade[3]
    tally[HELD] += open_times[int(trade[5])] - open_times[int(trade[3])]
    if trade[7] == LIQUIDATION:
        tally[N_LIQUIDATIONS] += 1.0
    if pnl > 0.0:
        tally[WON] += pnl
        tally[N_WINS] += 1.0
        tally[LOSING] = 0.0
        tally[WINNING] += 1.0
        tally[LONGEST_WINNING] = max(tally[LONGEST_WINNING], tally[WINNING])
    elif pnl < 0.0:
        tally[LOST] -= pnl
        tally[N_LOSSES] += 1.0
        tally[WINNING] = 0.0
        tally[LOSING] += 1.0
        tally[LONGEST_LOSING] = max(tally[LONGEST_LOSING], tally[LOSING])
    else:
        tally[WINNING] = tally[LOSING] = 0.0


@bare_step
def _write_trade_figures(tally: Float64Array1D, figures: Float64Array1D) -> None:
    """Write what the tally of all trades comes to."""
    closed, wins, losses = tally[N_CLOSED], tally[N_WINS], tally[N_LOSSES]
    figures[11] = tally[N_ALL]
    figures[12] = tally[N_ALL] - closed
    figures[24], figures[25] = tally[LONGEST_WINNING], tally[LONGEST_LOSING]
    figures[27], figures[28], figures[29] = tally[FEES], tally[TAX], tally[FUNDING]
    figures[30] = tally[N_LIQUIDATIONS]
    if closed == 0.0:
        return
    mean = tally[TOTAL] / closed
    figures[13] = wins / closed
    figures[15] = mean
    figures[19], figures[20] = tally[BEST], tally[WORST]
    figures[21] = tally[TOTAL_RETURN] / closed
    figures[22] = tally[HELD] / closed / MICROSECONDS_PER_DAY
    figures[23] = tally[BARS] / closed
    if wins > 0.0:
        figures[16] = tally[WON] / wins
    if losses > 0.0:
        figures[14] = tally[WON] / tally[LOST]
        figures[17] = -tally[LOST] / losses
    if wins > 0.0 and losses > 0.0:
        figures[18] = figures[16] / -figures[17]
    if closed >= 2.0 and tally[SQUARES] > 0.0:
        deviation = math.sqrt(tally[SQUARES] / (closed - 1.0))
        figures[26] = math.sqrt(closed) * mean / deviation  # Van Tharp's SQN


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
    tally = np.empty(N_TALLY)
    _begin_tally(tally)
    for i in range(trades.shape[0]):
        _count_trade(tally, trades[i], open_times)
    _write_trade_figures(tally, figures)
