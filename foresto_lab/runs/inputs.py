"""What a simulation reads from the store: prices, and what is known of its markets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from foresto_lab.errors import ExchangeRateError, UnknownNameError
from foresto_lab.runs.request import SimulationRequest
from foresto_lab.runs.trading_terms import LOOK_BACK, load_market_facts, needs_facts

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import SeriesStore
    from foresto_lab.scenarios.market_facts import MarketFacts


@dataclass(frozen=True, eq=False)
class SimulationInputs:
    """The prices of a request, as they are quoted, and the facts of its markets.

    Parameters
    ----------
    request : SimulationRequest
    quoted : DataFrame
        A column per label in its own currency; labels whose symbol the store does not
        know are left out. With ``market``, it begins some sessions before the start.
    market : MarketFacts, optional
        None where the request needs none, or where an exchange rate is missing.
    missing_rates : mapping of currency to symbol
        Of the foreign currencies whose exchange rate has no rows.
    """

    request: SimulationRequest
    quoted: pd.DataFrame
    market: MarketFacts | None = None
    missing_rates: Mapping[str, str] = field(default_factory=dict)

    def require_rates(self) -> None:
        """Raise ExchangeRateError for a foreign currency without a stored rate."""
        for currency, symbol in self.missing_rates.items():
            raise ExchangeRateError(
                message=f"{symbol}, the exchange rate of {currency}, has no rows in "
                f"this workspace. Load it with `foresto data load FILE --symbol "
                f"{symbol} --calendar 24/5`."
            )

    @cached_property
    def prices(self) -> pd.DataFrame:
        """The prices in base currency on common sessions, in the span asked for."""
        prices, start = self.quoted, self.request.start
        if self.market is not None:
            prices, _ = self.market.prices_in_base(self.quoted, self.request.calendar)
        return prices if start is None else prices.loc[start.isoformat() :]


def load_inputs(
    request: SimulationRequest, series: SeriesStore, data_version: str
) -> SimulationInputs:
    """Return what a request is computed from, on a state of the data.

    Raises
    ------
    UnknownNameError
        The store does not have that state of the data.
    """
    quoted = _load_quoted(request, series, data_version)
    if not needs_facts(request):
        return SimulationInputs(request, quoted)
    missing = _missing_rates(request, series)
    if missing:
        return SimulationInputs(request, quoted, missing_rates=missing)
    facts = load_market_facts(request, quoted, series, data_version)
    return SimulationInputs(request, quoted, facts)


def load_prices(
    request: SimulationRequest, series: SeriesStore, data_version: str
) -> pd.DataFrame:
    """Return the prices of a request in base currency, one column per label."""
    return load_inputs(request, series, data_version).prices


def _load_quoted(
    request: SimulationRequest, series: SeriesStore, data_version: str
) -> pd.DataFrame:
    symbols = dict(request.instruments)
    try:
        matrix = _price_matrix(request, series, symbols, data_version)
    except UnknownNameError:
        loaded = set(series.coverage()["symbol"])
        symbols = {label: s for label, s in symbols.items() if s in loaded}
        matrix = _price_matrix(request, series, symbols, data_version)
    prices = matrix[list(symbols.values())]
    prices.columns = list(symbols)
    return prices


def _price_matrix(
    request: SimulationRequest,
    series: SeriesStore,
    symbols: Mapping[str, str],
    data_version: str,
) -> pd.DataFrame:
    start = request.start
    if start is not None and needs_facts(request):
        start -= LOOK_BACK
    if start is not None and not isinstance(request.targets, Mapping):
        start = min(start, request.start_of_history or start)
    return series.price_matrix(
        list(dict.fromkeys(symbols.values())),
        start=start,
        end=request.end,
        field=request.price_field,
        data_version=data_version,
    )


def _missing_rates(request: SimulationRequest, series: SeriesStore) -> dict[str, str]:
    if not request.exchange_rates:
        return {}
    loaded = set(series.coverage()["symbol"])
    return {
        currency: symbol
        for currency, symbol in request.exchange_rates.items()
        if symbol not in loaded
    }
