"""What a load tells of its symbols: that they exist, and where they trade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from foresto_lab.market.calendars import DEFAULT_CALENDAR
from foresto_lab.runs.money import UNKNOWN_CURRENCY
from foresto_lab.runs.protocols import Catalog
from foresto_lab.scenarios import UNCLASSIFIED, Instrument

CURRENCIES: Final = {"XKRX": "KRW", "XNYS": "USD"}


def known_calendar(symbols: Iterable[str], catalog: Catalog) -> str:
    """Return the calendar that all the known ones of these symbols trade on.

    XKRX where none is known, or where they trade on different ones.
    """
    wanted = set(symbols)
    found = {i.calendar for i in catalog.instruments() if i.symbol in wanted}
    return found.pop() if len(found) == 1 else DEFAULT_CALENDAR


def register_instruments(
    symbols: Iterable[str],
    calendar: str,
    catalog: Catalog,
    currency: str | None = None,
) -> None:
    """Make loaded symbols known, and let them trade on this calendar from now on.

    A new one is unclassified until it is mapped to an asset class; what is known of
    the others, but for the calendar, stays. Its currency is the one given, ISO 4217,
    or its exchange's.
    """
    known = {item.symbol: item for item in catalog.instruments()}
    currency = currency or CURRENCIES.get(calendar, UNKNOWN_CURRENCY)
    changed = []
    for symbol in symbols:
        item = known.get(symbol)
        if item is None:
            changed.append(
                Instrument(symbol, symbol, symbol, UNCLASSIFIED, currency, calendar)
            )
        elif item.calendar != calendar:
            changed.append(replace(item, calendar=calendar))
    if changed:
        catalog.save_instruments(changed)
