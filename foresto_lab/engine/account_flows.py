"""What happens to an account beside trades: distributions, flows, fees, taxes."""

from __future__ import annotations

from foresto_lab.engine._compile import kernel_step
from foresto_lab.engine.account_lots import add_lot
from foresto_lab.engine.account_terms import (
    DISTRIBUTION_TAX,
    N_COST_PARTS,
    NO_LOTS,
    AccountCharges,
    AccountState,
)
from foresto_lab.engine.account_trade import (
    ALONG,
    NOTHING,
    TOWARD,
    book_trade,
    price_trade,
    solve_trade,
)
from foresto_lab.types import Float64Array1D


@kernel_step
def distribute(
    account: AccountState,
    charges: AccountCharges,
    session: int,
    whole_shares: bool,
    ledger: Float64Array1D,
) -> float:
    """Reinvest each asset's distribution net of tax; return what the account gained.

    It buys the asset at this close, without trading costs; among whole shares it stays
    in cash.
    """
    n_assets = account.closes.shape[0]
    received = 0.0
    for asset in range(n_assets):
        gross = account.values[asset] * charges.distribution_yield[asset, session]
        if gross <= 0.0:
            continue
        tax = gross * charges.distribution_tax[asset]
        net = gross - tax
        ledger[DISTRIBUTION_TAX] += tax
        received += net
        if whole_shares:
            account.units[n_assets] += net
            account.values[n_assets] += net
            continue
        bought = net / account.closes[asset]
        account.units[asset] += bought
        account.values[asset] += net
        if charges.gains_method != NO_LOTS and bought > 0.0:
            add_lot(account, asset, bought, net, session, charges.gains_method)
    return received


@kernel_step
def withdraw(
    account: AccountState,
    charges: AccountCharges,
    targets: Float64Array1D,
    direction: Float64Array1D,
    toward: bool,
    traded: bool,
    whole_shares: bool,
    session: int,
    nav: float,
    amount: float,
    ledger: Float64Array1D,
) -> tuple[float, float]:
    """Take an amount out of the account; return its value after, and what was paid.

    Holdings are sold pro rata, or toward the targets what is above them; among whole
    shares, cash pays first. What cannot be paid for liquidates the account.
    """
    n_assets = account.closes.shape[0]
    idle = max(account.values[n_assets], 0.0) if whole_shares else 0.0
    sum_sold = nav - account.values[n_assets] if whole_shares else nav
    for holding in range(n_assets + 1):
        share = account.values[holding] / sum_sold if sum_sold > 0.0 else 0.0
        direction[holding] = share
    if whole_shares:
        direction[n_assets] = 0.0
    goal = targets if toward else direction
    how = TOWARD if toward else ALONG
    after = 0.0
    if amount < nav:
        after = solve_trade(
            account,
            charges,
            goal,
            how,
            idle,
            whole_shares,
            session,
            traded,
            -1.0,
            nav,
            -amount,
        )
    paid = amount
    if after <= NOTHING * nav:
        after, paid = _liquidate(account, charges, session, traded, nav, amount)
    book_trade(account, charges, session, nav, ledger)
    return after, paid


@kernel_step
def _liquidate(
    account: AccountState,
    charges: AccountCharges,
    session: int,
    traded: bool,
    nav: float,
    amount: float,
) -> tuple[float, float]:
    """Plan to sell everything; return what is left, and what of the amount is paid."""
    for holding in range(account.units.shape[0]):
        account.planned_units[holding] = 0.0
        account.planned_values[holding] = 0.0
    costs = price_trade(account, charges, session, traded, -1.0, nav)
    left = nav - costs
    if left <= 0.0:
        for part in range(N_COST_PARTS):  # costs take what there is
            account.parts[part] *= nav / costs
        return 0.0, 0.0
    if left - amount <= NOTHING * nav:
        return 0.0, left
    n_assets = account.closes.shape[0]
    account.planned_units[n_assets] = left - amount
    account.planned_values[n_assets] = left - amount
    return left - amount, amount


@kernel_step
def contribute(
    account: AccountState,
    charges: AccountCharges,
    targets: Float64Array1D,
    toward: bool,
    whole_shares: bool,
    session: int,
    nav: float,
    amount: float,
    ledger: Float64Array1D,
) -> float:
    """Buy with an amount by the targets, or toward them; return the value after.

    Among whole shares, cash above its target buys with it. An amount too small to pay
    what buying costs stays in cash.
    """
    n_assets = account.closes.shape[0]
    idle = 0.0
    if whole_shares:
        idle = max(account.values[n_assets] - targets[n_assets] * nav, 0.0)
    after = solve_trade(
        account,
        charges,
        targets,
        TOWARD if toward else ALONG,
        idle,
        whole_shares,
        session,
        True,
        -1.0,
        nav,
        amount,
    )
    if after + idle <= nav:
        account.units[n_assets] += amount
        account.values[n_assets] += amount
        return nav + amount
    book_trade(account, charges, session, nav, ledger)
    return after
