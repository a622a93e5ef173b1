"""The walk of one symbol's account through its candles: fill, stop, decide, mark.

A position sets its margin aside; the rest of the account is cash. Between two events
(an order, a level reached, a signal that matters) nothing changes but the price, so the
walk leaps from event to event and marks the bars between them in one go.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    OUTPUT_1D,
    OUTPUT_2D,
    compiled_kernel,
    inlined_step,
)
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
    UInt8Array1D,
)

EXIT_REASONS: Final = (
    "end",
    "signal",
    "reverse",
    "stop_loss",
    "take_profit",
    "trailing_stop",
    "time_stop",
    "liquidation",
)
"""Why a position ended, by the number that its record carries."""
END, SIGNAL, REVERSE, STOP, TARGET, TRAIL, TIME, LIQUIDATION = range(8)

TRADE_FIELDS: Final = (
    "side",
    "quantity",
    "signal_bar",
    "entry_bar",
    "entry_price",
    "exit_bar",
    "exit_price",
    "exit_reason",
    "pnl",
    "fees",
    "tax",
    "funding",
    "max_adverse_excursion",
    "max_favorable_excursion",
    "entries",
)
"""The columns of a trade's record; side is 1 or -1, bars are their numbers."""
N_TRADE_FIELDS: Final = len(TRADE_FIELDS)

FILL_FIELDS: Final = ("bar", "quantity", "price", "costs", "cash", "position")
"""The columns of a fill: signed quantity, fee and tax, then what is held after it."""
N_FILL_FIELDS: Final = len(FILL_FIELDS)

IGNORE, CLOSE_ONLY, REVERSE_SIDE = range(3)
"""What an opposite entry signal does to a position."""
BY_EQUITY, BY_AMOUNT, BY_RISK, BY_VOLATILITY = range(4)
"""How a position's size is found."""

LONG_ENTRY, LONG_EXIT, SHORT_ENTRY, SHORT_EXIT = 1, 2, 4, 8
"""The bits of a bar's signals."""

DUST: Final = 1e-12
"""An order below this share of the equity, now or at first, is rounding, no order."""
TIE: Final = 1e-12
"""Relative slack by which a whole number of lots is not lost to rounding."""


class Rules(NamedTuple):
    """The numbers that a walk follows; a level that is not set is 0."""

    initial_capital: float
    fills_at_close: float
    fee_rate: float
    maker_fee_rate: float
    slippage: float
    leverage: float
    maintenance: float
    sizing: float
    size: float
    lookback: float
    periods_per_year: float
    lot_size: float
    minimum_order: float
    on_opposite: float
    allow_short: float
    max_entries: float
    stop_loss: float
    take_profit: float
    trailing_stop: float
    time_stop: float


(
    CASH,
    SIDE,
    QUANTITY,
    PRICE,
    MARGIN,
    ENTRIES,
    SIGNAL_BAR,
    ENTRY_BAR,
    FEES,
    TAX,
    FUNDING,
    LOWEST,
    HIGHEST,
    ORDERED_EXIT,
    ORDERED_SIDE,
    N_TRADES,
    N_FILLS,
    N_REFUSED,
    BARS_HELD,
    N_ACCOUNT,
) = range(20)
"""The account: cash, then the position (its side is 0 while there is none), then the
orders for the next bar (the reason of an exit, the side of an entry), then counts."""


# --- the position ------------------------------------------------------------------


@inlined_step
def _value(account: Float64Array1D, price: float) -> float:
    """Return what the position is worth at a price: its margin and its gain."""
    gain = account[SIDE] * account[QUANTITY] * (price - account[PRICE])
    worth: float = account[MARGIN] + gain
    return worth


@inlined_step
def _liquidation_price(account: Float64Array1D, rules: Rules) -> float:
    """Return the price at which the margin left is the one to be maintained."""
    side, quantity = account[SIDE], account[QUANTITY]
    owed = account[PRICE] - side * account[MARGIN] / quantity
    level: float = owed / (1.0 - side * rules.maintenance)
    return level if level > 0.0 else -np.inf


@inlined_step
def _stop_price(account: Float64Array1D, rules: Rules) -> float:
    side = account[SIDE]
    if rules.stop_loss == 0.0:
        return -side * np.inf  # type: ignore[no-any-return]
    return account[PRICE] * (1.0 - side * rules.stop_loss)  # type: ignore[no-any-return]


