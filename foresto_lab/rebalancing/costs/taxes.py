"""Taxes: on sales, on distributions, on realised gains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np

from foresto_lab.errors import CostError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.market.venues import VENUES
from foresto_lab.rebalancing.costs.account_costs import GainsMethod
from foresto_lab.rebalancing.costs.korean_transaction_tax import (
    KOREAN_TRANSACTION_TAX,
)
from foresto_lab.rebalancing.costs.part import AccountDraft, CostPart, SelectivePart
from foresto_lab.rebalancing.costs.proportional import parse_cost_rate
from foresto_lab.rebalancing.costs.tax_table import TaxTable
from foresto_lab.rebalancing.costs.trading import parse_amount
from foresto_lab.types import Severity


class GainsSettlement(StrEnum):
    """When the tax on realised gains is paid."""

    SALE = "SALE"
    YEAR_END = "YEAR_END"


@dataclass(frozen=True, init=False, repr=False)
class TransactionTax(CostPart):
    """A tax on the value sold, by market and trade date.

    Parameters
    ----------
    table : TaxTable, sequence of rows, or "KOREA"
        By default Korea's. A known market without a row in it, such as ``US``, is not
        taxed; an asset whose market is not told is not either, and a finding says so.

    Raises
    ------
    TaxTableError
        The rows overlap, leave a gap, or hold a wrong rate or date.
    UnknownNameError
        A held asset's market is none that is known (when put on a simulation).
    """

    table: TaxTable = KOREAN_TRANSACTION_TAX
    kind: ClassVar[str] = "TRANSACTION_TAX"

    def __init__(self, table: object = KOREAN_TRANSACTION_TAX) -> None:
        object.__setattr__(self, "table", _parse_table(table))

    def __repr__(self) -> str:
        """Return the call, the table by name and length."""
        return (
            f"TransactionTax({self.table.name or 'table'}: {len(self.table.rows)} rows)"
        )

    def fill(self, draft: AccountDraft) -> None:
        """Add the rates of each market, on each session."""
        facts = draft.facts
        allowed = tuple(dict.fromkeys((*self.table.markets, *VENUES)))
        for market in facts.markets:
            if market and market not in allowed:
                raise UnknownNameError(kind="market", given=market, allowed=allowed)
        draft.findings.extend(self._untold(draft))
        rates, periods = self.table.on(facts.sessions, facts.markets)
        held, held_periods = (
            draft.values["transaction_tax"],
            draft.values["transaction_tax_period"],
        )
        pairs = held_periods * rates.shape[1] + periods
        kept, merged = np.unique(pairs, return_inverse=True)
        draft.values["transaction_tax"] = (
            held[:, kept // rates.shape[1]] + rates[:, kept % rates.shape[1]]
        )
        draft.values["transaction_tax_period"] = merged.astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Return the part with every row of its table."""
        return {"type": self.kind, "table": self.table.to_dict()}

    def _untold(self, draft: AccountDraft) -> tuple[Finding, ...]:
        facts = draft.facts
        untold = [
            asset
            for asset, market in zip(facts.assets, facts.markets, strict=True)
            if not market
        ]
        if not untold or not any(row.rate for row in self.table.rows):
            return ()
        return (
            Finding(
                code="MARKET_NOT_KNOWN",
                severity=Severity.WARNING,
                where="transaction_tax",
                message=f"The market of {', '.join(untold)} is not told, so no "
                "transaction tax is counted on their sales.",
                fix='Tell it: fl.MarketFacts(markets={"005930": "KOSPI", ...}).',
                count=len(untold),
                samples=tuple(untold[:5]),
            ),
        )


def _parse_table(given: object) -> TaxTable:
    if isinstance(given, TaxTable):
        return given
    if isinstance(given, str):
        if given != KOREAN_TRANSACTION_TAX.name:
            raise UnknownNameError(
                kind="tax table", given=given, allowed=(KOREAN_TRANSACTION_TAX.name,)
            )
        return KOREAN_TRANSACTION_TAX
    if isinstance(given, Mapping):
        return TaxTable(tuple(given.get("rows", ())), str(given.get("name", "")))
    if isinstance(given, (list, tuple)):
        return TaxTable(tuple(given))
    raise CostError(
        message=f"table is {given!r}; it must be a TaxTable, a list of rows with "
        'market, from_date, to_date and rate, or "KOREA".'
    )


