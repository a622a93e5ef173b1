"""Positions of one cash account: what is sold, what is bought, at which price.

Positions are long and paid in full; each is a row of ``N_POSITION`` numbers.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import types

from foresto_lab.engine._compile import kernel_step
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


# --- selling -----------------------------------------------------------------------


@kernel_step
def _see(position: Float64Array1D, high: float, low: float) -> None:
    """Widen the range of prices that the position has seen."""
    position[HIGHEST] = max(position[HIGHEST], high)
    position[LOWEST] = min(position[LOWEST], low)


@kernel_step
def record(
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
def sell(
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
    record(position, quantity, price, fee, tax, reason, bar, account, trades)
    position[FEES] -= position[FEES] * (quantity / position[QUANTITY])
    position[QUANTITY] -= quantity
    position[MARK] = market_price
    account[CASH] += worth - fee - tax


@kernel_step
def leave(
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
    sell(
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
def watch_levels(
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


# --- buying ------------------------------------------------------------------------


@kernel_step
def whole_lots(quantity: float, rules: RotationRules) -> float:
    """Return the whole lots of a quantity, or all of it where there are none."""
    if rules.lot_size > 0.0:
        lots = math.floor(quantity / rules.lot_size * (1.0 + TIE))
        return lots * rules.lot_size
    return quantity


@kernel_step
def wanted_quantity(
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
def is_order(worth: float, equity: float, rules: RotationRules) -> bool:
    """Return whether an order is more than rounding, and not below the minimum."""
    return worth > DUST * equity and worth >= rules.minimum_order


@kernel_step
def fits_slot(market_price: float, equity: float, rules: RotationRules) -> bool:
    """Return whether an equal slot can hold a lot of a symbol."""
    price = market_price * (1.0 + rules.slippage)
    share = equity / rules.max_positions / (price * (1.0 + rules.fee_rate))
    return is_order(whole_lots(share, rules) * price, equity, rules)


@kernel_step
def buy(
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
    quantity = whole_lots(quantity, rules)
    worth = quantity * price
    if not is_order(worth, equity, rules):
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
def equity_at(
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
