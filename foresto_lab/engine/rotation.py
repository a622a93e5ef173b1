"""The walk of many symbols through one cash account: sell, buy the best that fit, mark.

Positions are long and paid in full. Each bar's decisions stand in one row of scores:
the higher, the sooner a symbol is bought; NaN is not wanted. Symbols with equal scores
come in the order of their columns.
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
    OUTPUT_2D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.rotation_positions import (
    BARS_HELD,
    BY_SCORE,
    CASH,
    CLOSE_ROW,
    DELISTED,
    END,
    ENTRY_BAR,
    HELD,
    MARK,
    N_POSITION,
    N_REFUSED,
    N_ROTATION_FIELDS,
    N_TRADES,
    OPEN_ROW,
    ORDERED,
    QUANTITY,
    RANK,
    REBALANCE,
    SCORE,
    SIGNAL,
    SYMBOL,
    TIME,
    RotationRules,
    buy,
    equity_at,
    fits_slot,
    is_order,
    leave,
    record,
    sell,
    wanted_quantity,
    watch_levels,
    whole_lots,
)
from foresto_lab.engine.selection import heap_of, take_best
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

# --- a bar's orders ----------------------------------------------------------------


@kernel_step
def _fill_exits(
    candles: Float64Array2D,
    rows: types.Any,
    rules: RotationRules,
    field: int,
    tax_rate: float,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
    sold_bar: Int64Array1D,
    trades: Float64Array2D,
) -> None:
    """Sell what was ordered; a symbol that does not trade keeps its order."""
    for slot in range(int(account[HELD]) - 1, -1, -1):
        reason = int(positions[slot, ORDERED])
        if reason == END:
            continue
        symbol = int(positions[slot, SYMBOL])
        price = candles[rows[symbol, field], bar]
        if math.isnan(price):
            continue
        sold_bar[symbol] = bar
        leave(
            slot,
            price,
            reason,
            tax_rate,
            rules,
            bar,
            account,
            positions,
            slot_of,
            trades,
        )


@kernel_step
def _rank(
    candles: Float64Array2D,
    rows: types.Any,
    rules: RotationRules,
    field: int,
    bar: int,
    equity: float,
    scores: Float64Array1D,
    heap: Int64Array1D,
    ranked: Int64Array1D,
    slot_of: Int64Array1D,
) -> tuple[int, int]:
    """Write the best symbols in order; return how many, and what the heap still has.

    Ranks are counted among the symbols that are held or can be bought: those that
    trade at this bar, one lot of which fits into an equal slot.
    """
    size = heap_of(scores, heap)
    n_ranked = 0
    while n_ranked < int(rules.keep_rank) and size > 0:
        symbol = take_best(heap, size, scores)
        size -= 1
        price = candles[rows[symbol, field], bar]
        if slot_of[symbol] >= 0 or (
            not math.isnan(price) and fits_slot(price, equity, rules)
        ):
            ranked[n_ranked] = symbol
            n_ranked += 1
    return n_ranked, size


@kernel_step
def _order_by_rank(
    n_ranked: int,
    ranked: Int64Array1D,
    scores: Float64Array1D,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
) -> None:
    """Order to sell what is not among the first ranks; the others may stay."""
    for slot in range(int(account[HELD])):
        if positions[slot, ORDERED] == END:
            positions[slot, ORDERED] = RANK
    for place in range(n_ranked):
        slot = slot_of[ranked[place]]
        if slot >= 0:
            positions[slot, SCORE] = scores[ranked[place]]
            if positions[slot, ORDERED] == RANK:
                positions[slot, ORDERED] = END


@kernel_step
def _score_sum(
    rules: RotationRules,
    n_ranked: int,
    ranked: Int64Array1D,
    scores: Float64Array1D,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
    bar: int,
    sold_bar: Int64Array1D,
) -> float:
    """Return the positive scores of what is held and what would be bought, summed."""
    total = 0.0
    for slot in range(int(account[HELD])):
        total += max(positions[slot, SCORE], 0.0)
    free = int(rules.max_positions) - int(account[HELD])
    for place in range(n_ranked):
        symbol = ranked[place]
        if free > 0 and slot_of[symbol] < 0 and sold_bar[symbol] != bar:
            total += max(scores[symbol], 0.0)
            free -= 1
    return total


@kernel_step
def _share(rules: RotationRules, score: float, total: float) -> float:
    """Return the part of the equity that a slot is given."""
    if rules.sizing == BY_SCORE and total > 0.0:
        return max(score, 0.0) / total
    return 1.0 / rules.max_positions


@kernel_step
def _trim(
    candles: Float64Array2D,
    rows: types.Any,
    rules: RotationRules,
    field: int,
    tax_rate: float,
    bar: int,
    equity: float,
    total: float,
    account: Float64Array1D,
    positions: Float64Array2D,
    trades: Float64Array2D,
) -> None:
    """Sell what positions hold above their slots; never a whole position."""
    for slot in range(int(account[HELD])):
        position = positions[slot]
        price = candles[rows[int(position[SYMBOL]), field], bar]
        if math.isnan(price) or position[ORDERED] != END:
            continue
        share = _share(rules, position[SCORE], total)
        wanted = wanted_quantity(
            rules, equity, share, price * (1.0 + rules.slippage), tax_rate
        )
        over = whole_lots(position[QUANTITY] - wanted, rules)
        if over < position[QUANTITY] and is_order(over * price, equity, rules):
            sell(
                position, over, price, REBALANCE, tax_rate, rules, bar, account, trades
            )


@kernel_step
def _buy_to_slot(
    symbol: int,
    share: float,
    score: float,
    candles: Float64Array2D,
    rows: types.Any,
    rules: RotationRules,
    field: int,
    tax_rate: float,
    signal_bar: int,
    bar: int,
    equity: float,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
) -> bool:
    """Buy what a symbol's slot still lacks; return whether anything was bought."""
    price = candles[rows[symbol, field], bar]
    if math.isnan(price):
        return False
    wanted = wanted_quantity(
        rules, equity, share, price * (1.0 + rules.slippage), tax_rate
    )
    slot = slot_of[symbol]
    if slot >= 0:
        if positions[slot, ORDERED] != END:
            return False
        wanted -= positions[slot, QUANTITY]
    return buy(
        symbol,
        wanted,
        price,
        equity,
        score,
        rules,
        signal_bar,
        bar,
        account,
        positions,
        slot_of,
    )


