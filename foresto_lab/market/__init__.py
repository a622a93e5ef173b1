"""Markets: calendars, price tables, and the contract of a store of prices.

Quality checks are in ``market.quality``, which needs Arrow; importing this package
does not. Files are read and loaded by ``foresto_lab.sources``.
"""

from foresto_lab.market.calendars import (
    DEFAULT_CALENDAR,
    TradingCalendar,
    get_calendar,
    parse_session,
)
from foresto_lab.market.protocols import (
    DAILY_PRICE_COLUMNS,
    DAILY_PRICE_FIELDS,
    LoadOutcome,
    SeriesStore,
)

__all__ = [
    "DAILY_PRICE_COLUMNS",
    "DAILY_PRICE_FIELDS",
    "DEFAULT_CALENDAR",
    "LoadOutcome",
    "SeriesStore",
    "TradingCalendar",
    "get_calendar",
    "parse_session",
]
