"""Rows in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from foresto_lab.errors import UnknownNameError
from foresto_lab.findings import Finding, sort_findings
from foresto_lab.market.calendars import (
    DEFAULT_CALENDAR,
    TradingCalendar,
    get_calendar,
)
from foresto_lab.market.protocols import SeriesStore
from foresto_lab.market.quality.report import CheckedRows, QualityReport
from foresto_lab.market.quality.rows import parse_daily_rows
from foresto_lab.market.quality.rules import RULES

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.runs.protocols import Catalog


def check_daily_prices(
    prices: pa.Table | pd.DataFrame,
    *,
    calendar: TradingCalendar | str = DEFAULT_CALENDAR,
) -> tuple[Finding, ...]:
    """Hold daily prices against every rule; return what they found, gravest first.

    Parameters
    ----------
    prices : long rows ``symbol, date, open, high, low, close, adj_close, volume``
        In any order of the symbols; the order of a symbol's own rows is checked.
        NaN and null mean that there is no value. The rows are not changed.
    calendar : TradingCalendar or str
        Whose sessions the dates should be.

    Returns
    -------
    tuple of Finding
        At most one per rule, with the number of rows, a few of them, and the counts by
        symbol in ``details["by_symbol"]``.
    """
    if not len(prices):
        return ()
    known = get_calendar(calendar) if isinstance(calendar, str) else calendar
    rows = parse_daily_rows(prices, known)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = [rule().check(rows) for rule in RULES.values()]
    return sort_findings(finding for finding in found if finding is not None)


def check_store(
    series: SeriesStore,
    catalog: Catalog,
    symbols: Sequence[str] | None = None,
    *,
    calendar: str | None = None,
) -> QualityReport:
    """Hold the stored prices against every rule, each symbol by its own calendar.

    Parameters
    ----------
    symbols : sequence of str, optional
        Those to check; by default all that are loaded.
    calendar : str, optional
        One for all. By default an instrument's own, XKRX for an unknown symbol.

    Raises
    ------
    UnknownNameError
        A symbol has no prices, or a calendar is unknown.
    """
    version = series.data_version()
    loaded = tuple(str(symbol) for symbol in series.coverage()["symbol"])
    chosen = loaded if symbols is None else tuple(symbols)
    for symbol in chosen:
        if symbol not in loaded:
            raise UnknownNameError(kind="loaded symbol", given=symbol, allowed=loaded)
    checked = []
    for name, group in _by_calendar(chosen, catalog, calendar).items():
        prices = series.daily_prices(group, data_version=version)
        findings = check_daily_prices(prices, calendar=name)
        checked.append(CheckedRows(name, tuple(group), len(prices), findings))
    return QualityReport(tuple(checked), data_version=version)


def _by_calendar(
    symbols: Sequence[str], catalog: Catalog, calendar: str | None
) -> dict[str, list[str]]:
    own = {item.symbol: item.calendar for item in catalog.instruments()}
    groups: dict[str, list[str]] = {}
    for symbol in symbols:
        groups.setdefault(calendar or own.get(symbol, DEFAULT_CALENDAR), []).append(
            symbol
        )
    return groups
