"""Markets: calendars, price tables, quality checks and loading.

Quality checks are in ``market.quality`` and loading in ``market.loading``, which need
Arrow; importing this package does not.
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
