"""One trade of an account: what is held after it, and what it costs.

What is held after a trade depends on the value that is left when its costs are paid,
and its costs on what is traded. The value after is the fixed point of the two: it is
found by a Newton step and secant steps, to the last bit.
"""

from __future__ import annotations

import math
from typing import Final

from foresto_lab.engine._compile import bare_step
from foresto_lab.engine.account_lots import (
    add_lot,
    adjust_latest_lot,
    basis_of_sale,
    gains_tax_of_year,
    take_lots,
)
from foresto_lab.engine.account_terms import (
    CAPITAL_GAINS_TAX,
    CLOSES,
    COMMISSION,
    COMMISSION_MINIMUM,
    COMMISSION_RATE,
    CONVERSION_RATE,
    CURRENCY_CONVERSION,
    IMPACT,
    IMPACT_RATE,
    N_COST_PARTS,
    NO_LOTS,
    PLANNED_UNITS,
    PLANNED_VALUES,
    REALIZED_GAIN,
    SALES_TAX_RATE,
    SPREAD,
    SPREAD_RATE,
    TRADE_COSTS,
    TRADE_GAINS,
    TRANSACTION_TAX,
    UNITS,
    VALUES,
    YEAR_GAINS,
    Settlement,
)
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array2D,
)

TO_WEIGHTS: Final = 0
"""Hold the goal's fractions of the value after."""
ALONG: Final = 1
"""Buy or sell along the goal, a direction that sums to 1."""
TOWARD: Final = 2
"""Buy only what is below the goal, or sell only what is above it."""

AS_TRADED: Final = -1.0
"""A cost in proportion is on what is bought or what is sold, whichever is more."""
STEPS: Final = 40
"""Steps before the search gives up on an exact fixed point."""
LAST_BIT: Final = 4.5e-16
"""Relative distance within which the value before and after a step are one."""
NOTHING: Final = 1e-12
"""A trade of a smaller fraction of the account is rounding: it costs nothing."""
WHOLE: Final = 1.0 + 1e-12
"""A share that only rounding is missing from is a whole one."""


@bare_step
def plan_holdings(
    book: Float64Array2D,
    goal: Float64Array1D,
    how: int,
    idle: float,
    whole_shares: bool,
    nav_before: float,
    nav_after: float,
) -> None:
    """Write the values that would be held after the trade, by the value of all.

    ``idle`` is cash that a flow uses before it sells, or buys with beside itself.
    """
    cash = book.shape[1] - 1
    moved = nav_after - nav_before + idle
    if idle > 0.0 and nav_after < nav_before:
        moved = min(moved, 0.0)
    if how == TO_WEIGHTS:
        for holding in range(cash + 1):
            book[PLANNED_VALUES, holding] = goal[holding] * nav_after
    elif how == ALONG:
        for holding in range(cash + 1):
            change = goal[holding] * moved
            book[PLANNED_VALUES, holding] = book[VALUES, holding] + change
    else:
        sign = 1.0 if moved > 0.0 else -1.0
        away = 0.0
        for holding in range(cash if whole_shares else cash + 1):
            gap = sign * (goal[holding] * nav_after - book[VALUES, holding])
            away += max(gap, 0.0)
        share = min(sign * moved / away, 1.0) if away > 0.0 else 0.0
        for holding in range(cash + 1):
            gap = sign * (goal[holding] * nav_after - book[VALUES, holding])
            change = sign * share * max(gap, 0.0)
            book[PLANNED_VALUES, holding] = book[VALUES, holding] + change
    if whole_shares:
        _plan_whole_shares(book, nav_after)


@bare_step
def _plan_whole_shares(book: Float64Array2D, nav_after: float) -> None:
    """Round the planned holdings down to whole shares; the rest is cash."""
    cash = book.shape[1] - 1
    rest = nav_after
    for asset in range(cash):
        close = book[CLOSES, asset]
        shares = math.floor(max(book[PLANNED_VALUES, asset], 0.0) / close * WHOLE)
        book[PLANNED_UNITS, asset] = shares
        book[PLANNED_VALUES, asset] = shares * close
        rest -= shares * close
    book[PLANNED_VALUES, cash] = rest


@bare_step
def price_trade(
    book: Float64Array2D,
    rates: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    parts: Float64Array1D,
    settlement: Settlement,
    year_tax: float,
    traded: bool,
    turned_over: float,
    nav_before: float,
    goal: Float64Array1D,
) -> tuple[float, float]:
    """Write the parts of the planned trade's costs; return their sum, and its slope.

    The slope is what trading costs grow by with the value after, along the goal.
    Without ``traded`` there are no trading costs, only the tax on gains. A cost in
    proportion is on ``turned_over``, or on what is traded.
    """
    with_lots = settlement.gains_method != NO_LOTS
    bought, sold = 0.0, 0.0
    commission, spread, impact, sales_tax, conversion = 0.0, 0.0, 0.0, 0.0, 0.0
    slope = 0.0
    for asset in range(rates.shape[1]):
        change = book[PLANNED_VALUES, asset] - book[VALUES, asset]
        size = abs(change)
        cost, gain = 0.0, 0.0
        if size > NOTHING * nav_before:
            if traded:
                fee_rate = rates[COMMISSION_RATE, asset]
                fee = fee_rate * size
                if fee < rates[COMMISSION_MINIMUM, asset]:
                    fee, fee_rate = rates[COMMISSION_MINIMUM, asset], 0.0
                half = rates[SPREAD_RATE, asset] * size
                exchange = rates[CONVERSION_RATE, asset] * size
                push_rate = rates[IMPACT_RATE, asset] * math.sqrt(size)
                push = push_rate * size
                tax_rate = rates[SALES_TAX_RATE, asset] if change < 0.0 else 0.0
                tax = tax_rate * size
                steep = fee_rate + rates[SPREAD_RATE, asset] + 1.5 * push_rate
                steep += rates[CONVERSION_RATE, asset] + tax_rate
                slope += goal[asset] * (steep if change > 0.0 else -steep)
                commission += fee
                spread += half
                conversion += exchange
                impact += push
                sales_tax += tax
                cost = fee + half + exchange + push + tax
            if change > 0.0:
                bought += size
            else:
                sold += size
                if with_lots:
                    gone = size / book[CLOSES, asset]
                    gain = size - cost - basis_of_sale(lots, places, asset, gone)
        book[TRADE_COSTS, asset] = cost
        book[TRADE_GAINS, asset] = gain
    if traded:
        if turned_over < 0.0:
            turned_over = max(bought, sold)
        commission += settlement.proportional_rate * turned_over
    gains_tax = 0.0
    if with_lots and settlement.tax_at_sale:
        due = gains_tax_of_year(book, rates, settlement.gains_allowance)
        gains_tax = due - year_tax
    for part in range(N_COST_PARTS):
        parts[part] = 0.0
    parts[COMMISSION] = commission
    parts[SPREAD] = spread
    parts[IMPACT] = impact
    parts[TRANSACTION_TAX] = sales_tax
    parts[CURRENCY_CONVERSION] = conversion
    parts[CAPITAL_GAINS_TAX] = gains_tax
    total = commission + spread + impact + sales_tax + conversion + gains_tax
    return total, slope