@inlined_step
def _target_price(account: Float64Array1D, rules: Rules) -> float:
    side = account[SIDE]
    if rules.take_profit == 0.0:
        return side * np.inf  # type: ignore[no-any-return]
    return account[PRICE] * (1.0 + side * rules.take_profit)  # type: ignore[no-any-return]


@inlined_step
def _trail_price(account: Float64Array1D, rules: Rules) -> float:
    """Return the trailing stop behind the best price of the bars before."""
    side = account[SIDE]
    if rules.trailing_stop == 0.0:
        return -side * np.inf  # type: ignore[no-any-return]
    best = account[HIGHEST] if side > 0.0 else account[LOWEST]
    return best * (1.0 - side * rules.trailing_stop)  # type: ignore[no-any-return]


@inlined_step
def _see(account: Float64Array1D, high: float, low: float) -> None:
    """Widen the range of prices that the position has seen."""
    account[HIGHEST] = max(account[HIGHEST], high)
    account[LOWEST] = min(account[LOWEST], low)


@inlined_step
def _level_reached(
    account: Float64Array1D, rules: Rules, opening: float, high: float, low: float
) -> tuple[int, float]:
    """Return the first level that a bar reaches, by pessimism, and at which price.

    The open comes before the rest of the bar: a level that it has passed fills there,
    and the trailing stop follows it.
    """
    side = account[SIDE]
    liquidation = _liquidation_price(account, rules)
    stop = _stop_price(account, rules)
    target = _target_price(account, rules)
    trail = _trail_price(account, rules)
    _see(account, opening, opening)
    if side * (opening - liquidation) <= 0.0:
        return LIQUIDATION, opening
    if side * (opening - stop) <= 0.0:
        return STOP, opening
    if side * (opening - target) >= 0.0:
        return TARGET, opening
    if side * (opening - trail) <= 0.0:
        return TRAIL, opening
    trail = _trail_price(account, rules)
    worst = low if side > 0.0 else high
    best = high if side > 0.0 else low
    if side * (worst - liquidation) <= 0.0:
        return LIQUIDATION, liquidation
    if side * (worst - stop) <= 0.0:
        return STOP, stop
    if side * (best - target) >= 0.0:
        return TARGET, target
    if side * (worst - trail) <= 0.0:
        return TRAIL, trail
    return END, 0.0


# --- orders ------------------------------------------------------------------------


@inlined_step
def _volatility(close: Float64Array1D, bar: int, lookback: int) -> float:
    """Return the deviation of the last close-to-close returns, up to a bar."""
    if bar < lookback:
        return np.nan
    total = 0.0
    for i in range(bar - lookback + 1, bar + 1):
        total += close[i] / close[i - 1] - 1.0
    mean = total / lookback
    squares = 0.0
    for i in range(bar - lookback + 1, bar + 1):
        away = close[i] / close[i - 1] - 1.0 - mean
        squares += away * away
    return math.sqrt(squares / (lookback - 1.0))


@inlined_step
def _wanted_quantity(
    rules: Rules,
    equity: float,
    price: float,
    side: float,
    tax_rate: float,
    close: Float64Array1D,
    signal_bar: int,
) -> float:
    """Return the quantity that the sizing asks for, whatever the cash can bear."""
    if rules.sizing == BY_AMOUNT:
        return rules.size * rules.leverage / price
    if rules.sizing == BY_RISK:
        stopped = price * (1.0 - side * rules.stop_loss)
        stopped *= 1.0 - side * rules.slippage
        sold = stopped if side > 0.0 else price
        costs = rules.fee_rate * (price + stopped) + tax_rate * sold
        return rules.size * equity / (side * (price - stopped) + costs)
    if rules.sizing == BY_VOLATILITY:
        deviation = _volatility(close, signal_bar, int(rules.lookback))
        annual = deviation * math.sqrt(rules.periods_per_year)
        if annual > 0.0:
            return rules.size / annual * equity / price
        return np.inf if annual == 0.0 else 0.0
    return rules.size * equity * rules.leverage / price


