"""Lots: what the units held were bought for, and the tax on what they are sold for.

The basis of a lot is its price with the costs of buying it. Average lots are first-in
first-out lots of which there is ever one. Purchases of one close are one lot.
"""

from __future__ import annotations

from foresto_lab.engine._compile import kernel_step
from foresto_lab.engine.account_terms import AVERAGE, AccountCharges, AccountState
from foresto_lab.types import Float64Array1D


@kernel_step
def basis_of_sale(account: AccountState, asset: int, sold: float) -> float:
    """Return what the units that a sale would take were bought for."""
    basis = 0.0
    left = sold
    for lot in range(account.first_lot[asset], account.last_lot[asset]):
        taken = min(left, account.lot_units[asset, lot])
        basis += taken * account.lot_basis[asset, lot]
        left -= taken
        if left <= 0.0:
            break
    return basis


@kernel_step
def take_lots(account: AccountState, asset: int, sold: float) -> None:
    """Take sold units out of the lots, the oldest first."""
    lot, last = account.first_lot[asset], account.last_lot[asset]
    left = sold
    while left > 0.0 and lot < last:
        if account.lot_units[asset, lot] > left:
            account.lot_units[asset, lot] -= left
            left = 0.0
        else:
            left -= account.lot_units[asset, lot]
            lot += 1
    if lot == last:
        lot = 0
        account.last_lot[asset] = 0
    account.first_lot[asset] = lot


@kernel_step
def add_lot(
    account: AccountState,
    asset: int,
    bought: float,
    paid: float,
    session: int,
    method: int,
) -> None:
    """Add units that were paid for with so much money."""
    last = account.last_lot[asset]
    together = method == AVERAGE or account.lot_session[asset] == session
    account.lot_session[asset] = session
    if together and last > account.first_lot[asset]:
        lot = last - 1
        held = account.lot_units[asset, lot]
        paid += held * account.lot_basis[asset, lot]
        account.lot_units[asset, lot] = held + bought
        account.lot_basis[asset, lot] = paid / (held + bought)
        return
    account.lot_units[asset, last] = bought
    account.lot_basis[asset, last] = paid / bought
    account.last_lot[asset] = last + 1


@kernel_step
def gains_tax_of_year(
    gains: Float64Array1D, more: Float64Array1D, charges: AccountCharges
) -> float:
    """Return the tax on a year's gains: what has been realized, and what would be.

    Losses and the allowance are taken off the gains in proportion: the rate is the
    mean of the winners' rates by their gains. Assets that are not taxed stay out.
    """
    net, won, weighted = 0.0, 0.0, 0.0
    for asset in range(gains.shape[0]):
        rate = charges.gains_tax[asset]
        if rate <= 0.0:
            continue
        gain = gains[asset] + more[asset]
        net += gain
        if gain > 0.0:
            won += gain
            weighted += rate * gain
    taxed = net - charges.gains_allowance
    if taxed <= 0.0 or won <= 0.0:
        return 0.0
    return weighted / won * taxed
