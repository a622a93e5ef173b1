"""Costs of a trade in proportion to it: commission, half spread, changing money."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

import numpy as np

from foresto_lab.errors import AmountError, CostError
from foresto_lab.rebalancing.costs.part import AccountDraft, SelectivePart
from foresto_lab.rebalancing.costs.proportional import parse_cost_rate


@dataclass(frozen=True, init=False, repr=False)
class Commission(SelectivePart):
    """What the broker takes: ``max(rate * traded value, minimum)`` of each trade.

    A trade is what is bought or sold of one asset at one close; an asset that is not
    traded pays nothing.

    Parameters
    ----------
    rate : float
        Fraction of the traded value.
    minimum : float, base currency
        Of each trade.
    assets, markets : sequence of str, optional
        The assets it is of; left out, all of them.

    Raises
    ------
    AmountError
        The rate or the minimum is negative or not finite, or the rate 1 or more.
    """

    rate: float = 0.0
    minimum: float = 0.0
    kind: ClassVar[str] = "COMMISSION"

    def __init__(
        self,
        rate: float,
        minimum: float = 0.0,
        assets: object = None,
        markets: object = None,
    ) -> None:
        _set(self, rate=parse_cost_rate(rate, "rate"), assets=assets, markets=markets)
        _set(self, minimum=parse_amount(minimum, "minimum"))
        super().__post_init__()

    def fill(self, draft: AccountDraft) -> None:
        """Add the commission; two with a minimum on one asset are refused."""
        chosen = self.selection(draft.facts)
        minimum = chosen & (self.minimum > 0.0)
        clash = (draft.has_commission & minimum) | (draft.has_minimum & chosen)
        if clash.any() and (self.rate > 0.0 or self.minimum > 0.0):
            asset = draft.facts.assets[int(np.argmax(clash))]
            raise CostError(
                message=f"{asset} has two commissions and a minimum, which add up to "
                "no single commission. Give each its own assets or markets."
            )
        draft.values["commission_rate"][chosen] += self.rate
        draft.values["commission_minimum"][chosen] += self.minimum
        draft.has_minimum |= minimum
        draft.has_commission |= chosen & (self.rate > 0.0 or self.minimum > 0.0)


@dataclass(frozen=True, init=False, repr=False)
class HalfSpread(SelectivePart):
    """Half the distance between bid and ask, paid on every trade.

    Parameters
    ----------
    rate : float
        (ask - bid) / 2 / middle, a fraction of the traded value.
    assets, markets : sequence of str, optional
        The assets it is of; left out, all of them.
    """

    rate: float = 0.0
    kind: ClassVar[str] = "HALF_SPREAD"

    def __init__(
        self, rate: float, assets: object = None, markets: object = None
    ) -> None:
        _set(self, rate=parse_cost_rate(rate, "rate"), assets=assets, markets=markets)
        super().__post_init__()

    def fill(self, draft: AccountDraft) -> None:
        """Add the half spread."""
        draft.values["spread_rate"][self.selection(draft.facts)] += self.rate


@dataclass(frozen=True, init=False, repr=False)
class CurrencyConversion(SelectivePart):
    """What changing money costs, on every trade in an asset of another currency.

    A purchase changes base currency into the asset's, a sale changes it back: what is
    sold of one foreign asset to buy another of the same currency pays twice, as with a
    broker who settles in base currency.

    Parameters
    ----------
    rate : float
        Fraction of the traded value.
    assets, markets : sequence of str, optional
        The assets it is of; left out, all that are not in base currency.
    """

    rate: float = 0.0
    kind: ClassVar[str] = "CURRENCY_CONVERSION"

    def __init__(
        self, rate: float, assets: object = None, markets: object = None
    ) -> None:
        _set(self, rate=parse_cost_rate(rate, "rate"), assets=assets, markets=markets)
        super().__post_init__()

    def fill(self, draft: AccountDraft) -> None:
        """Add the conversion, for assets that are not in base currency."""
        facts = draft.facts
        foreign = np.array([own != facts.base_currency for own in facts.currencies])
        chosen = self.selection(facts) & foreign
        draft.values["conversion_rate"][chosen] += self.rate


def parse_amount(given: object, parameter: str) -> float:
    """Return an amount of 0 or more, or raise AmountError."""
    if isinstance(given, Real) and not isinstance(given, bool):
        amount = float(given)
        if math.isfinite(amount) and amount >= 0.0:
            return amount
    raise AmountError(
        parameter=parameter, given=given, allowed="a finite amount of 0 or more"
    )


def _set(part: SelectivePart, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(part, name, value)