@kernel_step
def _fill_orders(
    candles: Float64Array2D,
    rows: types.Any,
    rules: RotationRules,
    field: int,
    tax_rate: float,
    scores: Float64Array1D,
    signal_bar: int,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
    sold_bar: Int64Array1D,
    heap: Int64Array1D,
    ranked: Int64Array1D,
    trades: Float64Array2D,
) -> None:
    """Sell first, then buy the best that fit, at one price of the bar.

    ``scores`` is empty where there is nothing to decide.
    """
    n_ranked = size = 0
    by_rank = rules.keep_rank > 0.0
    decided = scores.shape[0] > 0
    if decided and by_rank:
        equity = equity_at(candles, rows, field, bar, account, positions)
        n_ranked, size = _rank(
            candles, rows, rules, field, bar, equity, scores, heap, ranked, slot_of
        )
        _order_by_rank(n_ranked, ranked, scores, account, positions, slot_of)
    _fill_exits(
        candles,
        rows,
        rules,
        field,
        tax_rate,
        bar,
        account,
        positions,
        slot_of,
        sold_bar,
        trades,
    )
    if not decided:
        return
    equity = equity_at(candles, rows, field, bar, account, positions)
    total = 0.0
    if by_rank:
        total = _score_sum(
            rules,
            n_ranked,
            ranked,
            scores,
            account,
            positions,
            slot_of,
            bar,
            sold_bar,
        )
        if rules.rebalances != 0.0:
            _trim(
                candles,
                rows,
                rules,
                field,
                tax_rate,
                bar,
                equity,
                total,
                account,
                positions,
                trades,
            )
    elif account[HELD] < rules.max_positions:
        size = heap_of(scores, heap)
    place = 0
    while (place < n_ranked or size > 0) and is_order(account[CASH], equity, rules):
        if place < n_ranked:
            symbol = ranked[place]
            place += 1
        elif account[HELD] < rules.max_positions:
            symbol = take_best(heap, size, scores)
            size -= 1
        else:
            break
        if sold_bar[symbol] == bar:
            continue
        is_held = slot_of[symbol] >= 0
        if is_held and rules.rebalances == 0.0:
            continue
        if not is_held and account[HELD] >= rules.max_positions:
            continue
        bought = _buy_to_slot(
            symbol,
            _share(rules, scores[symbol], total),
            scores[symbol],
            candles,
            rows,
            rules,
            field,
            tax_rate,
            signal_bar,
            bar,
            equity,
            account,
            positions,
            slot_of,
        )
        if not bought and not is_held:
            account[N_REFUSED] += 1.0


