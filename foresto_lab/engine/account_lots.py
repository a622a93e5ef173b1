"""Lots: what the units held were bought for, and the tax on what they are sold for.

The basis of a lot is its price with the costs of buying it, a unit. Average lots are
first-in first-out lots of which there is ever one. Purchases of one close are one lot.
"""

from __future__ import annotations

from foresto_lab.engine._compile import bare_step
from foresto_lab.engine.account_terms import (
    AVERAGE,
    END_OF_LOTS,
    FIRST_LOT,
    GAINS_TAX_RATE,
    LATEST_PURCHASE,
    LOT_BASIS,
    LOT_UNITS,
    TRADE_GAINS,
    YEAR_GAINS,
)
from foresto_lab.types import Float64Array2D, Float64Array3D, Int64Array2D


@bare_step
def basis_of_sale(
    lots: Float64Array3D, places: Int64Array2D, asset: int, sold: float
) -> float:
    """Return what the units that a sale would take were bought for."""
    basis = 0.0
    left = sold
    lot, end = places[FIRST_LOT, asset], places[END_OF_LOTS, asset]
    while left > 0.0 and lot < end:
        taken = min(left, lots[LOT_UNITS, asset, lot])
        basis += taken * lots[LOT_BASIS, asset, lot]
        left -= taken
        lot += 1
    return basis


@bare_step
def take_lots(
    lots: Float64Array3D, places: Int64Array2D, asset: int, sold: float
) -> None:
    """Take sold units out of the lots, the oldest first."""
    lot, end = places[FIRST_LOT, asset], places[END_OF_LOTS, asset]
    left = sold
    while left > 0.0 and lot < end:
        if lots[LOT_UNITS, asset, lot] > left:
            lots[LOT_UNITS, asset, lot] -= left
            left = 0.0
        else:
            left -= lots[LOT_UNITS, asset, lot]
            lot += 1
    if lot == end:
        lot = 0
        places[END_OF_LOTS, asset] = 0
    places[FIRST_LOT, asset] = lot


@bare_step
def add_lot(
    lots: Float64Array3D,
    places: Int64Array2D,
    asset: int,
    bought: float,
    paid: float,
    session: int,
    method: int,
) -> None:
    """Add units that were paid for with so much money."""
    end = places[END_OF_LOTS, asset]
    together = method == AVERAGE or places[LATEST_PURCHASE, asset] == session
    places[LATEST_PURCHASE, asset] = session
    lot = end
    if together and end > places[FIRST_LOT, asset]:
        lot = end - 1
        held = lots[LOT_UNITS, asset, lot]
        paid += held * lots[LOT_BASIS, asset, lot]
        bought += held
    lots[LOT_UNITS, asset, lot] = bought
    lots[LOT_BASIS, asset, lot] = paid / bought
    places[END_OF_LOTS, asset] = lot + 1


@bare_step
def adjust_latest_lot(
    lots: Float64Array3D, places: Int64Array2D, asset: int, change: float
) -> None:
    """Add what is mere rounding to the latest lot."""
    if places[END_OF_LOTS, asset] > places[FIRST_LOT, asset]:
        lots[LOT_UNITS, asset, places[END_OF_LOTS, asset] - 1] += change


@bare_step
def gains_tax_of_year(
    book: Float64Array2D, rates: Float64Array2D, allowance: float
) -> float:
    """Return the tax on a year's gains, those of the trade at hand with them.

    Losses and the allowance are taken off the gains in proportion: the rate is the
    mean of the winners' rates by their gains. Assets that are not taxed stay out.
    """
    net, won, weighted = 0.0, 0.0, 0.0
    for asset in range(rates.shape[1]):
        rate = rates[GAINS_TAX_RATE, asset]
        if rate <= 0.0:
            continue
        gain = book[YEAR_GAINS, asset] + book[TRADE_GAINS, asset]
        net += gain
        if gain > 0.0:
            won += gain
            weighted += rate * gain
    taxed = net - allowance
    if taxed <= 0.0 or won <= 0.0:
        return 0.0
    return weighted / won * taxed
