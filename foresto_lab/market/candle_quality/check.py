"""Candles in, findings out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foresto_lab.errors import UnknownNameError
from foresto_lab.findings import Finding, sort_findings
from foresto_lab.market.calendars import TradingCalendar, get_calendar
from foresto_lab.market.candle_quality.report import (
    CandleQualityReport,
    CheckedCandles,
)
from foresto_lab.market.candle_quality.rows import CandleRows, parse_candle_rows
from foresto_lab.market.candle_quality.rules import CANDLE_RULES
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.market.protocols import CandleStore
from foresto_lab.market.timeframes import Timeframe


def check_candles(
    candles: pd.DataFrame | CandleTable,
    timeframe: str | Timeframe,
    *,
    symbol: str = "",
    calendar: TradingCalendar | str | None = None,
) -> CandleQualityReport:
    """Hold candles against every rule; return what they found, gravest first.

    Parameters
    ----------
    candles : DataFrame or CandleTable
        Columns ``open, high, low, close, volume``; index: the open times, with a time
        zone, in any order. Not changed.
    timeframe : Timeframe or str
        How long a candle lasts.
    calendar : TradingCalendar or str, optional
        An exchange's: candles are expected in its sessions only.

    Raises
    ------
    CandleTableError
        A column is missing, or the index is not one of instants with a time zone.
    UnknownNameError
        The timeframe or the calendar is unknown.
    """
    frame = candles.to_frame() if isinstance(candles, CandleTable) else candles
    known = get_calendar(calendar) if isinstance(calendar, str) else calendar
    rows = parse_candle_rows(frame, timeframe, symbol=symbol, calendar=known)
    return CandleQualityReport((_checked(rows),))


def check_candle_rows(rows: CandleRows) -> tuple[Finding, ...]:
    """Return what the rules find in rows, at most one finding per rule."""
    if not len(rows):
        return ()
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = [rule().check(rows) for rule in CANDLE_RULES.values()]
    return sort_findings(finding for finding in found if finding is not None)


def check_stored_candles(
    store: CandleStore,
    symbols: Sequence[str] | None = None,
    timeframes: Sequence[str] | None = None,
    *,
    calendar: str | None = None,
) -> CandleQualityReport:
    """Hold stored candles against every rule.

    Parameters
    ----------
    symbols, timeframes : sequence of str, optional
        Those to check; by default all that are loaded.
    calendar : str, optional
        As for ``check_candles``.

    Raises
    ------
    UnknownNameError
        A symbol or timeframe has no candles, or the calendar is unknown.
    """
    version = store.candle_version()
    known = get_calendar(calendar) if calendar else None
    covered = store.candle_coverage()
    pairs = list(zip(covered["symbol"], covered["timeframe"], strict=True))
    _require_known(symbols, {symbol for symbol, _ in pairs}, "symbol with candles")
    _require_known(timeframes, {length for _, length in pairs}, "loaded timeframe")
    checked = []
    for symbol, timeframe in pairs:
        if symbol in (symbols or [symbol]) and timeframe in (timeframes or [timeframe]):
            frame = store.candles(symbol, timeframe, data_version=version)
            rows = parse_candle_rows(frame, timeframe, symbol=symbol, calendar=known)
            checked.append(_checked(rows))
    return CandleQualityReport(tuple(checked), data_version=version)


def _require_known(given: Sequence[str] | None, known: set[str], kind: str) -> None:
    for name in given or ():
        if name not in known:
            raise UnknownNameError(kind=kind, given=name, allowed=tuple(sorted(known)))


def _checked(rows: CandleRows) -> CheckedCandles:
    return CheckedCandles(
        calendar=rows.calendar.name if rows.calendar else "",
        symbols=(rows.symbol,),
        row_count=len(rows),
        findings=check_candle_rows(rows),
        timeframe=str(rows.timeframe),
        first_open=rows.time(0) if len(rows) else "",
        last_open=rows.time(len(rows) - 1) if len(rows) else "",
    )
