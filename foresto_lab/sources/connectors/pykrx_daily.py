"""pykrx: Korean shares and ETFs by day, from Naver's chart, as pykrx asks it.

pykrx asks Naver for prices adjusted for splits and KRX itself for unadjusted ones. KRX
wants a login, so the adjusted ones are taken; no login is needed for them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from foresto_lab.errors import ConnectorError, UnreadableAnswerError
from foresto_lab.sources.connectors.daily_frames import DailyFrameReader, nothing_given
from foresto_lab.sources.connectors.libraries import import_library, quiet
from foresto_lab.sources.connectors.protocol import DailyAnswer, ProviderFacts
from foresto_lab.sources.connectors.transport import watched_requests

END_OF_CHART = b"</protocol>"
"""How a chart of Naver ends that was not cut off."""

COLUMNS = {
    "open": "시가",
    "high": "고가",
    "low": "저가",
    "close": "종가",
    "volume": "거래량",
}


class PykrxConnector:
    """Daily prices of Korean shares and ETFs; see ``DailyConnector``."""

    facts = ProviderFacts(
        name="pykrx",
        library="pykrx",
        module="pykrx.stock",
        extra="krx",
        adjustment="Adjusted for splits and the like, not for dividends: adj_close is "
        "the close.",
        pause_seconds=1.0,
    )

    def calendar_of(self, symbol: str) -> str:
        """Return Korea's calendar: there is nothing else here."""
        return "XKRX"

    def fetch_daily(self, symbol: str, start: date, end: date) -> DailyAnswer:
        """Return the rows from start to end, both included."""
        stock = import_library(self.facts)
        name = self.facts.name
        with watched_requests(name, symbol, whole_ends_with=END_OF_CHART), quiet():
            frame = self._ask(stock, symbol, start, end)
        reader = DailyFrameReader(name, symbol, COLUMNS)
        return DailyAnswer(
            reader.read(frame, start, end), tuple(reader.findings), "KRW"
        )

    def _ask(self, stock: Any, symbol: str, start: date, end: date) -> Any:
        days = (f"{start:%Y%m%d}", f"{end:%Y%m%d}")
        try:
            return stock.get_market_ohlcv_by_date(*days, symbol, adjusted=True)
        except ConnectorError:
            raise
        except (IndexError, KeyError, AttributeError):
            raise nothing_given(self.facts.name, symbol, start, end) from None
        except ValueError as error:
            raise UnreadableAnswerError(
                provider=self.facts.name,
                symbol=symbol,
                reason=f"a row of its chart cannot be read ({error}).",
                fix="Try again later, or take the same prices with --source fdr.",
            ) from None
