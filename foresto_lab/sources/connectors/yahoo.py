"""yfinance: Yahoo's daily prices, unadjusted for dividends beside adjusted ones."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import (
    ConnectorError,
    NothingGivenError,
    RateLimitedError,
    UnreadableAnswerError,
)
from foresto_lab.findings import Finding
from foresto_lab.sources.connectors.daily_frames import DailyFrameReader, nothing_given
from foresto_lab.sources.connectors.korean_codes import KOREAN_CODE
from foresto_lab.sources.connectors.libraries import import_library, quiet
from foresto_lab.sources.connectors.protocol import DailyAnswer, ProviderFacts
from foresto_lab.sources.connectors.transport import (
    TIME_LIMIT_SECONDS,
    require_usable,
    require_whole_json,
    unreachable,
)
from foresto_lab.sources.connectors.yahoo_symbols import yahoo_calendar
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "adj_close": "Adj Close",
    "volume": "Volume",
}
_PRICES_PATH = "/v8/finance/chart/"


class YahooConnector:
    """Daily prices by yfinance; see ``DailyConnector``.

    Yahoo writes Korean codes with their market: ``005930.KS``, ``247540.KQ``.
    """

    facts = ProviderFacts(
        name="yfinance",
        library="yfinance",
        module="yfinance",
        extra="yahoo",
        adjustment="Open, high, low and close: adjusted for splits. adj_close: for "
        "splits and dividends.",
        pause_seconds=1.0,
    )

    def calendar_of(self, symbol: str) -> str | None:
        """Return the calendar that the symbol's ending says; New York without one."""
        return yahoo_calendar(symbol)

    def fetch_daily(self, symbol: str, start: date, end: date) -> DailyAnswer:
        """Return the rows from start to end, both included."""
        library = import_library(self.facts)
        if KOREAN_CODE.fullmatch(symbol.upper()):
            raise NothingGivenError(
                provider=self.facts.name,
                symbol=symbol,
                reason="Yahoo writes Korean codes with their market.",
                fix=f"Write {symbol}.KS (KOSPI) or {symbol}.KQ (KOSDAQ).",
            )
        with _exceptions_shown(library), quiet():
            frame, currency = self._ask(library, symbol, start, end)
        reader = DailyFrameReader(self.facts.name, symbol, COLUMNS)
        table = reader.read(frame, start, end)
        actions = _actions(frame, symbol)
        found = (*reader.findings, *actions)
        return DailyAnswer(table, found, currency)

    def _ask(
        self, library: Any, symbol: str, start: date, end: date
    ) -> tuple[pd.DataFrame, str | None]:
        name = self.facts.name
        try:
            ticker = library.Ticker(symbol, session=_session(symbol, start, end))
            frame = ticker.history(
                start=str(start),
                end=str(end + timedelta(days=1)),
                auto_adjust=False,
                actions=True,
                keepna=True,
                timeout=TIME_LIMIT_SECONDS,
            )
            return frame, _currency(ticker)
        except ConnectorError:
            raise
        except library.exceptions.YFRateLimitError:
            raise RateLimitedError(
                provider=name,
                symbol=symbol,
                reason="too many requests.",
                fix="Run the same update later: it goes on where it stopped.",
                transient=True,
            ) from None
        except library.exceptions.YFTickerMissingError as error:
            said = str(error.rationale)
            raise nothing_given(name, symbol, start, end, said) from None
        except OSError as error:
            raise unreachable(name, symbol, error) from error
        except Exception as error:
            raise UnreadableAnswerError(
                provider=name,
                symbol=symbol,
                reason=f"its answer cannot be read ({type(error).__name__}: {error}).",
                fix="Update the library: Yahoo changes its answers now and then.",
            ) from error


@contextmanager
def _exceptions_shown(library: Any) -> Iterator[None]:
    """Let yfinance raise what it would else only print; forget answers it kept.

    It keeps answers of past spans, faulty ones too, and would give them again.
    """
    debug = library.config.debug
    before = debug.hide_exceptions
    debug.hide_exceptions = False
    library.data.YfData.cache_get.cache_clear()
    try:
        yield
    finally:
        debug.hide_exceptions = before


def _session(symbol: str, start: date, end: date) -> Any:
    """Return a session that looks at every answer before yfinance does."""
    session = _session_class()(impersonate="chrome")
    session.asked_for = (symbol, start, end)
    return session


@functools.cache
def _session_class() -> type[Any]:
    from curl_cffi import requests

    class WatchedSession(requests.Session):  # type: ignore[type-arg]
        """A session as yfinance makes it; bad answers of prices become sentences."""

        asked_for = ("", date.min, date.min)
        refusals = 0

        def request(self, method: Any, url: str, *args: Any, **options: Any) -> Any:
            if _PRICES_PATH not in url:
                return super().request(method, url, *args, **options)
            name, symbol = YahooConnector.facts.name, self.asked_for[0]
            try:
                response = super().request(method, url, *args, **options)
            except requests.exceptions.RequestException as error:
                raise unreachable(name, symbol, error) from error
            headers = {key: value or "" for key, value in response.headers.items()}
            if response.status_code == 401 and not self.refusals:
                self.refusals += 1  # yfinance asks again with another cookie
                return response
            body = response.content
            require_usable(name, symbol, response.status_code, headers, body)
            require_whole_json(name, symbol, body)
            refusal = (response.json().get("chart") or {}).get("error")
            if refusal:
                said = str(refusal.get("description") or refusal.get("code") or "")
                raise nothing_given(name, *self.asked_for, said)
            return response

    return WatchedSession


def _currency(ticker: Any) -> str | None:
    given = (ticker.get_history_metadata() or {}).get("currency")
    return str(given) if given and str(given).isupper() and len(given) == 3 else None


def _actions(frame: pd.DataFrame, symbol: str) -> Iterator[Finding]:
    """Yield what the provider says of dividends and splits in the span."""
    for column, word in (("Dividends", "dividend"), ("Stock Splits", "split")):
        if column not in frame.columns:
            continue
        given = frame[column][frame[column].fillna(0.0) != 0.0]
        if len(given):
            yield Finding(
                code=f"{word.upper()}S_GIVEN",
                severity=Severity.INFO,
                message=f"The provider names {len(given)} {word}"
                f"{'' if len(given) == 1 else 's'} in these days; its prices are "
                "adjusted for them as docs/connectors.md says.",
                where=symbol,
                count=len(given),
                samples=tuple(
                    f"{day:%Y-%m-%d} {value:g}" for day, value in given.tail(5).items()
                ),
            )
