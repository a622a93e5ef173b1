"""Costs, cash flows and market facts of a request: as asked, and from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.market.venues import market_of_calendar
from foresto_lab.rebalancing.cashflows import parse_cashflows
from foresto_lab.rebalancing.costs import (
    CostModel,
    DistributionTax,
    MarketImpact,
    parse_costs,
)
from foresto_lab.runs.money import DEFAULT_CURRENCY
from foresto_lab.runs.request import DEFAULT_PRICE_FIELD, SimulationRequest

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import SeriesStore
    from foresto_lab.scenarios import Instrument
    from foresto_lab.scenarios.market_facts import MarketFacts

LOOK_BACK: Final = timedelta(days=60)
"""How far before the start facts are read: some forty sessions."""
TRADED_PRICE_FIELD: Final = "close"
"""What whole shares are bought at, and distributions are paid on."""


def plan_costs(given: object) -> CostModel | None:
    """Return the costs of a request; None leaves them to the rule's rate."""
    return None if given is None else parse_costs(given)


def plan_markets(
    model: CostModel | None,
    currencies: Mapping[str, str],
    symbols: Mapping[str, str],
    known: Mapping[str, Instrument],
) -> dict[str, str]:
    """Return the market of each label, where it decides a tax or a close's time.

    An instrument whose market is not told trades on the one that has its calendar.
    """
    held = {label: known[s] for label, s in symbols.items() if s in known}
    plain = model is None or model.proportional is not None
    one_exchange = len({item.calendar for item in held.values()}) <= 1
    if plain and one_exchange and not currencies:
        return {}
    markets = {
        label: item.market or market_of_calendar(item.calendar)
        for label, item in held.items()
    }
    return {label: market for label, market in markets.items() if market}


def plain_flows(given: object) -> Mapping[str, Any] | None:
    """Return the cash flows of a request, plain; None for none."""
    plan = parse_cashflows(given)
    return None if plan is None else plan.to_dict()


def price_field(model: CostModel | None, *, whole_shares: bool) -> str:
    """Return the column that is traded at.

    Whole shares and a tax on distributions need the price that was really paid; the
    distributions then come back as payments of their own.
    """
    taxed = model is not None and _has(model, DistributionTax)
    return TRADED_PRICE_FIELD if whole_shares or taxed else DEFAULT_PRICE_FIELD


def costs_of(request: SimulationRequest) -> CostModel | None:
    """Return the costs a request was asked with."""
    return None if request.costs is None else parse_costs(request.costs)


def needs_facts(request: SimulationRequest) -> bool:
    """Return whether more than prices must be known to simulate a request."""
    model = costs_of(request)
    plain = model is None or model.proportional is not None
    traded = request.price_field == TRADED_PRICE_FIELD
    return bool(not plain or traded or request.currencies or request.markets)


def load_market_facts(
    request: SimulationRequest,
    prices: pd.DataFrame,
    series: SeriesStore,
    data_version: str,
) -> MarketFacts:
    """Return what a request must know of its markets.

    Parameters
    ----------
    prices : DataFrame
        As quoted, a column per label, from ``LOOK_BACK`` before the start on.
    """
    from foresto_lab.scenarios.market_facts import MarketFacts

    store = _Store(request, series, data_version)
    labels = list(prices.columns)
    model = costs_of(request)
    impact = model is not None and _has(model, MarketImpact)
    pays = request.price_field == TRADED_PRICE_FIELD
    return MarketFacts(
        base_currency=request.base_currency or DEFAULT_CURRENCY,
        currencies=request.currencies,
        exchange_rates=store.exchange_rates(),
        hedged=request.hedged,
        markets=request.markets,
        traded_value=store.traded_value(labels) if impact else None,
        distributions=store.distributions(prices) if pays else None,
    )


@dataclass(frozen=True, slots=True)
class _Store:
    """The stored series of a request, in its span and some sessions before."""

    request: SimulationRequest
    series: SeriesStore
    data_version: str

    def matrix(self, labels: Sequence[str], field: str) -> pd.DataFrame:
        """Return a column per label of a stored field."""
        symbols = [self.request.instruments[label] for label in labels]
        found = self._read(list(dict.fromkeys(symbols)), field)[symbols]
        found.columns = list(labels)
        return found

    def traded_value(self, labels: Sequence[str]) -> pd.DataFrame:
        """Return close times volume, a column per label."""
        return self.matrix(labels, "close") * self.matrix(labels, "volume")

    def distributions(self, prices: pd.DataFrame) -> pd.DataFrame:
        """Return cash per share, of each label on its own sessions."""
        import pandas as pd

        from foresto_lab.market.distributions import distributions_from_adjusted

        adjusted = self.matrix(list(prices.columns), DEFAULT_PRICE_FIELD)
        paid = [
            distributions_from_adjusted(
                prices[[label]].dropna(), adjusted[[label]].dropna()
            )
            for label in prices.columns
        ]
        return pd.concat(paid, axis=1, sort=True)

    def exchange_rates(self) -> pd.DataFrame | None:
        """Return a column per foreign currency."""
        wanted = dict(self.request.exchange_rates)
        if not wanted:
            return None
        found = self._read(list(wanted.values()), "close")
        found.columns = list(wanted)
        return found

    def _read(self, symbols: list[str], field: str) -> pd.DataFrame:
        start = self.request.start
        return self.series.price_matrix(
            symbols,
            start=None if start is None else start - LOOK_BACK,
            end=self.request.end,
            field=field,
            data_version=self.data_version,
        )


def _has(model: CostModel, kind: type) -> bool:
    return any(isinstance(part, kind) for part in model.parts)
