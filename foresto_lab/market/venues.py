"""Where assets trade: the markets that costs, taxes and closing times are told by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from foresto_lab.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Venue:
    """A market as costs and currencies see it.

    Parameters
    ----------
    name : str
        As ``Instrument.market`` has it.
    country : str
        ISO 3166, two letters; empty for none.
    currency : str
        ISO 4217, of its usual quotes.
    close_utc : int
        When its session of a date ends, in minutes after that date's midnight in UTC,
        in winter: only the order among venues is used.
    calendar : str
        The exchange calendar of its sessions.
    """

    name: str
    country: str
    currency: str
    close_utc: int
    calendar: str


_KRX_CLOSE: Final = 6 * 60 + 30
"""15:30 in Seoul (15:00 before 1 August 2016)."""

VENUES: Final[dict[str, Venue]] = {
    venue.name: venue
    for venue in (
        Venue("KOSPI", "KR", "KRW", _KRX_CLOSE, "XKRX"),
        Venue("KOSDAQ", "KR", "KRW", _KRX_CLOSE, "XKRX"),
        Venue("KONEX", "KR", "KRW", _KRX_CLOSE, "XKRX"),
        Venue("KRX_ETF", "KR", "KRW", _KRX_CLOSE, "XKRX"),
        Venue("KRX_BOND", "KR", "KRW", _KRX_CLOSE, "XKRX"),
        Venue("KRX_GOLD", "KR", "KRW", _KRX_CLOSE, "XKRX"),
        Venue("JP", "JP", "JPY", 6 * 60 + 30, "XTKS"),
        Venue("CN", "CN", "CNY", 7 * 60, "XSHG"),
        Venue("HK", "HK", "HKD", 8 * 60, "XHKG"),
        Venue("UK", "GB", "GBP", 16 * 60 + 30, "XLON"),
        Venue("EU", "", "EUR", 16 * 60 + 30, "XETR"),
        Venue("US", "US", "USD", 21 * 60, "XNYS"),
        Venue("CRYPTO", "", "USD", 24 * 60, "24/7"),
    )
}
"""Every market, by name."""

_BY_CURRENCY: Final = {
    "KRW": "KOSPI",
    "JPY": "JP",
    "CNY": "CN",
    "HKD": "HK",
    "GBP": "UK",
    "EUR": "EU",
    "USD": "US",
}


def get_venue(name: str) -> Venue:
    """Return a market by name, or raise UnknownNameError with those there are."""
    if name not in VENUES:
        raise UnknownNameError(kind="market", given=name, allowed=tuple(VENUES))
    return VENUES[name]


def market_of_calendar(calendar: str) -> str | None:
    """Return the market that has a calendar of its own; None where several share it."""
    names = [venue.name for venue in VENUES.values() if venue.calendar == calendar]
    return names[0] if len(names) == 1 else None


def usual_venue(currency: str) -> Venue | None:
    """Return the market that an asset of a currency usually trades on, if known."""
    name = _BY_CURRENCY.get(currency)
    return None if name is None else VENUES[name]


def calendar_close(calendar: str) -> int:
    """Return when a calendar's session ends, in minutes of its own date in UTC.

    A calendar of no market here is taken to close first: then nothing of the same date
    counts as known that might not be.
    """
    closes = [v.close_utc for v in VENUES.values() if v.calendar == calendar]
    return min(closes, default=0)
