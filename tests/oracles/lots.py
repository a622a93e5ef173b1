"""Lots and the tax on their gains, kept as a bookkeeper would: slow, exact, obvious.

Every number is a fraction, so nothing is rounded. A lot costs what was paid for it, its
buying costs included; a sale brings what is left after its selling costs. The package's
engine is compared with this, and this with cases worked out by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

Method = Literal["FIFO", "AVERAGE"]
Number = Fraction | int | str | float


@dataclass
class Lot:
    """Some units, and what one of them cost."""

    units: Fraction
    unit_cost: Fraction


@dataclass
class LotBook:
    """The lots of one asset, the oldest first."""

    method: Method
    lots: list[Lot] = field(default_factory=list)

    @property
    def units(self) -> Fraction:
        return sum((lot.units for lot in self.lots), Fraction(0))

    @property
    def cost(self) -> Fraction:
        return sum((lot.units * lot.unit_cost for lot in self.lots), Fraction(0))

    def buy(self, units: Number, price: Number, costs: Number = 0) -> None:
        """Add a lot; an average book melts it into the one there is."""
        bought = Fraction(units)
        assert bought >= 0
        if bought == 0:
            return
        paid = bought * Fraction(price) + Fraction(costs)
        if self.method == "AVERAGE" and self.lots:
            held = self.lots[0]
            whole = held.units + bought
            cost = held.units * held.unit_cost + paid
            self.lots = [Lot(whole, cost / whole)]
        else:
            self.lots.append(Lot(bought, paid / bought))

    def sell(self, units: Number, price: Number, costs: Number = 0) -> Fraction:
        """Take the oldest units; return what they brought above what they cost."""
        left = Fraction(units)
        assert 0 <= left <= self.units
        brought = left * Fraction(price) - Fraction(costs)
        cost = Fraction(0)
        while left > 0:
            lot = self.lots[0]
            taken = min(left, lot.units)
            cost += taken * lot.unit_cost
            lot.units -= taken
            left -= taken
            if lot.units == 0:
                del self.lots[0]
        return brought - cost


@dataclass(frozen=True)
class Trade:
    """Units bought (+) or sold (-) of an asset in a year, at a price, with costs."""

    year: int
    asset: str
    units: Number
    price: Number
    costs: Number = 0


def tax_of_year(
    gains: Mapping[str, Fraction],
    rates: Mapping[str, Number],
    allowance: Number = 0,
) -> Fraction:
    """Return the tax on one year's gains, losses and the allowance taken off first."""
    taxed = {asset: gain for asset, gain in gains.items() if Fraction(rates[asset]) > 0}
    winners = {asset: gain for asset, gain in taxed.items() if gain > 0}
    above = sum(taxed.values(), Fraction(0)) - Fraction(allowance)
    if above <= 0 or not winners:
        return Fraction(0)
    won = sum(winners.values(), Fraction(0))
    at_own_rates = sum(
        (Fraction(rates[asset]) * gain for asset, gain in winners.items()), Fraction(0)
    )
    return at_own_rates / won * above


@dataclass(frozen=True)
class Books:
    """What became of a list of trades."""

    gains: list[Fraction]
    """One for each sale, in order."""
    paid_at_sales: list[Fraction]
    """What each sale makes due, when settled at sales; below 0 where a loss gives back
    what an earlier sale of the year paid."""
    tax_of_years: dict[int, Fraction]
    books: dict[str, LotBook]


def keep_books(
    trades: Sequence[Trade],
    rates: Mapping[str, Number],
    method: Method = "FIFO",
    allowance: Number = 0,
) -> Books:
    """Go through trades in order; settle every year by itself."""
    books: dict[str, LotBook] = defaultdict(lambda: LotBook(method))
    gains: list[Fraction] = []
    paid_at_sales: list[Fraction] = []
    tax_of_years: dict[int, Fraction] = {}
    of_year: dict[str, Fraction] = {}
    year = trades[0].year
    for trade in trades:
        if trade.year != year:
            tax_of_years[year] = tax_of_year(of_year, rates, allowance)
            year, of_year = trade.year, {}
        units = Fraction(trade.units)
        if units >= 0:
            books[trade.asset].buy(units, trade.price, trade.costs)
            continue
        before = tax_of_year(of_year, rates, allowance)
        gain = books[trade.asset].sell(-units, trade.price, trade.costs)
        of_year[trade.asset] = of_year.get(trade.asset, Fraction(0)) + gain
        gains.append(gain)
        paid_at_sales.append(tax_of_year(of_year, rates, allowance) - before)
    tax_of_years[year] = tax_of_year(of_year, rates, allowance)
    return Books(gains, paid_at_sales, tax_of_years, dict(books))
