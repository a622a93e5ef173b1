"""What happens to an account beside trades: distributions, flows, fees, taxes."""

from __future__ import annotations

from foresto_lab.engine._compile import bare_step
from foresto_lab.engine.account_lots import add_lot
from foresto_lab.engine.account_terms import (
    CAPITAL_GAINS_TAX,
    CLOSES,
    DISTRIBUTION_TAX,
    N_COST_PARTS,
    NO_LOTS,
    PLANNED_UNITS,
    PLANNED_VALUES,
    UNITS,
    VALUES,
    Settlement,
)
from foresto_lab.engine.account_trade import (
    ALONG,
    AS_TRADED,
    NOTHING,
    TOWARD,
    book_trade,
    price_trade,
    solve_trade,
)
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array2D,
)


@bare_step
def distribute(
    book: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    settlement: Settlement,
    distribution_yield: Float64Array2D,
    distribution_tax: Float64Array1D,
    session: int,
    ledger: Float64Array1D,
) -> float:
    """Reinvest each asset's distribution net of tax; return what the account gained.

    It buys the asset at this close, without trading costs; among whole shares it stays
    in cash.
    """
    cash = book.shape[1] - 1
    received = 0.0
    for asset in range(cash):
        gross = book[VALUES, asset] * distribution_yield[asset, session]
        if gross <= 0.0:
            continue
        tax = gross * distribution_tax[asset]
        net = gross - tax
        ledger[DISTRIBUTION_TAX] += tax
        received += net
        into = cash if settlement.whole_shares else asset
        bought = net if into == cash else net / book[CLOSES, asset]
        book[UNITS, into] += bought
        book[VALUES, into] += net
        if into != cash and settlement.gains_method != NO_LOTS and bought > 0.0:
            add_lot(lots, places, asset, bought, net, session, settlement.gains_method)
    return received


@bare_step
def withdraw(
    book: Float64Array2D,
    rates: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    parts: Float64Array1D,
    settlement: Settlement,
    year_tax: float,
    targets: Float64Array1D,
    goal: Float64Array1D,
    toward: bool,
    traded: bool,
    session: int,
    nav: float,
    amount: float,
    ledger: Float64Array1D,
) -> tuple[float, float]:
    """Take an amount out of the account; return its value after, and what was paid.

    Holdings are sold pro rata, or toward the targets what is above them; among whole
    shares, cash pays first. What cannot be paid for liquidates the account.
    """
    cash = book.shape[1] - 1
    idle, divided = 0.0, nav
    if settlement.whole_shares:
        idle = max(book[VALUES, cash], 0.0)
        divided = nav - book[VALUES, cash]
    for holding in range(cash + 1):
        share = book[VALUES, holding] / divided if divided > 0.0 else 0.0
        goal[holding] = targets[holding] if toward else share
    if settlement.whole_shares and not toward:
        goal[cash] = 0.0
    after, paid = 0.0, amount
    if amount < nav:
        after = solve_trade(
            book,
            rates,
            lots,
            places,
            parts,
            settlement,
            year_tax,
            goal,
            TOWARD if toward else ALONG,
            idle,
            traded,
            AS_TRADED,
            nav,
            -amount,
        )
    if after <= NOTHING * nav:
        after, paid = _liquidate(
            book,
            rates,
            lots,
            places,
            parts,
            settlement,
            year_tax,
            traded,
            nav,
            amount,
            goal,
        )
    book_trade(book, lots, places, parts, settlement, session, nav, ledger)
    return after, paid


@bare_step
def _liquidate(
    book: Float64Array2D,
    rates: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    parts: Float64Array1D,
    settlement: Settlement,
    year_tax: float,
    traded: bool,
    nav: float,
    amount: float,
    goal: Float64Array1D,
) -> tuple[float, float]:
    """Plan to sell everything; return what is left, and what of the amount is paid."""
    cash = book.shape[1] - 1
    for holding in range(cash + 1):
        book[PLANNED_UNITS, holding] = 0.0
        book[PLANNED_VALUES, holding] = 0.0
    costs, _ = price_trade(
        book,
        rates,
        lots,
        places,
        parts,
        settlement,
        year_tax,
        traded,
        AS_TRADED,
        nav,
        goal,
    )
    left, paid = nav - costs, amount
    if left <= 0.0:
        left, paid = 0.0, 0.0
        for part in range(N_COST_PARTS):  # costs take what there is
            parts[part] *= nav / costs
    elif left - amount <= NOTHING * nav:
        left, paid = 0.0, left
    else:
        left -= amount
        book[PLANNED_VALUES, cash] = left
    return left, paid


@bare_step
def contribute(
    book: Float64Array2D,
    rates: Float64Array2D,
    lots: Float64Array3D,
    places: Int64Array2D,
    parts: Float64Array1D,
    settlement: Settlement,
    year_tax: float,
    targets: Float64Array1D,
    toward: bool,
    session: int,
    nav: float,
    amount: float,
    ledger: Float64Array1D,
) -> float:
    """Buy with an amount by the targets, or toward them; return the value after.

    Among whole shares, cash above its target buys with it. An amount too small to pay
    what buying costs stays in cash.
    """
    cash = book.shape[1] - 1
    idle = 0.0
    if settlement.whole_shares:
        idle = max(book[VALUES, cash] - targets[cash] * nav, 0.0)
    after = solve_trade(
        book,
        rates,
        lots,
        places,
        parts,
        settlement,
        year_tax,
        targets,
        TOWARD if toward else ALONG,
        idle,
        True,
        AS_TRADED,
        nav,
        amount,
    )
    if after + idle > nav:
        book_trade(book, lots, places, parts, settlement, session, nav, ledger)
    else:
        after = nav + amount
        book[UNITS, cash] += amount
        book[VALUES, cash] += amount
        parts[CAPITAL_GAINS_TAX] = 0.0
    return after
