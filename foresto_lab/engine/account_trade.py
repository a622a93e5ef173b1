"""One trade of an account: what is held after it, and what it costs.

What is held after a trade depends on the value that is left when its costs are paid,
and its costs on what is traded. The value after is the fixed point of the two: it is
found by secant steps, to the last bit.
"""

from __future__ import annotations

import math
from typing import Final

from foresto_lab.engine._compile import kernel_step
from foresto_lab.engine.account_lots import (
    add_lot,
    basis_of_sale,
    gains_tax_of_year,
    take_lots,
)
from foresto_lab.engine.account_terms import (
    CAPITAL_GAINS_TAX,
    COMMISSION,
    CURRENCY_CONVERSION,
    IMPACT,
    N_COST_PARTS,
    NO_LOTS,
    REALIZED_GAIN,
    SPREAD,
    TRANSACTION_TAX,
    AccountCharges,
    AccountState,
)
from foresto_lab.types import Float64Array1D

TO_WEIGHTS: Final = 0
"""Hold the goal's fractions of the value after."""
ALONG: Final = 1
"""Buy or sell along the goal, a direction that sums to 1."""
TOWARD: Final = 2
"""Buy only what is below the goal, or sell only what is above it."""

STEPS: Final = 40
"""Secant steps before the search gives up on an exact fixed point."""
LAST_BIT: Final = 4.5e-16
"""Relative distance within which the value before and after a step are one."""
NOTHING: Final = 1e-12
"""A trade of a smaller fraction of the account is rounding: it costs nothing."""
WHOLE: Final = 1.0 + 1e-12
"""A share that only rounding is missing from is a whole one."""


@kernel_step
def plan_holdings(
    account: AccountState,
    goal: Float64Array1D,
    how: int,
    idle: float,
    whole_shares: bool,
    nav_before: float,
    nav_after: float,
) -> None:
    """Write what would be held at a value after the trade.

    ``idle`` is cash that a flow uses before it sells, or buys with beside itself.
    """
    n_assets = account.closes.shape[0]
    values, planned = account.values, account.planned_values
    moved = nav_after - nav_before + idle
    if idle > 0.0 and nav_after < nav_before:
        moved = min(moved, 0.0)
    n_goals = n_assets if whole_shares else n_assets + 1
    if how == TO_WEIGHTS:
        for holding in range(n_assets + 1):
            planned[holding] = goal[holding] * nav_after
    elif how == ALONG:
        for holding in range(n_assets + 1):
            planned[holding] = values[holding] + goal[holding] * moved
    else:
        sign = 1.0 if moved > 0.0 else -1.0
        away = 0.0
        for holding in range(n_goals):
            away += max(sign * (goal[holding] * nav_after - values[holding]), 0.0)
        share = min(sign * moved / away, 1.0) if away > 0.0 else 0.0
        for holding in range(n_assets + 1):
            gap = max(sign * (goal[holding] * nav_after - values[holding]), 0.0)
            planned[holding] = values[holding] + sign * share * gap
    if not whole_shares:
        for asset in range(n_assets):
            account.planned_units[asset] = planned[asset] / account.closes[asset]
        account.planned_units[n_assets] = planned[n_assets]
        return
    rest = nav_after
    for asset in range(n_assets):
        close = account.closes[asset]
        shares = float(math.floor(max(planned[asset], 0.0) / close * WHOLE))
        account.planned_units[asset] = shares
        planned[asset] = shares * close
        rest -= planned[asset]
    planned[n_assets] = rest
    account.planned_units[n_assets] = rest


