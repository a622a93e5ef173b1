"""The walk of many symbols through one cash account: sell, buy the best that fit, mark.

Positions are long and paid in full. Each bar's decisions stand in one row of scores:
the higher, the sooner a symbol is bought; NaN is not wanted. Symbols with equal scores
come in the order of their columns.
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
    OUTPUT_2D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.backtest import DUST, TIE, TRADE_FIELDS
from foresto_lab.engine.backtest import EXIT_REASONS as ONE_SYMBOL_REASONS
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

ROTATION_REASONS: Final = (*ONE_SYMBOL_REASONS, "rank", "rebalance", "delisted")
"""Why a position, or a part of one, was sold, by the number that its record carries."""
END, SIGNAL, _, STOP, TARGET, TRAIL, TIME, _, RANK, REBALANCE, DELISTED = range(11)

ROTATION_FIELDS: Final = (*TRADE_FIELDS, "symbol")
"""The columns of a trade's record: those of one symbol's, then the symbol's column."""
N_ROTATION_FIELDS: Final = len(ROTATION_FIELDS)

EQUAL_SLOTS, BY_FRACTION, BY_MONEY, BY_STOP, BY_SCORE = range(5)
"""How much of the equity a position is given."""


class RotationRules(NamedTuple):
    """The numbers that a walk follows; a level that is not set is 0."""

    initial_capital: float
    fills_at_close: float
    fee_rate: float
    maker_fee_rate: float
    slippage: float
    lot_size: float
    minimum_order: float
    max_positions: float
    keep_rank: float
    rebalances: float
    sizing: float
    size: float
    stop_loss: float
    take_profit: float
    trailing_stop: float
    time_stop: float


(
    SYMBOL,
    QUANTITY,
    PRICE,
    FEES,
    LOWEST,
    HIGHEST,
    MARK,
    SIGNAL_BAR,
    ENTRY_BAR,
    ENTRIES,
    ORDERED,
    SCORE,
    N_POSITION,
) = range(13)
"""A position: entry prices on average, entry fees, prices seen, last price, orders."""
CASH, HELD, N_TRADES, N_REFUSED, BARS_HELD, N_ROTATION_ACCOUNT = range(6)
"""The account: cash, the number of positions, then counts."""

OPEN_ROW, HIGH_ROW, LOW_ROW, CLOSE_ROW = range(4)


# --- ranking -----------------------------------------------------------------------


@kernel_step
def _before(scores: Float64Array1D, one: int, other: int) -> bool:
    """Return whether a symbol is ranked before another."""
    if scores[one] != scores[other]:
        return bool(scores[one] > scores[other])
    return one < other


@kernel_step
def _sink(heap: Int64Array1D, size: int, place: int, scores: Float64Array1D) -> None:
    """Move a symbol down the heap, until none below it is ranked before it."""
    symbol = heap[place]
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and _before(scores, heap[below + 1], heap[below]):
            below += 1
        if not _before(scores, heap[below], symbol):
            break
        heap[place] = heap[below]
        place = below
    heap[place] = symbol