@inlined_step
def _enter(
    account: Float64Array1D,
    rules: Rules,
    side: float,
    market_price: float,
    tax_rate: float,
    close: Float64Array1D,
    signal_bar: int,
    bar: int,
    fills: Float64Array2D,
) -> None:
    """Buy or sell short, or add to the position, as much as the sizing and cash allow.

    Margin, fee and tax are paid from the cash and together never exceed it.
    """
    price = market_price * (1.0 + side * rules.slippage)
    cash = account[CASH]
    equity = cash
    if account[SIDE] != 0.0:
        equity += _value(account, price)
    entry_tax = tax_rate if side < 0.0 else 0.0
    quantity = _wanted_quantity(rules, equity, price, side, tax_rate, close, signal_bar)
    unit_cost = price * (1.0 / rules.leverage + rules.fee_rate + entry_tax)
    quantity = min(quantity, cash / unit_cost)
    if rules.lot_size > 0.0:
        quantity = math.floor(quantity / rules.lot_size * (1.0 + TIE))
        quantity *= rules.lot_size
    worth = quantity * price
    dust = DUST * max(equity, rules.initial_capital)
    if not (worth > dust and worth >= rules.minimum_order):
        account[N_REFUSED] += 1.0
        return
    margin = worth / rules.leverage
    fee = rules.fee_rate * worth
    tax = entry_tax * worth
    if account[SIDE] == 0.0:
        account[SIDE] = side
        account[SIGNAL_BAR] = signal_bar
        account[ENTRY_BAR] = bar
        account[LOWEST] = account[HIGHEST] = account[PRICE] = price
        account[QUANTITY] = quantity
    else:
        held = account[QUANTITY]
        account[PRICE] = (account[PRICE] * held + worth) / (held + quantity)
        account[QUANTITY] = held + quantity
    account[MARGIN] += margin
    account[FEES] += fee
    account[TAX] += tax
    account[CASH] = cash - margin - fee - tax
    account[ENTRIES] += 1.0
    _see(account, price, price)
    _note_fill(account, bar, side * quantity, price, fee + tax, fills)


@inlined_step
def _leave(
    account: Float64Array1D,
    rules: Rules,
    reason: int,
    market_price: float,
    tax_rate: float,
    bar: int,
    trades: Float64Array2D,
    fills: Float64Array2D,
) -> None:
    """Close the position; it never costs more than its margin.

    A liquidation takes what is left of the margin as its fee.
    """
    side, quantity = account[SIDE], account[QUANTITY]
    price = market_price
    if reason != TARGET and reason != LIQUIDATION:
        price *= 1.0 - side * rules.slippage
    if _value(account, price) < 0.0:
        price = account[PRICE] - side * account[MARGIN] / quantity
    value = max(_value(account, price), 0.0)
    rate = rules.maker_fee_rate if reason == TARGET else rules.fee_rate
    fee = value if reason == LIQUIDATION else min(rate * quantity * price, value)
    tax = min(tax_rate * quantity * price, value - fee) if side > 0.0 else 0.0
    account[FEES] += fee
    account[TAX] += tax
    account[CASH] += value - fee - tax
    _see(account, price, price)
    _record(account, reason, price, bar, trades)
    for field in range(SIDE, ORDERED_EXIT):
        account[field] = 0.0
    _note_fill(account, bar, -side * quantity, price, fee + tax, fills)


@inlined_step
def _record(
    account: Float64Array1D,
    reason: int,
    price: float,
    bar: int,
    trades: Float64Array2D,
) -> None:
    """Write the trade that a position was, up to a price."""
    side, entry = account[SIDE], account[PRICE]
    trade = trades[int(account[N_TRADES])]
    gain = side * account[QUANTITY] * (price - entry)
    worst = account[LOWEST] if side > 0.0 else account[HIGHEST]
    best = account[HIGHEST] if side > 0.0 else account[LOWEST]
    trade[0] = side
    trade[1] = account[QUANTITY]
    trade[2] = account[SIGNAL_BAR]
    trade[3] = account[ENTRY_BAR]
    trade[4] = entry
    trade[5] = bar
    trade[6] = price
    trade[7] = reason
    trade[8] = gain - account[FEES] - account[TAX] - account[FUNDING]
    trade[9] = account[FEES]
    trade[10] = account[TAX]
    trade[11] = account[FUNDING]
    trade[12] = min(side * (worst / entry - 1.0), 0.0)
    trade[13] = max(side * (best / entry - 1.0), 0.0)
    trade[14] = account[ENTRIES]
    account[N_TRADES] += 1.0