@kernel_step
def _order_exits(
    rules: RotationRules,
    leaves: types.Any,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
) -> None:
    """Turn exit signals and times that are up into orders."""
    filled = bar if rules.fills_at_close != 0.0 else bar + 1
    for slot in range(int(account[HELD])):
        position = positions[slot]
        if leaves.shape[0] > 0 and leaves[int(position[SYMBOL]), bar] != 0:
            position[ORDERED] = SIGNAL
        elif (
            rules.time_stop > 0.0
            and position[ORDERED] == END
            and filled - position[ENTRY_BAR] >= rules.time_stop
        ):
            position[ORDERED] = TIME


@kernel_step
def _sell_delisted(
    rules: RotationRules,
    last_bars: Int64Array1D,
    n_bars: int,
    tax_rate: float,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
    trades: Float64Array2D,
) -> None:
    """Sell at its last close what has no bar any more."""
    for slot in range(int(account[HELD]) - 1, -1, -1):
        last = last_bars[int(positions[slot, SYMBOL])]
        if last <= bar and last < n_bars - 1:
            leave(
                slot,
                positions[slot, MARK],
                DELISTED,
                tax_rate,
                rules,
                bar,
                account,
                positions,
                slot_of,
                trades,
            )


@kernel_step
def _with_room(
    trades: Float64Array2D, n_trades: int, n_positions: int
) -> Float64Array2D:
    """Return the records with room for all that one bar can add."""
    needed = n_trades + 6 * n_positions
    if needed <= trades.shape[0]:
        return trades
    larger = np.empty((2 * needed, N_ROTATION_FIELDS))
    larger[:n_trades] = trades[:n_trades]
    return larger


INPUT_ROWS: Final = types.Array(types.int64, 2, "C", readonly=True)
INPUT_BARS: Final = types.Array(types.int64, 1, "C", readonly=True)
INPUT_MARKS: Final = types.Array(types.uint8, 2, "C", readonly=True)
RULES: Final = types.NamedUniTuple(
    types.float64, len(RotationRules._fields), RotationRules
)


