"""How an update goes on, compares and stores: what its caller may choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from foresto_lab.errors import InputError
from foresto_lab.market.calendars import get_calendar
from foresto_lab.market.instants import Moment
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.connectors.names import candle_connector, daily_connector

OVERLAP_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyUpdateOptions:
    """How daily prices are brought up to date.

    Parameters
    ----------
    source : str, optional
        A name of ``DAILY_SOURCES``; left out, each symbol's last one.
    start : date, optional
        Where a symbol without rows begins; left out, as early as there is.
    calendar : str, optional
        Of symbols without rows, where the source does not know it.
    overlap : int
        Stored rows that are asked for again and compared, at least 1.
    accept_restated : bool
        Load the whole history anew where the provider restated it.
    recheck : bool
        Ask for symbols, too, that have every session that is over.
    dry_run : bool
        Ask and compare, and store nothing.

    Raises
    ------
    InputError
        The overlap is less than one row.
    """

    source: str | None = None
    start: date | None = None
    calendar: str | None = None
    overlap: int = OVERLAP_ROWS
    accept_restated: bool = False
    recheck: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked before anything is asked."""
        if self.overlap < 1:
            raise InputError(
                message=f"overlap is {self.overlap}; it must be 1 or more: without a "
                "row to compare, a restated history would go unnoticed."
            )
        if self.calendar:
            get_calendar(self.calendar)
        if self.source:
            daily_connector(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleUpdateOptions:
    """How candles are brought up to date.

    Parameters
    ----------
    source : str, optional
        ``ccxt:EXCHANGE``; left out, each series' last one.
    timeframes : sequence of str
        Those of the symbols named; left out, the stored ones.
    start : day or instant, optional
        Where a series without candles begins; it must be given for one.
    overlap : int
        Stored candles that are asked for again and compared, at least 1.
    accept_restated : bool
        Load the whole series anew where the exchange restated it.
    dry_run : bool
        Ask and compare, and store nothing.

    Raises
    ------
    InputError
        The overlap is less than one candle.
    UnknownNameError
        There is no such timeframe or source.
    """

    source: str | None = None
    timeframes: Sequence[str] = ()
    start: Moment | None = None
    overlap: int = OVERLAP_ROWS
    accept_restated: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked before anything is asked."""
        if self.overlap < 1:
            raise InputError(
                message=f"overlap is {self.overlap}; it must be 1 or more: without a "
                "candle to compare, a restated history would go unnoticed."
            )
        for timeframe in self.timeframes:
            Timeframe.parse(timeframe)
        if self.source:
            candle_connector(self.source)