@dataclass(frozen=True, init=False, repr=False)
class DistributionTax(SelectivePart):
    """A tax withheld from distributions: the rest is reinvested at that close.

    Counted only where distributions are given (``MarketFacts.distributions``); prices
    adjusted for dividends hold them gross and untaxed.

    Parameters
    ----------
    rate : float
        Of the gross distribution. Korea 0.154 (income tax 14 % and local income tax
        1.4 %); US shares held from Korea 0.15 (treaty).
    assets, markets : sequence of str, optional
        The assets it is of; left out, all of them.
    """

    rate: float = 0.0
    kind: ClassVar[str] = "DISTRIBUTION_TAX"

    def __init__(
        self, rate: float, assets: object = None, markets: object = None
    ) -> None:
        object.__setattr__(self, "rate", parse_cost_rate(rate, "rate"))
        object.__setattr__(self, "assets", assets)
        object.__setattr__(self, "markets", markets)
        super().__post_init__()

    def fill(self, draft: AccountDraft) -> None:
        """Add the rate."""
        draft.values["distribution_tax"][self.selection(draft.facts)] += self.rate


@dataclass(frozen=True, init=False, repr=False)
class CapitalGainsTax(SelectivePart):
    """A tax on realised gains: what a sale brought less what its lots had cost.

    Both in base currency, and with their trading costs: a lot cost what was paid for
    it, a sale brought what was left. Gains and losses of a calendar year are netted
    over all taxed assets; what exceeds the allowance is taxed, at the mean of the
    winners' rates by their gains where these differ. Losses are not carried into
    another year, and gains that are not realised are not taxed, nor at the end.

    Parameters
    ----------
    rate : float
        Of the net gain above the allowance.
    method : {"FIFO", "AVERAGE"}
        Which lots a sale sells: the oldest first, or an equal part of all.
    allowance : float, base currency
        Free of tax in each calendar year, of all assets together.
    settlement : {"SALE", "YEAR_END"}
        Paid as each sale makes it due, or once at the year's last session.
    assets, markets : sequence of str, optional
        The assets it is of; left out, all of them.

    Raises
    ------
    AmountError
        The rate or the allowance is outside its range.
    UnknownNameError
        The method or the settlement is none of these.
    """

    rate: float = 0.0
    method: str = "FIFO"
    allowance: float = 0.0
    settlement: str = "YEAR_END"
    kind: ClassVar[str] = "CAPITAL_GAINS_TAX"

    def __init__(
        self,
        rate: float,
        method: str = "FIFO",
        allowance: float = 0.0,
        settlement: str = "YEAR_END",
        assets: object = None,
        markets: object = None,
    ) -> None:
        methods = (GainsMethod.FIFO.name, GainsMethod.AVERAGE.name)
        values = {
            "rate": parse_cost_rate(rate, "rate"),
            "method": _parse_choice(method, methods, "method of lots"),
            "allowance": parse_amount(allowance, "allowance"),
            "settlement": _parse_choice(
                settlement, tuple(map(str, GainsSettlement)), "settlement"
            ),
            "assets": assets,
            "markets": markets,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        super().__post_init__()

    def fill(self, draft: AccountDraft) -> None:
        """Add the rate; a second tax must settle alike and be of other assets."""
        chosen = self.selection(draft.facts)
        if self.rate == 0.0 or not chosen.any():
            return
        values = draft.values
        method = GainsMethod[self.method]
        at_year_end = self.settlement == GainsSettlement.YEAR_END
        terms = (method, at_year_end, self.allowance)
        if values["gains_method"] != GainsMethod.NONE:
            held = (
                values["gains_method"],
                values["gains_at_year_end"],
                values["gains_allowance"],
            )
            if held != terms or values["gains_tax"][chosen].any():
                raise CostError(
                    message="Two taxes on gains differ in method, settlement or "
                    "allowance, or are of the same asset. One account has one of each: "
                    "give them alike, each with its own assets or markets."
                )
        values["gains_tax"][chosen] += self.rate
        values["gains_method"], values["gains_at_year_end"] = method, at_year_end
        values["gains_allowance"] = self.allowance


def _parse_choice(given: object, allowed: tuple[str, ...], kind: str) -> str:
    if str(given) not in allowed:
        raise UnknownNameError(kind=kind, given=given, allowed=allowed)
    return str(given)