@compiled_kernel(
    types.float64[:, ::1](
        INPUT_2D,
        INPUT_ROWS,
        INPUT_BARS,
        INPUT_2D,
        INPUT_BARS,
        INPUT_MARKS,
        RULES,
        INPUT_1D,
        OUTPUT_1D,
        OUTPUT_2D,
    )
)
def rotation_kernel(
    candles: Float64Array2D,
    rows: types.Any,
    last_bars: Int64Array1D,
    scores: Float64Array2D,
    decisions: Int64Array1D,
    leaves: types.Any,
    rules: RotationRules,
    sell_tax: Float64Array1D,
    account: Float64Array1D,
    equity: Float64Array2D,
) -> Float64Array2D:
    """Walk one account through the candles of many symbols; return its trades.

    On each bar: at the open what was ordered is sold, then the best that fit are
    bought; then stop, target and trailing stop within the bar, in this order; then, at
    the close, what is delisted is sold and the next orders are decided, or filled there
    and then; then the account is marked.

    Parameters
    ----------
    candles : (n_rows, n_bars)
        One row a field of a symbol; NaN where a symbol has no bar, all four alike.
    rows : (n_symbols, 4)
        Which rows are a symbol's open, high, low, close.
    last_bars : (n_symbols,)
        The last bar of each symbol, -1 where it has none. One that is not the last of
        all means delisted.
    scores : (n_decisions, n_symbols)
        What each decision prefers; NaN is not wanted.
    decisions : (n_decisions,)
        The bars at whose close a row of scores is known, ascending.
    leaves : (n_symbols, n_bars), or (0, 0)
        Whether a symbol is to be sold, known at each close.
    rules : RotationRules
        With a ``keep_rank`` above 0 a decision also sells what is ranked behind it;
        it is at least ``max_positions`` then.
    sell_tax : (n_bars,) or (1,)
    account : (N_ROTATION_ACCOUNT,), out
        Zeros at first.
    equity : (n_bars, 3), out
        Equity, cash and the number of positions at each close.

    Returns
    -------
    (n_trades, N_ROTATION_FIELDS)
        In the order of their ends; open positions last, marked at their last price.
    """
    n_bars, n_symbols = candles.shape[1], rows.shape[0]
    n_positions = int(rules.max_positions)
    positions = np.zeros((n_positions, N_POSITION))
    slot_of = np.full(n_symbols, -1, dtype=np.int64)
    sold_bar = np.full(n_symbols, -1, dtype=np.int64)
    heap = np.empty(n_symbols, dtype=np.int64)
    ranked = np.empty(n_symbols, dtype=np.int64)
    trades = np.empty((64, N_ROTATION_FIELDS))
    nothing = np.empty((1, 0))
    at_close = rules.fills_at_close != 0.0
    account[CASH] = rules.initial_capital
    decision = 0
    for bar in range(n_bars):
        tax_rate = sell_tax[min(bar, sell_tax.shape[0] - 1)]
        trades = _with_room(trades, int(account[N_TRADES]), n_positions)
        decided = False
        if not at_close:
            while decision < decisions.shape[0] and decisions[decision] < bar - 1:
                decision += 1
            decided = decision < decisions.shape[0] and decisions[decision] == bar - 1
            _fill_orders(
                candles,
                rows,
                rules,
                OPEN_ROW,
                tax_rate,
                scores[decision] if decided else nothing[0],
                bar - 1,
                bar,
                account,
                positions,
                slot_of,
                sold_bar,
                heap,
                ranked,
                trades,
            )
        if account[HELD] > 0.0:
            watch_levels(
                candles,
                rows,
                rules,
                tax_rate,
                bar,
                account,
                positions,
                slot_of,
                trades,
            )
        _sell_delisted(
            rules,
            last_bars,
            n_bars,
            tax_rate,
            bar,
            account,
            positions,
            slot_of,
            trades,
        )
        _order_exits(rules, leaves, bar, account, positions)
        if at_close:
            while decision < decisions.shape[0] and decisions[decision] < bar:
                decision += 1
            decided = decision < decisions.shape[0] and decisions[decision] == bar
            _fill_orders(
                candles,
                rows,
                rules,
                CLOSE_ROW,
                tax_rate,
                scores[decision] if decided else nothing[0],
                bar,
                bar,
                account,
                positions,
                slot_of,
                sold_bar,
                heap,
                ranked,
                trades,
            )
        equity[bar, 0] = equity_at(candles, rows, CLOSE_ROW, bar, account, positions)
        equity[bar, 1] = account[CASH]
        equity[bar, 2] = account[HELD]
        account[BARS_HELD] += 1.0 if account[HELD] > 0.0 else 0.0
    trades = _with_room(trades, int(account[N_TRADES]), n_positions)
    for slot in range(int(account[HELD])):
        position = positions[slot]
        quantity, price = position[QUANTITY], position[MARK]
        record(position, quantity, price, 0.0, 0.0, END, n_bars - 1, account, trades)
    return trades[: int(account[N_TRADES])].copy()
