"""The walks of many accounts through the same candles, without keeping their paths.

Each is the walk of ``backtest_kernel`` by the very steps of it, with its figures those
of ``backtest_figures_kernel``, to the last bit. What differs is how the next event is
found: conditions are words of 64 bars, levels are looked for by the extremes of groups
of bars, and what happens to equity between events goes into running sums at once.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    INPUT_2D,
    OUTPUT_2D,
    bare_step,
    compiled_kernel,
    inlined_step,
)
from foresto_lab.engine.backtest import (
    BARS_HELD,
    CASH,
    END,
    ENTRIES,
    ENTRY_BAR,
    FUNDING,
    IGNORE,
    INPUT_BARS,
    LONG_ENTRY,
    LONG_EXIT,
    MARGIN,
    N_ACCOUNT,
    N_FILL_FIELDS,
    N_FILLS,
    N_TRADE_FIELDS,
    N_TRADES,
    ORDERED_EXIT,
    ORDERED_SIDE,
    QUANTITY,
    SHORT_ENTRY,
    SHORT_EXIT,
    SIDE,
    Rules,
    _decide,
    _fill_orders,
    _leave,
    _liquidation_price,
    _record,
    _stop_price,
    _target_price,
    _watch_levels,
)
from foresto_lab.engine.backtest_figures import (
    BLOCK,
    INPUT_TIMES,
    LANES,
    N_TALLY,
    Drawdown,
    _begin_tally,
    _count_trade,
    _write_drawdown_figures,
    _write_return_figures,
    _write_trade_figures,
)
from foresto_lab.engine.backtest_sweep_levels import (
    EXTREMES,
    Extremes,
    Grouped,
    _first_reach,
    _first_trailed,
)
from foresto_lab.engine.backtest_sweep_marks import (
    BLOCK_BAR,
    DOWNSIDE,
    N_PLACES,
    N_SUMS,
    SHIFT,
    SQUARES,
    TOTAL,
    _add_block,
    _mark_stretch,
)
from foresto_lab.engine.backtest_sweep_signals import (
    INPUT_LEAVES,
    INPUT_STARTS,
    INPUT_WORDS,
    Words2D,
    _bits_at,
    _join_leaves,
    _next_signal,
)
from foresto_lab.engine.sweep_terms import (
    Int32Array1D,
    Int32Array2D,
)
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
)

MOST_TRADES: Final = 4
"""A bar ends at most so many positions: at its open, at a level, at its close."""


class Prices(NamedTuple):
    """The candles, with the extremes that levels and drawdowns are looked for by."""

    opens: Float64Array1D
    tops: Extremes
    bottoms: Extremes
    low_closes: Extremes
    high_closes: Extremes


class Scratch(NamedTuple):
    """What one walk writes to; the next one begins anew."""

    account: Float64Array1D
    trades: Float64Array2D
    fills: Float64Array2D
    tally: Float64Array1D
    marks: Float64Array1D
    lanes: Float64Array2D
    sums: Float64Array1D
    places: Int64Array1D


@inlined_step
def _sparse_quiet_until(
    account: Float64Array1D,
    rules: Rules,
    prices: Prices,
    signals: Words2D,
    first: int,
    last: int,
) -> int:
    """Return the first bar, up to ``last``, on which something may happen.

    It is ``_quiet_until`` of the single walk, but that the range of prices seen is only
    kept where a trailing stop follows it.
    """
    if account[ORDERED_EXIT] != 0.0 or account[ORDERED_SIDE] != 0.0:
        return first
    side = account[SIDE]
    if side == 0.0:
        heeded = LONG_ENTRY
        if rules.allow_short != 0.0:
            heeded |= SHORT_ENTRY
        return _next_signal(signals, heeded, first, last)
    heeded = LONG_EXIT if side > 0.0 else SHORT_EXIT
    if rules.on_opposite != IGNORE:
        heeded |= SHORT_ENTRY if side > 0.0 else LONG_ENTRY
    if account[ENTRIES] < rules.max_entries:
        heeded |= LONG_ENTRY if side > 0.0 else SHORT_ENTRY
    if rules.time_stop > 0.0:
        filled_later = 0 if rules.fills_at_close != 0.0 else 1
        over = int(account[ENTRY_BAR] + rules.time_stop) - filled_later
        last = max(first, min(last, over))
    last = _next_signal(signals, heeded, first, last)
    liquidation = _liquidation_price(account, rules)
    stop = _stop_price(account, rules)
    target = _target_price(account, rules)
    floor = max(liquidation, stop) if side > 0.0 else target
    ceiling = target if side > 0.0 else min(stop, liquidation)
    tops, bottoms = prices.tops, prices.bottoms
    if rules.trailing_stop > 0.0:
        return _first_trailed(
            account, rules, tops, bottoms, floor, ceiling, first, last
        )
    return _first_reach(tops, bottoms, floor, ceiling, first, last)


@inlined_step
def _count_trades(scratch: Scratch, open_times: Int64Array1D) -> None:
    """Add the trades recorded since the last time to the tally."""
    account = scratch.account
    for number in range(int(account[N_TRADES])):
        _count_trade(scratch.tally, scratch.trades[number], open_times)
    account[N_TRADES] = account[N_FILLS] = 0.0


@bare_step
def _walk(
    prices: Prices,
    open_times: Int64Array1D,
    signals: Words2D,
    rules: Rules,
    sell_tax: Float64Array1D,
    funding_bars: Int64Array1D,
    funding_rates: Float64Array1D,
    finer: tuple[Float64Array1D, Float64Array1D, Float64Array1D],
    finer_starts: Int64Array1D,
    block_edges: Int64Array1D,
    scratch: Scratch,
    block_sums: Float64Array2D,
) -> Drawdown:
    """Walk one account as ``backtest_kernel`` does; leave sums, tally and account."""
    opens, high, low = prices.opens, prices.tops.bars, prices.bottoms.bars
    close = prices.low_closes.bars
    account, trades, fills = scratch.account, scratch.trades, scratch.fills
    n_bars, n_taxes, n_fundings = len(close), len(sell_tax), len(funding_bars)
    initial = rules.initial_capital
    account[:] = 0.0
    account[CASH] = initial
    _begin_tally(scratch.tally)
    drawdown = Drawdown(initial, initial, 0.0, -1, -1, -1)
    at_close = rules.fills_at_close != 0.0
    next_funding = bar = marked = 0
    while True:
        while next_funding < n_fundings and funding_bars[next_funding] < bar:
            next_funding += 1
        last = n_bars
        if next_funding < n_fundings and account[SIDE] != 0.0:
            last = funding_bars[next_funding]
        if bar < n_bars:
            bar = _sparse_quiet_until(account, rules, prices, signals, bar, last)
        ordered = account[ORDERED_EXIT] != 0.0 or account[ORDERED_SIDE] != 0.0
        if bar == n_bars or at_close or ordered or account[SIDE] != 0.0:
            drawdown = _mark_stretch(
                account,
                prices.low_closes,
                prices.high_closes,
                marked,
                bar,
                initial,
                drawdown,
                scratch.marks,
                scratch.lanes,
                scratch.sums,
                scratch.places,
                block_edges,
                block_sums,
            )
            marked = bar
        if bar == n_bars:
            break
        tax_rate = sell_tax[min(bar, n_taxes - 1)]
        while next_funding < n_fundings and funding_bars[next_funding] < bar:
            next_funding += 1
        if (
            next_funding < n_fundings
            and funding_bars[next_funding] == bar
            and account[SIDE] != 0.0
        ):
            paid = funding_rates[next_funding] * opens[bar]
            paid *= account[SIDE] * account[QUANTITY]
            account[MARGIN] -= paid
            account[FUNDING] += paid
        if ordered:
            _fill_orders(
                account,
                rules,
                opens[bar],
                tax_rate,
                close,
                bar - 1,
                bar,
                trades,
                fills,
            )
        if account[SIDE] != 0.0:
            first_finer = last_finer = 0
            if finer_starts.shape[0] > 0:
                first_finer, last_finer = finer_starts[bar], finer_starts[bar + 1]
            reason, price = _watch_levels(
                account,
                rules,
                (opens[bar], high[bar], low[bar]),
                finer,
                first_finer,
                last_finer,
            )
            if reason != END:
                _leave(account, rules, reason, price, tax_rate, bar, trades, fills)
        _decide(account, rules, _bits_at(signals, bar), bar)
        if at_close:
            _fill_orders(
                account,
                rules,
                close[bar],
                tax_rate,
                close,
                bar,
                bar,
                trades,
                fills,
            )
        if account[N_TRADES] > 0.0:
            _count_trades(scratch, open_times)
        account[N_FILLS] = 0.0
        bar += 1
    if account[SIDE] != 0.0:
        _record(account, END, close[n_bars - 1], n_bars - 1, trades)
        _count_trades(scratch, open_times)
    left = n_bars - scratch.places[BLOCK_BAR]
    if left > 0:
        _add_block(
            left,
            scratch.marks,
            scratch.lanes,
            scratch.sums,
            scratch.places,
            block_edges,
            block_sums,
        )
    return drawdown


@bare_step
def _rules_at(row: Float64Array1D) -> Rules:
    return Rules(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        row[6],
        row[7],
        row[8],
        row[9],
        row[10],
        row[11],
        row[12],
        row[13],
        row[14],
        row[15],
        row[16],
        row[17],
        row[18],
        row[19],
    )


@bare_step
def _write_figures(
    scratch: Scratch,
    drawdown: Drawdown,
    open_times: Int64Array1D,
    initial: float,
    bar_length: float,
    years: float,
    periods: float,
    figures: Float64Array1D,
) -> None:
    """Write what a walk left as ``backtest_figures_kernel`` writes it."""
    account, sums = scratch.account, scratch.sums
    n = open_times.shape[0]
    equity = scratch.marks[0]
    _write_return_figures(
        equity / initial,
        n,
        sums[SHIFT],
        (sums[TOTAL], sums[SQUARES], sums[DOWNSIDE]),
        periods,
        years,
        figures,
    )
    _write_drawdown_figures(drawdown, open_times, bar_length, figures)
    figures[10] = account[BARS_HELD] / n
    figures[31] = equity
    _write_trade_figures(scratch.tally, figures)


@bare_step
def _equal_rows(one: Int32Array1D, other: Int32Array1D) -> bool:
    equal = True
    for place in range(one.shape[0]):
        equal &= one[place] == other[place]
    return equal


@compiled_kernel(
    types.void(
        INPUT_1D,
        EXTREMES,
        EXTREMES,
        EXTREMES,
        EXTREMES,
        INPUT_TIMES,
        INPUT_1D,
        INPUT_BARS,
        INPUT_1D,
        types.UniTuple(INPUT_1D, 3),
        INPUT_BARS,
        types.float64,
        types.float64,
        types.float64,
        INPUT_WORDS,
        INPUT_STARTS,
        INPUT_STARTS,
        INPUT_LEAVES,
        INPUT_2D,
        INPUT_STARTS,
        INPUT_BARS,
        OUTPUT_2D,
        types.float64[:, :, ::1],
    )
)
def sweep_backtests_kernel(
    opens: Float64Array1D,
    tops: Grouped,
    bottoms: Grouped,
    low_closes: Grouped,
    high_closes: Grouped,
    open_times: Int64Array1D,
    sell_tax: Float64Array1D,
    funding_bars: Int64Array1D,
    funding_rates: Float64Array1D,
    finer: tuple[Float64Array1D, Float64Array1D, Float64Array1D],
    finer_starts: Int64Array1D,
    bar_length: float,
    years: float,
    periods: float,
    words: Words2D,
    clause_starts: Int32Array1D,
    block_starts: Int32Array1D,
    leaf_of_slot: Int32Array2D,
    rules: Float64Array2D,
    rules_of: Int32Array1D,
    block_edges: Int64Array1D,
    figures: Float64Array2D,
    block_sums: Float64Array3D,
) -> None:
    """Write the figures of each combination, those of the two kernels of one backtest.

    Parameters
    ----------
    opens, tops, bottoms, low_closes, high_closes
        The candles, as ``Prices`` names them.
    open_times ... periods
        As in ``SweepMarket``.
    words : (n_leaves, words_of(n_bars))
        As ``leaf_words_kernel`` wrote them.
    clause_starts, block_starts, leaf_of_slot
        As in ``SweepSignals``.
    rules, rules_of
        As in ``SweepAccounts``.
    block_edges : (n_blocks + 1,) or (0,)
        The bars at which blocks begin, ascending, and the end of the last; a bar
        outside them is in no block.
    figures : (n_combinations, N_BACKTEST_FIGURES), out
    block_sums : (n_combinations, n_blocks, 2), out
    """
    prices = Prices(
        opens,
        Extremes(tops[0], tops[1], tops[2]),
        Extremes(bottoms[0], bottoms[1], bottoms[2]),
        Extremes(low_closes[0], low_closes[1], low_closes[2]),
        Extremes(high_closes[0], high_closes[1], high_closes[2]),
    )
    n_words = words.shape[1]
    signals = np.empty((4, n_words), dtype=np.uint64)
    clause = np.empty(n_words, dtype=np.uint64)
    scratch = Scratch(
        np.empty(N_ACCOUNT),
        np.empty((MOST_TRADES, N_TRADE_FIELDS)),
        np.empty((2 * MOST_TRADES, N_FILL_FIELDS)),
        np.empty(N_TALLY),
        np.empty(BLOCK + 1),
        np.empty((3, LANES)),
        np.empty(N_SUMS),
        np.empty(N_PLACES, dtype=np.int64),
    )
    joined = -1
    for combination in range(rules_of.shape[0]):
        figures[combination] = np.nan
        block_sums[combination] = np.nan
        if rules_of[combination] < 0:
            continue
        slots = leaf_of_slot[combination]
        if joined < 0 or not _equal_rows(slots, leaf_of_slot[joined]):
            _join_leaves(words, slots, clause_starts, block_starts, clause, signals)
            joined = combination
        block_sums[combination] = 0.0
        followed = _rules_at(rules[rules_of[combination]])
        drawdown = _walk(
            prices,
            open_times,
            signals,
            followed,
            sell_tax,
            funding_bars,
            funding_rates,
            finer,
            finer_starts,
            block_edges,
            scratch,
            block_sums[combination],
        )
        _write_figures(
            scratch,
            drawdown,
            open_times,
            followed.initial_capital,
            bar_length,
            years,
            periods,
            figures[combination],
        )
