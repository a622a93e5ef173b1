"""What a connector is: one protocol for daily prices, one for candles.

The contract
------------
- A connector fetches and reads; it stores nothing and decides nothing about what is
  stored. Its library is imported when it is asked for something, never before.
- An answer holds the rows of one symbol, ascending and unique by date or open time,
  from the first to the last asked for. What was left out on the way (rows without a
  close, rows given twice) stands in its findings.
- Whatever goes wrong is a ``ConnectorError``: the library is missing, the network is
  down, too many requests, an answer that is no table, or no rows at all. One that may
  pass is ``transient``; the caller asks again.
- A symbol is what the user calls it: ``005930``, ``0000J0``, ``SPY``, ``BTC/USDT``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from foresto_lab.findings import Finding
from foresto_lab.market.timeframes import Timeframe

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What is known of a provider before it is asked.

    Parameters
    ----------
    name : str
        What users call it: ``pykrx``, ``fdr``, ``yfinance``, ``ccxt:binance``.
    library : str
        The distribution that speaks to it, as pip names it.
    module : str
        What is imported of it.
    extra : str
        The extra of foresto_lab that installs the library.
    adjustment : str
        One sentence: what the prices are adjusted for.
    pause_seconds : float
        The least time from one request to the next.
    """

    name: str
    library: str
    module: str
    extra: str
    adjustment: str
    pause_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class DailyAnswer:
    """What a provider said of one symbol's days.

    Parameters
    ----------
    table : pyarrow.Table
        The columns ``DAILY_PRICE_COLUMNS``, ascending and unique by date; not yet held
        against the rules of quality. ``adj_close`` is the close where the provider
        knows no other.
    findings : tuple of Finding
        What had to be left out or understood.
    currency : str, optional
        ISO 4217, where the provider says it.
    """

    table: pa.Table
    findings: tuple[Finding, ...] = ()
    currency: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CandleAnswer:
    """What a provider said of one symbol's candles: a page, or all of them.

    Parameters
    ----------
    table : pyarrow.Table
        The columns ``CANDLE_COLUMNS``, ascending and unique by open time. The last one
        may still be forming.
    findings : tuple of Finding
    """

    table: pa.Table
    findings: tuple[Finding, ...] = ()


class DailyConnector(Protocol):
    """A provider of daily prices; see the module's text for the contract."""

    facts: ProviderFacts

    def calendar_of(self, symbol: str) -> str | None:
        """Return the exchange calendar that a symbol follows; None where unknown."""

    def fetch_daily(self, symbol: str, start: date, end: date) -> DailyAnswer:
        """Return the rows from start to end, both included.

        Raises ConnectorError; NothingGivenError where there is no row.
        """


class CandleConnector(Protocol):
    """A provider of candles; see the module's text for the contract."""

    facts: ProviderFacts

    def timeframes(self) -> Sequence[Timeframe]:
        """Return the lengths of candles that it gives, from short to long."""

    def fetch_candles(
        self, symbol: str, timeframe: Timeframe, start: datetime, end: datetime
    ) -> CandleAnswer:
        """Return the first page of candles that open from start to end, UTC.

        As many as the provider gives at once: the caller asks on from the last one.
        Empty where no candle opens in the span. Raises ConnectorError;
        NothingGivenError for a symbol that the provider does not know.
        """
