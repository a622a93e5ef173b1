"""The sessions a portfolio is simulated on: from day 0 to the last row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from foresto_lab.errors import DateRangeError, LateStartError
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import TradingCalendar, parse_session
from foresto_lab.market.price_table import PriceTable, parse_price_table
from foresto_lab.metrics.periods import DAYS_PER_YEAR, period_ends
from foresto_lab.types import Int64Array1D, SessionArray, Severity

if TYPE_CHECKING:
    import pandas as pd

DateLike: TypeAlias = "str | dt.date | np.datetime64"

LATEST_START: Final = 5
"""How many sessions after the start asked for a simulation may begin."""
_SHOWN: Final = 5
_DAILY: Final = 4.0
"""Median days between rows above which they are no daily ones."""


@dataclass(frozen=True, eq=False)
class Span:
    """A table of prices, complete from its first row on, with its calendar.

    ``findings`` are warnings: a start that moved, an end not reached, sessions without
    a row, rows without a session.
    """

    table: PriceTable
    calendar: TradingCalendar
    findings: tuple[Finding, ...]

    @property
    def sessions(self) -> SessionArray:
        """The sessions, day 0 first."""
        return self.table.sessions

    @cached_property
    def day_numbers(self) -> Int64Array1D:
        """The sessions as calendar days since 1970."""
        return self.sessions.astype(np.int64)

    @property
    def years(self) -> float:
        """The length in calendar days / 365.25."""
        return float(self.day_numbers[-1] - self.day_numbers[0]) / DAYS_PER_YEAR

    @cached_property
    def month_ends(self) -> Int64Array1D:
        """The row that each calendar month ends on, of those with a return."""
        return period_ends(self.sessions, "M")

    @cached_property
    def year_ends(self) -> Int64Array1D:
        """The row that each calendar year ends on, of those with a return."""
        return period_ends(self.sessions, "Y")


def parse_span(
    prices: pd.DataFrame,
    assets: Sequence[Hashable],
    calendar: TradingCalendar,
    *,
    start: DateLike | None = None,
    end: DateLike | None = None,
) -> Span:
    """Return the span in which every one of the assets has a price.

    Raises
    ------
    DateRangeError
        Start lies after end, or no row lies between them.
    LateStartError
        A start was asked for, and an asset begins more than 5 sessions after it.
    PriceTableError
        The prices cannot be simulated on.
    CalendarRangeError
        The rows lie outside the years that the calendar knows.
    """
    first = None if start is None else parse_session(start, "start")
    last = None if end is None else parse_session(end, "end")
    if first is not None and last is not None and first > last:
        raise DateRangeError(
            message=f"start {first} lies after end {last}. Swap them, or correct one.",
            start=first,
            end=last,
        )
    table = parse_price_table(prices, assets, start=first, end=last)
    day_zero = table.first_complete_row
    span = table.rows(day_zero, len(table.sessions))
    return Span(
        table=span,
        calendar=calendar,
        findings=(
            *_check_start(table, calendar, first),
            *_check_end(span, calendar, last),
            *_check_rows(span, calendar),
            *_check_spacing(span),
        ),
    )


def _check_start(
    table: PriceTable, calendar: TradingCalendar, start: np.datetime64 | None
) -> tuple[Finding, ...]:
    """Return a finding when day 0 is not the first session that could be meant."""
    day_zero = table.sessions[table.first_complete_row]
    asked = table.sessions[0] if start is None else start
    lag = int((calendar.sessions(asked, day_zero) < day_zero).sum())
    if lag == 0:
        return ()
    latest = _latest_asset(table)
    if start is not None and lag > LATEST_START:
        raise LateStartError(
            asset=latest,
            first_session=str(day_zero),
            lag_sessions=lag,
            start=str(start),
        )
    return (
        Finding(
            code="LATE_START",
            severity=Severity.WARNING,
            where=latest,
            message=f"The simulation begins on {day_zero}, {lag} sessions after "
            f"{asked}: {latest} has no price before.",
            fix=f"Load earlier prices, or start on {day_zero}.",
            count=lag,
        ),
    )


def _latest_asset(table: PriceTable) -> str:
    """Return the asset whose price comes last, or "prices" for a table of none."""
    if not table.assets:
        return "prices"
    first_rows = np.argmin(np.isnan(table.prices), axis=0)
    return table.assets[int(np.argmax(first_rows))]


def _check_end(
    table: PriceTable, calendar: TradingCalendar, end: np.datetime64 | None
) -> tuple[Finding, ...]:
    last = table.sessions[-1]
    if end is None or end <= last:
        return ()
    known_end = min(end, np.datetime64(calendar.last_date))
    absent = int((calendar.sessions(last, max(last, known_end)) > last).sum())
    if absent == 0:
        return ()
    return (
        Finding(
            code="END_NOT_REACHED",
            severity=Severity.WARNING,
            where="end",
            message=f"Prices end on {last}, {absent} sessions before the end asked "
            f"for, {end}; the simulation ends there.",
            fix=f"Load newer prices, or ask for end={last}.",
            count=absent,
        ),
    )


def _check_rows(table: PriceTable, calendar: TradingCalendar) -> tuple[Finding, ...]:
    """Return findings where rows and the calendar's sessions differ."""
    rows = table.sessions
    expected = calendar.sessions(rows[0], rows[-1])
    if np.array_equal(rows, expected):
        return ()
    missing = expected[~np.isin(expected, rows, assume_unique=True)]
    surplus = rows[~np.isin(rows, expected, assume_unique=True)]
    findings = []
    if len(missing):
        findings.append(
            Finding(
                code="MISSING_SESSION",
                severity=Severity.WARNING,
                where="prices",
                message=f"{len(missing)} sessions of {calendar.name} have no row "
                f"({_shown(missing)}); a rebalancing due then happens on the next row.",
                fix="Load the missing rows, or choose the calendar the prices are of.",
                count=len(missing),
                samples=_samples(missing),
            )
        )
    if len(surplus):
        findings.append(
            Finding(
                code="OFF_CALENDAR_ROW",
                severity=Severity.WARNING,
                where="prices",
                message=f"{len(surplus)} rows are on days that are no session of "
                f"{calendar.name} ({_shown(surplus)}).",
                fix="Drop them, or choose the calendar the prices are of.",
                count=len(surplus),
                samples=_samples(surplus),
            )
        )
    return tuple(findings)


def _check_spacing(table: PriceTable) -> tuple[Finding, ...]:
    """Return a finding where figures a year would be of rows that are no sessions."""
    if len(table.sessions) < 3:
        return ()
    spacing = float(np.median(np.diff(table.sessions).astype(np.int64)))
    if spacing <= _DAILY:
        return ()
    per_year = round(DAYS_PER_YEAR / spacing)
    return (
        Finding(
            code="ROWS_NOT_DAILY",
            severity=Severity.WARNING,
            where="prices",
            message=f"Rows are {spacing:g} days apart, but volatility and the ratios "
            "made from it take every row for one of 252 sessions a year.",
            fix="Take them from fl.performance(result.path['nav'].pct_change(), "
            f"periods_per_year={per_year}).",
        ),
    )


def _samples(sessions: SessionArray) -> tuple[str, ...]:
    return tuple(str(session) for session in sessions[:_SHOWN])


def _shown(sessions: SessionArray) -> str:
    more = ", …" if len(sessions) > _SHOWN else ""
    return ", ".join(_samples(sessions)) + more