@kernel_step
def _heap_of(scores: Float64Array1D, heap: Int64Array1D) -> int:
    """Write the symbols that have a score as a heap, the best first; return how many.

    Only those that are asked for leave it in order: a full sort is not needed.
    """
    size = 0
    for symbol in range(scores.shape[0]):
        if not math.isnan(scores[symbol]):
            heap[size] = symbol
            size += 1
    for place in range(size // 2 - 1, -1, -1):
        _sink(heap, size, place, scores)
    return size


@kernel_step
def _take_best(heap: Int64Array1D, size: int, scores: Float64Array1D) -> int:
    """Return the best symbol of the heap, and close the gap it leaves."""
    best = heap[0]
    heap[0] = heap[size - 1]
    _sink(heap, size - 1, 0, scores)
    return int(best)


# --- selling -----------------------------------------------------------------------


@kernel_step
def _see(position: Float64Array1D, high: float, low: float) -> None:
    """Widen the range of prices that the position has seen."""
    position[HIGHEST] = max(position[HIGHEST], high)
    position[LOWEST] = min(position[LOWEST], low)


@kernel_step
def _record(
    position: Float64Array1D,
    quantity: float,
    price: float,
    exit_fee: float,
    tax: float,
    reason: int,
    bar: int,
    account: Float64Array1D,
    trades: Float64Array2D,
) -> None:
    """Write what a part of a position came to; entry fees are shared by quantity."""
    entry = position[PRICE]
    fees = position[FEES] * (quantity / position[QUANTITY]) + exit_fee
    trade = trades[int(account[N_TRADES])]
    trade[0] = 1.0
    trade[1] = quantity
    trade[2] = position[SIGNAL_BAR]
    trade[3] = position[ENTRY_BAR]
    trade[4] = entry
    trade[5] = bar
    trade[6] = price
    trade[7] = reason
    trade[8] = quantity * (price - entry) - fees - tax
    trade[9] = fees
    trade[10] = tax
    trade[11] = 0.0
    trade[12] = min(position[LOWEST] / entry - 1.0, 0.0)
    trade[13] = max(position[HIGHEST] / entry - 1.0, 0.0)
    trade[14] = position[ENTRIES]
    trade[15] = position[SYMBOL]
    account[N_TRADES] += 1.0


@kernel_step
def _sell(
    position: Float64Array1D,
    quantity: float,
    market_price: float,
    reason: int,
    tax_rate: float,
    rules: RotationRules,
    bar: int,
    account: Float64Array1D,
    trades: Float64Array2D,
) -> None:
    """Sell a quantity of a position; a take-profit order is a limit order."""
    price, rate = market_price, rules.maker_fee_rate
    if reason != TARGET:
        price *= 1.0 - rules.slippage
        rate = rules.fee_rate
    worth = quantity * price
    fee = min(rate * worth, worth)
    tax = min(tax_rate * worth, worth - fee)
    _see(position, price, price)
    _record(position, quantity, price, fee, tax, reason, bar, account, trades)
    position[FEES] -= position[FEES] * (quantity / position[QUANTITY])
    position[QUANTITY] -= quantity
    position[MARK] = market_price
    account[CASH] += worth - fee - tax


@kernel_step
def _leave(
    slot: int,
    market_price: float,
    reason: int,
    tax_rate: float,
    rules: RotationRules,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
    trades: Float64Array2D,
) -> None:
    """Sell a position as a whole; the last one takes its slot."""
    position = positions[slot]
    quantity = position[QUANTITY]
    _sell(
        position, quantity, market_price, reason, tax_rate, rules, bar, account, trades
    )
    slot_of[int(position[SYMBOL])] = -1
    last = int(account[HELD]) - 1
    if slot != last:
        position[:] = positions[last]
        slot_of[int(position[SYMBOL])] = slot
    account[HELD] = last


@kernel_step
def _level_reached(
    position: Float64Array1D,
    rules: RotationRules,
    opening: float,
    high: float,
    low: float,
) -> tuple[int, float]:
    """Return the first level that a bar reaches, by pessimism, and at which price."""
    stop, target, trail = -np.inf, np.inf, -np.inf
    if rules.stop_loss > 0.0:
        stop = position[PRICE] * (1.0 - rules.stop_loss)
    if rules.take_profit > 0.0:
        target = position[PRICE] * (1.0 + rules.take_profit)
    if rules.trailing_stop > 0.0:
        trail = position[HIGHEST] * (1.0 - rules.trailing_stop)
    if opening <= stop:
        return STOP, opening
    if opening >= target:
        return TARGET, opening
    if opening <= trail:
        return TRAIL, opening
    if low <= stop:
        return STOP, stop
    if high >= target:
        return TARGET, target
    if low <= trail:
        return TRAIL, trail
    return END, 0.0


@kernel_step
def _watch_levels(
    candles: Float64Array2D,
    rows: types.Any,
    rules: RotationRules,
    tax_rate: float,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
    trades: Float64Array2D,
) -> None:
    """Sell what reaches a level within the bar; the others see its range."""
    for slot in range(int(account[HELD]) - 1, -1, -1):
        position = positions[slot]
        symbol = int(position[SYMBOL])
        close = candles[rows[symbol, CLOSE_ROW], bar]
        if math.isnan(close):
            continue
        opening = candles[rows[symbol, OPEN_ROW], bar]
        high = candles[rows[symbol, HIGH_ROW], bar]
        low = candles[rows[symbol, LOW_ROW], bar]
        reason, price = _level_reached(position, rules, opening, high, low)
        if reason == END:
            _see(position, high, low)
            position[MARK] = close
        else:
            _see(position, opening, opening)
            _leave(
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


# --- buying ------------------------------------------------------------------------


@kernel_step
def _whole_lots(quantity: float, rules: RotationRules) -> float:
    if rules.lot_size > 0.0:
        lots = math.floor(quantity / rules.lot_size * (1.0 + TIE))
        return lots * rules.lot_size
    return quantity


@kernel_step
def _wanted_quantity(
    rules: RotationRules, equity: float, share: float, price: float, tax_rate: float
) -> float:
    """Return the quantity that the sizing asks for, whatever the cash can bear.

    Slots, equal or by score, pay their own entry fee, so that all of them fit.
    """
    if rules.sizing == BY_FRACTION:
        return rules.size * equity / price
    if rules.sizing == BY_MONEY:
        return rules.size / price
    if rules.sizing == BY_STOP:
        stopped = price * (1.0 - rules.stop_loss) * (1.0 - rules.slippage)
        costs = rules.fee_rate * (price + stopped) + tax_rate * stopped
        return rules.size * equity / (price - stopped + costs)
    return share * equity / (price * (1.0 + rules.fee_rate))


@kernel_step
def _is_order(worth: float, equity: float, rules: RotationRules) -> bool:
    """Return whether an order is more than rounding, and not below the minimum."""
    return worth > DUST * equity and worth >= rules.minimum_order


@kernel_step
def _fits_slot(market_price: float, equity: float, rules: RotationRules) -> bool:
    """Return whether an equal slot can hold a lot of a symbol."""
    price = market_price * (1.0 + rules.slippage)
    share = equity / rules.max_positions / (price * (1.0 + rules.fee_rate))
    return _is_order(_whole_lots(share, rules) * price, equity, rules)


@kernel_step
def _buy(
    symbol: int,
    quantity: float,
    market_price: float,
    equity: float,
    score: float,
    rules: RotationRules,
    signal_bar: int,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
    slot_of: Int64Array1D,
) -> bool:
    """Buy at most a quantity, as much as the cash and whole lots allow."""
    price = market_price * (1.0 + rules.slippage)
    quantity = min(quantity, account[CASH] / (price * (1.0 + rules.fee_rate)))
    quantity = _whole_lots(quantity, rules)
    worth = quantity * price
    if not _is_order(worth, equity, rules):
        return False
    slot = slot_of[symbol]
    if slot < 0:
        slot = int(account[HELD])
        slot_of[symbol] = slot
        account[HELD] += 1.0
        positions[slot, :] = 0.0
        positions[slot, SYMBOL] = symbol
        positions[slot, LOWEST] = positions[slot, HIGHEST] = price
        positions[slot, SIGNAL_BAR] = signal_bar
        positions[slot, ENTRY_BAR] = bar
    position = positions[slot]
    held = position[QUANTITY]
    position[PRICE] = (position[PRICE] * held + worth) / (held + quantity)
    position[QUANTITY] = held + quantity
    position[FEES] += rules.fee_rate * worth
    position[ENTRIES] += 1.0
    position[MARK] = market_price
    position[SCORE] = score
    _see(position, price, price)
    account[CASH] -= worth + rules.fee_rate * worth
    return True


@kernel_step
def _equity_at(
    candles: Float64Array2D,
    rows: types.Any,
    field: int,
    bar: int,
    account: Float64Array1D,
    positions: Float64Array2D,
) -> float:
    """Mark the positions at a bar's price, where they have one; return the equity."""
    equity = account[CASH]
    for slot in range(int(account[HELD])):
        price = candles[rows[int(positions[slot, SYMBOL]), field], bar]
        if not math.isnan(price):
            positions[slot, MARK] = price
        equity += positions[slot, QUANTITY] * positions[slot, MARK]
    return float(equity)


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
        _leave(
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
    size = _heap_of(scores, heap)
    n_ranked = 0
    while n_ranked < int(rules.keep_rank) and size > 0:
        symbol = _take_best(heap, size, scores)
        size -= 1
        price = candles[rows[symbol, field], bar]
        if slot_of[symbol] >= 0 or (
            not math.isnan(price) and _fits_slot(price, equity, rules)
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
        wanted = _wanted_quantity(
            rules, equity, share, price * (1.0 + rules.slippage), tax_rate
        )
        over = _whole_lots(position[QUANTITY] - wanted, rules)
        if over < position[QUANTITY] and _is_order(over * price, equity, rules):
            _sell(
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
    wanted = _wanted_quantity(
        rules, equity, share, price * (1.0 + rules.slippage), tax_rate
    )
    slot = slot_of[symbol]
    if slot >= 0:
        if positions[slot, ORDERED] != END:
            return False
        wanted -= positions[slot, QUANTITY]
    return _buy(
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
        equity = _equity_at(candles, rows, field, bar, account, positions)
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
    equity = _equity_at(candles, rows, field, bar, account, positions)
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
        size = _heap_of(scores, heap)
    place = 0
    while (place < n_ranked or size > 0) and _is_order(account[CASH], equity, rules):
        if place < n_ranked:
            symbol = ranked[place]
            place += 1
        elif account[HELD] < rules.max_positions:
            symbol = _take_best(heap, size, scores)
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
            _leave(
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
            _watch_levels(
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
        equity[bar, 0] = _equity_at(candles, rows, CLOSE_ROW, bar, account, positions)
        equity[bar, 1] = account[CASH]
        equity[bar, 2] = account[HELD]
        account[BARS_HELD] += 1.0 if account[HELD] > 0.0 else 0.0
    trades = _with_room(trades, int(account[N_TRADES]), n_positions)
    for slot in range(int(account[HELD])):
        position = positions[slot]
        quantity, price = position[QUANTITY], position[MARK]
        _record(position, quantity, price, 0.0, 0.0, END, n_bars - 1, account, trades)
    return trades[: int(account[N_TRADES])].copy()
