"""What is known of the markets a portfolio is held in: currencies, trading, payouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.rebalancing.costs import SpanFacts
from foresto_lab.types import SessionArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class MarketFacts:
    """Currencies, markets, traded value and distributions of a portfolio's assets.

    Parameters
    ----------
    base_currency : str
        ISO 4217: what the portfolio is counted in.
    currencies : mapping of asset to ISO 4217
        An asset left out is in base currency.
    exchange_rates : DataFrame, optional
        Base currency for one unit of the foreign one; a column per foreign currency.
    hedged : sequence of assets
        Whose currency is hedged: their return is that in their own currency.
    hedge_carry : mapping of currency to annual rate
        Earned (or, negative, paid) by the hedge; 0 where left out.
    markets : mapping of asset to market
        ``KOSPI``, ``KOSDAQ``, ``KRX_ETF``, ``US`` …
    traded_value : DataFrame, optional
        Value traded a session, in each asset's own currency; for market impact.
    distributions : DataFrame, optional
        Cash per share on its ex date, in each asset's own currency. Prices must then
        not be adjusted for dividends.
    """

    base_currency: str = "KRW"
    currencies: Mapping[str, str] = field(default_factory=dict)
    exchange_rates: pd.DataFrame | None = None
    hedged: Sequence[str] = ()
    hedge_carry: Mapping[str, float] = field(default_factory=dict)
    markets: Mapping[str, str] = field(default_factory=dict)
    traded_value: pd.DataFrame | None = None
    distributions: pd.DataFrame | None = None

    def prices_in_base(
        self, prices: pd.DataFrame, calendar: str = "XKRX"
    ) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        """Return the prices in base currency, and what a reader should know of it."""
        del calendar
        return prices, ()

    def on(
        self,
        prices: pd.DataFrame,
        sessions: SessionArray,
        assets: Sequence[str],
        calendar: str = "XKRX",
    ) -> SpanFacts:
        """Return the facts on the sessions and assets of one simulation.

        ``prices`` are those handed to ``prices_in_base``: each in its own currency,
        with the rows before day 0.
        """
        del prices, calendar
        facts = SpanFacts.plain(
            np.asarray(sessions),
            tuple(assets),
            markets=tuple(self.markets.get(asset, "") for asset in assets),
            base_currency=self.base_currency,
        )
        return facts