@kernel_step
def price_trade(
    account: AccountState,
    charges: AccountCharges,
    session: int,
    traded: bool,
    turned_over: float,
    nav_before: float,
) -> float:
    """Write the parts of the planned trade's costs; return their sum.

    Without ``traded`` there are no trading costs, only the tax on gains. A cost in
    proportion is on ``turned_over``; below 0, that is what is bought or sold, whichever
    is more.
    """
    parts = account.parts
    for part in range(N_COST_PARTS):
        parts[part] = 0.0
    tax_period = charges.transaction_tax_period[session]
    has_impact = charges.impact_scale.shape[1] > 0
    lots = charges.gains_method != NO_LOTS
    bought, sold = 0.0, 0.0
    commission, spread, impact, sales_tax, conversion = 0.0, 0.0, 0.0, 0.0, 0.0
    for asset in range(account.closes.shape[0]):
        account.asset_costs[asset] = 0.0
        account.trade_gains[asset] = 0.0
        change = account.planned_values[asset] - account.values[asset]
        size = abs(change)
        if size <= NOTHING * nav_before:
            continue
        cost = 0.0
        if traded:
            fee = max(
                charges.commission_rate[asset] * size, charges.commission_minimum[asset]
            )
            half = charges.spread_rate[asset] * size
            exchange = charges.conversion_rate[asset] * size
            commission += fee
            spread += half
            conversion += exchange
            cost = fee + half + exchange
            if has_impact:
                scale = charges.impact_scale[asset, session]
                push = charges.impact_coefficient[asset] * scale * size * size**0.5
                impact += push
                cost += push
            if change < 0.0:
                tax = charges.transaction_tax[asset, tax_period] * size
                sales_tax += tax
                cost += tax
            account.asset_costs[asset] = cost
        if change > 0.0:
            bought += size
        else:
            sold += size
            if lots:
                gone = account.units[asset] - account.planned_units[asset]
                basis = basis_of_sale(account, asset, gone)
                account.trade_gains[asset] = size - cost - basis
    if traded:
        if turned_over < 0.0:
            turned_over = max(bought, sold)
        parts[COMMISSION] = commission + charges.proportional_rate * turned_over
        parts[SPREAD] = spread
        parts[IMPACT] = impact
        parts[TRANSACTION_TAX] = sales_tax
        parts[CURRENCY_CONVERSION] = conversion
    if lots and not charges.gains_at_year_end:
        due = gains_tax_of_year(account.year_gains, account.trade_gains, charges)
        parts[CAPITAL_GAINS_TAX] = due - account.year_tax[0]
    total = 0.0
    for part in range(N_COST_PARTS):
        total += parts[part]
    return total


@kernel_step
def solve_trade(
    account: AccountState,
    charges: AccountCharges,
    goal: Float64Array1D,
    how: int,
    idle: float,
    whole_shares: bool,
    session: int,
    traded: bool,
    turned_over: float,
    nav_before: float,
    flow: float,
) -> float:
    """Plan the trade whose costs leave just the value that it holds; return that value.

    It is 0 where the costs leave nothing. Where costs jump, as a least commission does,
    and no value is exact, the trade is the one of the greatest value tried that can be
    paid for, and what is left over stays in cash.
    """
    available = nav_before + flow
    guess, reached = available, available
    older_guess, older = 0.0, 0.0
    for step in range(2 * STEPS):
        plan_holdings(account, goal, how, idle, whole_shares, nav_before, guess)
        reached = available - price_trade(
            account, charges, session, traded, turned_over, nav_before
        )
        if reached <= 0.0:
            return 0.0
        if abs(reached - guess) <= LAST_BIT * guess:
            return guess
        if step >= STEPS:  # only downwards now, to a trade that can be paid for
            if reached > guess:
                n_assets = account.closes.shape[0]
                account.planned_values[n_assets] += reached - guess
                account.planned_units[n_assets] += reached - guess
                return reached
            guess = reached
            continue
        slope = 0.0
        if step > 0 and guess != older_guess:
            slope = (reached - older) / (guess - older_guess)
        older_guess, older = guess, reached
        guess += (reached - guess) / (1.0 - slope) if slope < 0.9 else reached - guess
        if guess <= 0.0:
            guess = reached
    return 0.0


@kernel_step
def book_trade(
    account: AccountState,
    charges: AccountCharges,
    session: int,
    nav_before: float,
    ledger: Float64Array1D,
) -> float:
    """Hold what was planned, and write it in the ledger; return the gain realized."""
    n_assets = account.closes.shape[0]
    gain = 0.0
    if charges.gains_method != NO_LOTS:
        for asset in range(n_assets):
            _book_lots(account, charges, asset, session, nav_before)
            account.year_gains[asset] += account.trade_gains[asset]
            gain += account.trade_gains[asset]
        account.year_tax[0] += account.parts[CAPITAL_GAINS_TAX]
    for holding in range(n_assets + 1):
        account.units[holding] = account.planned_units[holding]
        account.values[holding] = account.planned_values[holding]
    for part in range(N_COST_PARTS):
        ledger[part] += account.parts[part]
    ledger[REALIZED_GAIN] += gain
    return gain


@kernel_step
def _book_lots(
    account: AccountState,
    charges: AccountCharges,
    asset: int,
    session: int,
    nav_before: float,
) -> None:
    """Add or take lots; what is mere rounding is added to the latest."""
    change = account.planned_units[asset] - account.units[asset]
    size = abs(account.planned_values[asset] - account.values[asset])
    latest = account.last_lot[asset] - 1
    if size <= NOTHING * nav_before and account.planned_units[asset] > 0.0:
        if latest >= account.first_lot[asset]:
            account.lot_units[asset, latest] += change
    elif change > 0.0:
        paid = change * account.closes[asset] + account.asset_costs[asset]
        add_lot(account, asset, change, paid, session, charges.gains_method)
    elif change < 0.0:
        take_lots(account, asset, -change)
