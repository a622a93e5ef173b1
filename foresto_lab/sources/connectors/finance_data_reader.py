"""FinanceDataReader: Korean codes from Naver's chart, other symbols from Yahoo."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

from foresto_lab.errors import ConnectorError, UnreadableAnswerError
from foresto_lab.sources.connectors.daily_frames import DailyFrameReader, nothing_given
from foresto_lab.sources.connectors.korean_codes import KOREAN_CODE
from foresto_lab.sources.connectors.libraries import import_library, quiet
from foresto_lab.sources.connectors.protocol import DailyAnswer, ProviderFacts
from foresto_lab.sources.connectors.pykrx_daily import END_OF_CHART
from foresto_lab.sources.connectors.transport import watched_requests
from foresto_lab.sources.connectors.yahoo_symbols import yahoo_calendar

KOREAN_INDICES = frozenset({"KS11", "KOSPI", "KQ11", "KOSDAQ", "KS200", "KPI200"})

COLUMNS = {
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "adj_close": "Adj Close",
    "volume": "Volume",
}


def _watched(
    provider: str, symbol: str, *, korean: bool
) -> AbstractContextManager[None]:
    """Look at charts of Naver, which are XML, or at Yahoo's, which are JSON."""
    if korean:
        return watched_requests(provider, symbol, whole_ends_with=END_OF_CHART)
    return watched_requests(provider, symbol, whole_json=True)


class FinanceDataReaderConnector:
    """Daily prices by FinanceDataReader; see ``DailyConnector``."""

    facts = ProviderFacts(
        name="fdr",
        library="finance-datareader",
        module="FinanceDataReader",
        extra="fdr",
        adjustment="Korean codes (Naver): adjusted for splits, not for dividends. "
        "Other symbols (Yahoo): close for splits, adj_close for dividends too.",
        pause_seconds=1.0,
    )

    def calendar_of(self, symbol: str) -> str | None:
        """Return XKRX for Korean codes and indices, else as Yahoo's symbols say."""
        code = symbol.upper().removeprefix("NAVER:").removeprefix("YAHOO:")
        if KOREAN_CODE.fullmatch(code) or code in KOREAN_INDICES:
            return "XKRX"
        if ":" in code:
            return None
        return "24/5" if "/" in code else yahoo_calendar(code)

    def fetch_daily(self, symbol: str, start: date, end: date) -> DailyAnswer:
        """Return the rows from start to end, both included."""
        library = import_library(self.facts)
        name = self.facts.name
        korean = self.calendar_of(symbol) == "XKRX"
        with _watched(name, symbol, korean=korean), quiet():
            frame = self._ask(library, symbol, start, end)
        reader = DailyFrameReader(name, symbol, COLUMNS)
        table = reader.read(frame, start, end)
        return DailyAnswer(table, tuple(reader.findings), "KRW" if korean else None)

    def _ask(self, library: Any, symbol: str, start: date, end: date) -> Any:
        """Ask for a day more on both sides: its Yahoo reader leaves out the end."""
        from requests.exceptions import HTTPError

        first, last = start - timedelta(days=1), end + timedelta(days=2)
        try:
            return library.DataReader(symbol, first, last)
        except ConnectorError:
            raise
        except HTTPError as error:
            said = (
                f"HTTP {error.response.status_code}"
                if error.response is not None
                else ""
            )
            raise nothing_given(self.facts.name, symbol, start, end, said) from None
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            NotImplementedError,
            TypeError,
            ValueError,
        ) as error:
            raise UnreadableAnswerError(
                provider=self.facts.name,
                symbol=symbol,
                reason=f"its answer cannot be read ({type(error).__name__}: {error}).",
                fix="Look up how it writes the symbol; if that is right, update the "
                "library.",
            ) from None