@inlined_step
def _note_fill(
    account: Float64Array1D,
    bar: int,
    quantity: float,
    price: float,
    costs: float,
    fills: Float64Array2D,
) -> None:
    fill = fills[int(account[N_FILLS])]
    fill[0] = bar
    fill[1] = quantity
    fill[2] = price
    fill[3] = costs
    fill[4] = account[CASH]
    fill[5] = account[SIDE] * account[QUANTITY]
    account[N_FILLS] += 1.0


@inlined_step
def _decide(account: Float64Array1D, rules: Rules, signals: int, bar: int) -> None:
    """Turn the signals at a bar's close into the orders that follow from them."""
    side = account[SIDE]
    both = (signals & LONG_ENTRY) != 0 and (signals & SHORT_ENTRY) != 0
    long_exit = (signals & LONG_EXIT) != 0
    short_exit = (signals & SHORT_EXIT) != 0
    go_long = (signals & LONG_ENTRY) != 0 and not both and not long_exit
    go_short = (signals & SHORT_ENTRY) != 0 and not both and not short_exit
    may_short = rules.allow_short != 0.0
    if side == 0.0:
        if go_long:
            account[ORDERED_SIDE] = 1.0
        elif go_short and may_short:
            account[ORDERED_SIDE] = -1.0
        return
    leave = long_exit if side > 0.0 else short_exit
    opposite = go_short if side > 0.0 else go_long
    same = go_long if side > 0.0 else go_short
    if opposite and rules.on_opposite == REVERSE_SIDE:
        if side < 0.0 or may_short:
            account[ORDERED_SIDE] = -side
            account[ORDERED_EXIT] = REVERSE
            return
        leave = True
    if leave or (opposite and rules.on_opposite == CLOSE_ONLY):
        account[ORDERED_EXIT] = SIGNAL
    elif rules.time_stop > 0.0 and _time_is_up(account, rules, bar):
        account[ORDERED_EXIT] = TIME
    elif same and account[ENTRIES] < rules.max_entries:
        account[ORDERED_SIDE] = side


@inlined_step
def _time_is_up(account: Float64Array1D, rules: Rules, bar: int) -> bool:
    """Return whether an order of this bar's close ends a position on its last bar."""
    filled = bar if rules.fills_at_close != 0.0 else bar + 1
    up: bool = filled - account[ENTRY_BAR] >= rules.time_stop
    return up


@inlined_step
def _fill_orders(
    account: Float64Array1D,
    rules: Rules,
    price: float,
    tax_rate: float,
    close: Float64Array1D,
    signal_bar: int,
    bar: int,
    trades: Float64Array2D,
    fills: Float64Array2D,
) -> None:
    """Fill what was ordered: the exit first, then the entry."""
    reason, side = int(account[ORDERED_EXIT]), account[ORDERED_SIDE]
    account[ORDERED_EXIT] = 0.0
    account[ORDERED_SIDE] = 0.0
    if reason != END:
        _leave(account, rules, reason, price, tax_rate, bar, trades, fills)
    if side != 0.0:
        _enter(account, rules, side, price, tax_rate, close, signal_bar, bar, fills)


# --- the walk ----------------------------------------------------------------------


@inlined_step
def _quiet_until(
    account: Float64Array1D,
    rules: Rules,
    high: Float64Array1D,
    low: Float64Array1D,
    bits: UInt8Array1D,
    first: int,
    last: int,
) -> int:
    """Return the first bar, up to ``last``, on which something may happen."""
    if account[ORDERED_EXIT] != 0.0 or account[ORDERED_SIDE] != 0.0:
        return first
    side = account[SIDE]
    heeded = LONG_ENTRY
    if side == 0.0:
        if rules.allow_short != 0.0:
            heeded |= SHORT_ENTRY
        signals = bits[first:last]
        for i in range(signals.shape[0]):
            if (signals[i] & heeded) != 0:
                return first + i
        return last
    heeded = LONG_EXIT if side > 0.0 else SHORT_EXIT
    if rules.on_opposite != IGNORE:
        heeded |= SHORT_ENTRY if side > 0.0 else LONG_ENTRY
    if account[ENTRIES] < rules.max_entries:
        heeded |= LONG_ENTRY if side > 0.0 else SHORT_ENTRY
    if rules.time_stop > 0.0:
        filled_later = 0 if rules.fills_at_close != 0.0 else 1
        over = int(account[ENTRY_BAR] + rules.time_stop) - filled_later
        last = max(first, min(last, over))
    liquidation = _liquidation_price(account, rules)
    stop = _stop_price(account, rules)
    target = _target_price(account, rules)
    floor = max(liquidation, stop) if side > 0.0 else target
    ceiling = target if side > 0.0 else min(stop, liquidation)
    if rules.trailing_stop > 0.0:
        return _trail_until(
            account, rules, high, low, bits, heeded, floor, ceiling, first, last
        )
    found = _first_event(high, low, bits, heeded, floor, ceiling, first, last)
    _see_bars(account, high, low, first, found)
    return found


