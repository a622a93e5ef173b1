"""The column headers that are understood without being told, Korean and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from foresto_lab.market.protocols import DAILY_PRICE_FIELDS

FIELDS = ("date", "symbol", *DAILY_PRICE_FIELDS)

HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "date": (
            *("date", "datetime", "timestamp", "trade date", "trading day", "session"),
            *("날짜", "일자", "거래일", "거래일자", "기준일", "기준일자", "영업일"),
        ),
        "symbol": (
            *("symbol", "ticker", "code", "stock code", "instrument"),
            *("종목코드", "단축코드", "종목", "코드", "티커", "심볼"),
        ),
        "open": ("open", "opening price", "시가"),
        "high": ("high", "고가"),
        "low": ("low", "저가"),
        "close": (
            *("close", "closing price", "close/last", "last", "price"),
            *("종가", "현재가"),
        ),
        "adj_close": (
            *("adj close", "adjusted close", "close adj", "adj closing price"),
            *("수정종가", "수정주가"),
        ),
        "volume": ("volume", "vol", "trading volume", "거래량"),
    }
)


def plain(header: str) -> str:
    """Return a header without case, blanks and punctuation."""
    return "".join(c for c in header.casefold() if c.isalnum())


_FIELD_OF = {plain(name): field for field, names in HEADERS.items() for name in names}


def recognised_field(header: str) -> str | None:
    """Return the field that a header stands for, None for one not understood."""
    return _FIELD_OF.get(plain(header))


def fields_of(headers: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of the columns that each field may be in."""
    places: dict[str, list[int]] = {}
    for place, header in enumerate(headers):
        field = recognised_field(header)
        if field is not None:
            places.setdefault(field, []).append(place)
    return places
