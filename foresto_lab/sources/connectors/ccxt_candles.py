"""ccxt: candles of crypto exchanges, by the exchange's own public interface.

Candles need no account. Where ``FORESTO_CCXT_API_KEY`` and ``FORESTO_CCXT_SECRET`` are
set, they are handed to the exchange's class; no sentence, log line or row of the
history holds them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from foresto_lab.errors import (
    ConnectorError,
    ForestoError,
    NothingGivenError,
    ProviderUnreachableError,
    RateLimitedError,
    UnknownNameError,
    UnreadableAnswerError,
)
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.connectors.libraries import import_library, quiet
from foresto_lab.sources.connectors.protocol import CandleAnswer, ProviderFacts
from foresto_lab.sources.connectors.transport import (
    TIME_LIMIT_SECONDS,
    require_usable,
    require_whole_json,
    unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import Response

PAGE = 1_000
"""Candles asked for at once, at most."""
SMALL_PAGE = 100
"""The same, of an exchange that does not say how many it gives.

Never more than it gives: of an exchange that counts back from an end, as Upbit does,
the first candles of a longer span would be missing.
"""
LONGEST_MONTH = timedelta(days=31)


class CcxtConnector:
    """Candles of one exchange; see ``CandleConnector``.

    Parameters
    ----------
    exchange : str
        As ccxt names it: ``binance``, ``upbit``, ``bybit``.
    credentials : mapping, optional
        ``apiKey``, ``secret``, ``password``: what the exchange's class takes.
    """

    def __init__(
        self, exchange: str, credentials: Mapping[str, str] | None = None
    ) -> None:
        self.exchange = exchange
        self._credentials = dict(credentials or {})
        self._client: Any = None
        self._symbol = ""
        self.facts = ProviderFacts(
            name=f"ccxt:{exchange}",
            library="ccxt",
            module="ccxt",
            extra="crypto",
            adjustment="As the exchange adds up its trades; nothing to adjust.",
            pause_seconds=0.0,  # ccxt keeps each exchange's own limit
        )

    def __repr__(self) -> str:
        """Return the exchange; of credentials, that there are some."""
        keys = ", with credentials" if self._credentials else ""
        return f"CcxtConnector({self.exchange!r}{keys})"

    def timeframes(self) -> Sequence[Timeframe]:
        """Return the lengths of candles that it gives, from short to long."""
        given = self._connected().timeframes or {}
        return sorted(t for t in Timeframe if t.value in given)

    def fetch_candles(
        self, symbol: str, timeframe: Timeframe, start: datetime, end: datetime
    ) -> CandleAnswer:
        """Return the first candles that open from start to end, a page at most.

        A span without any candle, such as before a coin was listed, is stepped over.
        """
        allowed = self.timeframes()
        if timeframe not in allowed:
            raise UnknownNameError(
                kind=f"timeframe of {self.exchange}",
                given=str(timeframe),
                allowed=tuple(map(str, allowed)),
            )
        length = timeframe.length or LONGEST_MONTH
        while start <= end:
            rows, size = self._page(symbol, timeframe, start)
            kept = [row for row in rows if start <= _instant(row[0]) <= end]
            if kept or (rows and _instant(rows[-1][0]) > end):
                return CandleAnswer(self._table(symbol, timeframe, kept))
            start += size * length
        return CandleAnswer(self._table(symbol, timeframe, []))

    # --- asking -------------------------------------------------------------------

    def _page(
        self, symbol: str, timeframe: Timeframe, start: datetime
    ) -> tuple[list[Any], int]:
        """Return the candles from an instant on, and how many were asked for."""
        client = self._connected()
        since = int(start.timestamp() * 1000)
        with self._as_sentences(symbol), quiet():
            client.load_markets()
            market = client.market(symbol)
            size = self._page_size(market)
            rows = client.fetch_ohlcv(market["symbol"], timeframe.value, since, size)
            self._require_candles(rows, market)
            return sorted(rows, key=lambda row: row[0]), size

    def _page_size(self, market: Any) -> int:
        """Return how many candles the exchange gives at once, as ccxt knows it."""
        kinds = (market["type"], market["subType"])
        known = self._client.feature_value_by_type(*kinds, "fetchOHLCV", "limit", None)
        return min(PAGE, int(known or SMALL_PAGE))

    def _require_candles(self, rows: list[Any], market: Any) -> None:
        """Raise ValueError where ccxt made nothing of an answer that held something.

        Of candles whose fields it does not know, it keeps none and says nothing.
        """
        given = self._client.last_json_response
        if rows or not (isinstance(given, list) and given):
            return
        if any(value is None for value in self._client.parse_ohlcv(given[0], market)):
            raise ValueError("its candles have other fields than ccxt knows")

    def _connected(self) -> Any:
        if self._client is not None:
            return self._client
        library = import_library(self.facts)
        if self.exchange not in library.exchanges:
            raise UnknownNameError(
                kind="exchange of ccxt",
                given=self.exchange,
                allowed=tuple(library.exchanges),
            )
        given = {"enableRateLimit": True, "timeout": int(TIME_LIMIT_SECONDS * 1000)}
        client = getattr(library, self.exchange)({**given, **self._credentials})
        client.enableLastJsonResponse = True
        client.logger.setLevel(logging.INFO)  # at DEBUG it writes keys
        client.session.hooks["response"].append(self._look)
        self._client = client
        return client

    def _look(self, response: Response, *_: Any, **__: Any) -> None:
        """Look at an answer before ccxt does: its headers say how long to wait."""
        name, symbol = self.facts.name, self._symbol
        body = response.content
        status = response.status_code
        if status == 418:  # Binance: banned for a while after too many 429
            status = 429
        require_usable(name, symbol, status, response.headers, body)
        require_whole_json(name, symbol, body)

    @contextmanager
    def _as_sentences(self, symbol: str) -> Iterator[None]:
        """Turn what ccxt raises into sentences, without any credential in them."""
        library = import_library(self.facts)
        name, self._symbol = self.facts.name, symbol
        try:
            yield
        except ForestoError:
            raise
        except library.BadSymbol:
            raise NothingGivenError(
                provider=name,
                symbol=symbol,
                reason="there is no such market.",
                fix="It may be delisted; ccxt writes markets as BTC/USDT.",
            ) from None
        except (library.RateLimitExceeded, library.DDoSProtection):
            raise RateLimitedError(
                provider=name,
                symbol=symbol,
                reason="too many requests.",
                fix="Run the same update later: it goes on where it stopped.",
                transient=True,
            ) from None
        except library.NetworkError as error:
            raise unreachable(name, symbol, error) from None
        except library.AuthenticationError as error:
            raise ProviderUnreachableError(
                provider=name,
                symbol=symbol,
                reason=f"it refuses the key ({self._masked(error)}).",
                fix="Correct FORESTO_CCXT_API_KEY and FORESTO_CCXT_SECRET, or unset "
                "them: candles need none.",
            ) from None
        except Exception as error:
            raise self._unreadable(symbol, error) from None

    def _unreadable(self, symbol: str, error: Exception) -> ConnectorError:
        said = f"{type(error).__name__}: {self._masked(error)}"
        return UnreadableAnswerError(
            provider=self.facts.name,
            symbol=symbol,
            reason=f"its answer cannot be read ({said}).",
            fix="Update the library: exchanges change their answers now and then.",
        )

    def _masked(self, error: Exception) -> str:
        text = str(error)[:300]
        for secret in filter(None, self._credentials.values()):
            text = text.replace(secret, "***")
        return text

    # --- reading ------------------------------------------------------------------

    def _table(self, symbol: str, timeframe: Timeframe, rows: list[Any]) -> pa.Table:
        """Return rows ``[ms, open, high, low, close, volume]`` as the canonical table.

        Raises
        ------
        UnreadableAnswerError
            A candle has no value somewhere, or an instant has two different candles.
        """
        unique: dict[int, list[Any]] = {}
        for row in rows:
            moment = int(row[0])
            if unique.setdefault(moment, row) != row:
                reason = ValueError(f"two different candles open at {_instant(moment)}")
                raise self._unreadable(symbol, reason)
        columns = list(zip(*unique.values(), strict=True)) or [()] * 6
        if any(value is None for column in columns for value in column):
            raise self._unreadable(
                symbol, ValueError("a candle has no value somewhere")
            )
        return pa.table(
            {
                "symbol": pa.array([symbol] * len(unique), pa.string()),
                "timeframe": pa.array([str(timeframe)] * len(unique), pa.string()),
                "open_time": pa.array(
                    [moment * 1000 for moment in unique], pa.timestamp("us", "UTC")
                ),
                **{
                    field: pa.array(map(float, column), pa.float64())
                    for field, column in zip(CANDLE_FIELDS, columns[1:6], strict=True)
                },
            }
        )


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