@inlined_step
def _first_event(
    high: Float64Array1D,
    low: Float64Array1D,
    bits: UInt8Array1D,
    heeded: int,
    floor: float,
    ceiling: float,
    first: int,
    last: int,
) -> int:
    """Return the first bar that reaches a level or has a signal that matters."""
    tops, bottoms, signals = high[first:last], low[first:last], bits[first:last]
    for i in range(tops.shape[0]):
        if bottoms[i] <= floor or tops[i] >= ceiling or (signals[i] & heeded) != 0:
            return first + i
    return last


@inlined_step
def _see_bars(
    account: Float64Array1D,
    high: Float64Array1D,
    low: Float64Array1D,
    first: int,
    last: int,
) -> None:
    """Widen the range of prices seen by whole bars."""
    top, bottom = account[HIGHEST], account[LOWEST]
    tops, bottoms = high[first:last], low[first:last]
    for i in range(tops.shape[0]):
        top = tops[i] if tops[i] > top else top
        bottom = bottoms[i] if bottoms[i] < bottom else bottom
    account[HIGHEST], account[LOWEST] = top, bottom


@inlined_step
def _trail_until(
    account: Float64Array1D,
    rules: Rules,
    high: Float64Array1D,
    low: Float64Array1D,
    bits: UInt8Array1D,
    heeded: int,
    floor: float,
    ceiling: float,
    first: int,
    last: int,
) -> int:
    """Return the first bar of an event where a trailing stop moves with the bars.

    A bar whose own best price would bring the stop into it counts: finer candles may
    say that it was reached.
    """
    is_long = account[SIDE] > 0.0
    kept, beyond = 1.0 - rules.trailing_stop, 1.0 + rules.trailing_stop
    highest, lowest = account[HIGHEST], account[LOWEST]
    tops, bottoms, signals = high[first:last], low[first:last], bits[first:last]
    found = last
    for i in range(tops.shape[0]):
        top = tops[i] if tops[i] > highest else highest
        bottom = bottoms[i] if bottoms[i] < lowest else lowest
        trailed = bottoms[i] <= top * kept if is_long else tops[i] >= bottom * beyond
        reached = bottoms[i] <= floor or tops[i] >= ceiling
        if trailed or reached or (signals[i] & heeded) != 0:
            found = first + i
            break
        highest, lowest = top, bottom
    account[HIGHEST], account[LOWEST] = highest, lowest
    return found


@inlined_step
def _mark(
    account: Float64Array1D,
    close: Float64Array1D,
    first: int,
    last: int,
    equity: Float64Array1D,
) -> None:
    """Write the equity at the closes from first up to last."""
    cash, price, margin = account[CASH], account[PRICE], account[MARGIN]
    if account[SIDE] == 0.0:
        equity[first:last] = cash
        return
    account[BARS_HELD] += last - first
    held = account[SIDE] * account[QUANTITY]
    marks, closes = equity[first:last], close[first:last]
    for i in range(marks.shape[0]):
        marks[i] = cash + (margin + held * (closes[i] - price))


@inlined_step
def _watch_levels(
    account: Float64Array1D,
    rules: Rules,
    candle: tuple[float, float, float],
    finer: tuple[Float64Array1D, Float64Array1D, Float64Array1D],
    first: int,
    last: int,
) -> tuple[int, float]:
    """Return the level reached within a bar; finer candles tell what came first."""
    finer_open, finer_high, finer_low = finer
    highest, lowest = account[HIGHEST], account[LOWEST]
    for i in range(first, last):
        reason, price = _level_reached(
            account, rules, finer_open[i], finer_high[i], finer_low[i]
        )
        if reason != END:
            return reason, price
        _see(account, finer_high[i], finer_low[i])
    account[HIGHEST], account[LOWEST] = highest, lowest
    opening, high, low = candle
    reason, price = _level_reached(account, rules, opening, high, low)
    if reason == END:
        _see(account, high, low)
    return reason, price