@bare_step
def solve_trade(
    book: Float64Array2D,
    rates: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    parts: Float64Array1D,
    settlement: Settlement,
    year_tax: float,
    goal: Float64Array1D,
    how: int,
    idle: float,
    traded: bool,
    turned_over: float,
    nav_before: float,
    flow: float,
) -> float:
    """Plan the trade whose costs leave just the value that it holds; return that value.

    It is 0 where the costs leave nothing. Whole shares are counted at the value that
    the costs of the count before left. Where no count or value is exact, as costs may
    jump, values go down from all there is to the first that can be paid for, and what
    is left over stays in cash.
    """
    cash = book.shape[1] - 1
    available = nav_before + flow
    guess, answer = available, 0.0
    older_guess, older = 0.0, 0.0
    step, searching = 0, True
    while searching:
        plan_holdings(book, goal, how, idle, settlement.whole_shares, nav_before, guess)
        costs, slope = price_trade(
            book,
            rates,
            lots,
            places,
            parts,
            settlement,
            year_tax,
            traded,
            turned_over,
            nav_before,
            goal,
        )
        reached = available - costs
        if reached <= 0.0:
            searching = False
        elif abs(reached - guess) <= LAST_BIT * guess:
            answer, searching = guess, False
        elif step >= STEPS and reached > guess:
            book[PLANNED_VALUES, cash] += reached - guess
            answer, searching = reached, False
        else:
            slope = -slope
            if step > 0 and guess != older_guess:
                slope = (reached - older) / (guess - older_guess)
            older_guess, older = guess, reached
            guess += (reached - guess) / (1.0 - min(slope, 0.9))
            if guess <= 0.0 or settlement.whole_shares or step >= STEPS:
                guess = reached
            step += 1
            if step == STEPS:
                guess = available
            searching = step < 2 * STEPS
    return answer


@bare_step
def plan_at_turnover(
    book: Float64Array2D,
    rates: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    parts: Float64Array1D,
    settlement: Settlement,
    goal: Float64Array1D,
    turnover: float,
    nav_before: float,
) -> float:
    """Plan a trade that only costs in proportion to turnover; return the value after.

    Nothing has to be solved for, and it is what the plain walk does, to the last bit.
    """
    nav_after = nav_before * (1.0 - turnover * settlement.proportional_rate)
    plan_holdings(book, goal, TO_WEIGHTS, 0.0, False, nav_before, nav_after)
    price_trade(
        book,
        rates,
        lots,
        places,
        parts,
        settlement,
        0.0,
        False,
        0.0,
        nav_before,
        goal,
    )
    parts[COMMISSION] = nav_before * turnover * settlement.proportional_rate
    return nav_after


@bare_step
def book_trade(
    book: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    parts: Float64Array1D,
    settlement: Settlement,
    session: int,
    nav_before: float,
    ledger: Float64Array1D,
) -> None:
    """Hold what was planned, and write it in the ledger."""
    cash = book.shape[1] - 1
    gain = 0.0
    for asset in range(cash):
        close = book[CLOSES, asset]
        if not settlement.whole_shares:
            book[PLANNED_UNITS, asset] = book[PLANNED_VALUES, asset] / close
        if settlement.gains_method != NO_LOTS:
            change = book[PLANNED_UNITS, asset] - book[UNITS, asset]
            size = abs(book[PLANNED_VALUES, asset] - book[VALUES, asset])
            if size <= NOTHING * nav_before and book[PLANNED_UNITS, asset] > 0.0:
                adjust_latest_lot(lots, places, asset, change)
            elif change > 0.0:
                paid = size + book[TRADE_COSTS, asset]
                add_lot(
                    lots, places, asset, change, paid, session, settlement.gains_method
                )
            elif change < 0.0:
                take_lots(lots, places, asset, -change)
            book[YEAR_GAINS, asset] += book[TRADE_GAINS, asset]
            gain += book[TRADE_GAINS, asset]
    book[PLANNED_UNITS, cash] = book[PLANNED_VALUES, cash]
    for holding in range(cash + 1):
        book[UNITS, holding] = book[PLANNED_UNITS, holding]
        book[VALUES, holding] = book[PLANNED_VALUES, holding]
    for part in range(N_COST_PARTS):
        ledger[part] += parts[part]
    ledger[REALIZED_GAIN] += gain