INPUT_BITS: Final = types.Array(types.uint8, 1, "C", readonly=True)
INPUT_BARS: Final = types.Array(types.int64, 1, "C", readonly=True)
RULES: Final = types.NamedUniTuple(types.float64, len(Rules._fields), Rules)


@compiled_kernel(
    types.void(
        types.UniTuple(INPUT_1D, 4),
        INPUT_BITS,
        RULES,
        INPUT_1D,
        INPUT_BARS,
        INPUT_1D,
        types.UniTuple(INPUT_1D, 3),
        INPUT_BARS,
        OUTPUT_1D,
        OUTPUT_1D,
        OUTPUT_2D,
        OUTPUT_2D,
    )
)
def backtest_kernel(
    candles: tuple[Float64Array1D, Float64Array1D, Float64Array1D, Float64Array1D],
    bits: UInt8Array1D,
    rules: Rules,
    sell_tax: Float64Array1D,
    funding_bars: Int64Array1D,
    funding_rates: Float64Array1D,
    finer: tuple[Float64Array1D, Float64Array1D, Float64Array1D],
    finer_starts: Int64Array1D,
    account: Float64Array1D,
    equity: Float64Array1D,
    trades: Float64Array2D,
    fills: Float64Array2D,
) -> None:
    """Walk one account through its candles.

    On each bar: funding and the pending orders at the open; then liquidation, stop,
    target and trailing stop within the bar, in this order; then the signals at the
    close become the next bar's orders, or are filled there; then equity is marked.

    Parameters
    ----------
    candles : four of (n_bars,)
        Open, high, low, close; positive.
    bits : (n_bars,)
        Signals known at each close.
    rules : Rules
    sell_tax : (n_bars,) or (1,)
        Rate on what is sold at each bar, or at every bar.
    funding_bars, funding_rates : (n_fundings,)
        Bars at whose open a position carried into them pays; longs pay positive rates.
    finer : three of (n_finer,)
        Open, high and low of candles within the bars; may be empty.
    finer_starts : (n_bars + 1,) or (0,)
        Where in ``finer`` each bar begins and ends.
    account : (N_ACCOUNT,), out
        Zeros at first; the counts of trades, fills and refused orders at last.
    equity : (n_bars,), out
        Cash and position value at each close.
    trades : (n_entries + 1, N_TRADE_FIELDS), out
        As long as there are bars with an entry signal. A position open at the end is
        the last, marked at the last close.
    fills : (2 * n_entries + 1, N_FILL_FIELDS), out
    """
    opens, high, low, close = candles
    n_bars = close.shape[0]
    n_taxes = sell_tax.shape[0]
    account[CASH] = rules.initial_capital
    at_close = rules.fills_at_close != 0.0
    next_funding = 0
    bar = 0
    while bar < n_bars:
        while next_funding < funding_bars.shape[0] and funding_bars[next_funding] < bar:
            next_funding += 1
        last = n_bars
        if next_funding < funding_bars.shape[0] and account[SIDE] != 0.0:
            last = funding_bars[next_funding]
        quiet = _quiet_until(account, rules, high, low, bits, bar, last)
        _mark(account, close, bar, quiet, equity)
        bar = quiet
        if bar == n_bars:
            break
        tax_rate = sell_tax[min(bar, n_taxes - 1)]
        while next_funding < funding_bars.shape[0] and funding_bars[next_funding] < bar:
            next_funding += 1
        if (
            next_funding < funding_bars.shape[0]
            and funding_bars[next_funding] == bar
            and account[SIDE] != 0.0
        ):
            paid = funding_rates[next_funding] * opens[bar]
            paid *= account[SIDE] * account[QUANTITY]
            account[MARGIN] -= paid
            account[FUNDING] += paid
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
        _decide(account, rules, bits[bar], bar)
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
        _mark(account, close, bar, bar + 1, equity)
        bar += 1
    if account[SIDE] != 0.0:
        _record(account, END, close[n_bars - 1], n_bars - 1, trades)
