"""Prices of several markets and currencies on one calendar, in one currency.

Two conventions hold everywhere:

- **Which price a session has.** An asset of the calendar's own market has its own
  close, and none where its row is missing. An asset of another market has its last
  known close: the one of the same date where that market closes no later, or the one
  before where it closes later. New York's close of a date comes 14 hours after
  Seoul's, so a session of XKRX holds New York's close of the date *before*
  (``close_timing="KNOWN"``). ``"SAME_DATE"`` puts both closes of a date in one row, as
  most tables do; a rule at that close then sees what was not known yet.
- **What it is worth.** The price times the exchange rate of the session. A hedged
  asset is converted at the first session's rate throughout: its return is that in its
  own currency, plus the carry stated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.market.dated_series import DatedSeries, dated_series
from foresto_lab.market.exchange_rates import (
    LONGEST_CARRY,
    rates_on,
    sessions_since,
)
from foresto_lab.market.price_table import parse_sessions
from foresto_lab.market.venues import Venue, calendar_close
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    SessionArray,
    Severity,
)

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.calendars import TradingCalendar

CARRY_YEAR: Final = 365.0
"""Calendar days in the year of a hedge's carry."""


class CloseTiming(StrEnum):
    """Which close of a market that closes later a session holds."""

    KNOWN = "KNOWN"
    SAME_DATE = "SAME_DATE"


class CalendarRows(StrEnum):
    """Which rows a table of several calendars has."""

    CALENDAR = "CALENDAR"
    UNION = "UNION"
    INTERSECTION = "INTERSECTION"


@dataclass(frozen=True, eq=False, kw_only=True)
class AlignedPrices:
    """Closes of assets of several markets on the same sessions, in own currencies.

    Parameters
    ----------
    sessions : (n_sessions,)
    assets : tuple of str
    prices : (n_sessions, n_assets)
        NaN where nothing was known, or the last known was too old.
    price_dates : (n_sessions, n_assets) datetime64[D]
        The date whose close it is; NaT where there is none.
    findings : tuple of Finding
    """

    sessions: SessionArray
    assets: tuple[str, ...]
    prices: Float64Array2D
    price_dates: np.ndarray[tuple[int, int], np.dtype[np.datetime64]]
    findings: tuple[Finding, ...]


def align_prices(
    prices: pd.DataFrame,
    venues: Mapping[str, Venue | None],
    calendar: TradingCalendar,
    *,
    rows: CalendarRows = CalendarRows.CALENDAR,
    close_timing: CloseTiming = CloseTiming.KNOWN,
) -> AlignedPrices:
    """Return the columns named by ``venues`` on common sessions.

    Parameters
    ----------
    prices : DataFrame
        NaN where a market was closed.
    venues : mapping of column to Venue
        None: of the calendar's own market.
    calendar : TradingCalendar
    rows : {"CALENDAR", "UNION", "INTERSECTION"}
        The calendar's sessions (those with a row, where one of its own assets is
        among them); every row; or only rows on which every asset has a close of its
        own date.
    close_timing : {"KNOWN", "SAME_DATE"}

    Raises
    ------
    PriceTableError
        The index is not one of ascending, unique dates.
    """
    dates = parse_sessions(prices.index)
    frame = prices.set_axis(dates, axis=0)
    own = {asset: is_home(venue, calendar) for asset, venue in venues.items()}
    sessions = _rows(frame, dates, own, calendar, rows)
    columns, quoted, findings = [], [], []
    for asset, venue in venues.items():
        quotes = dated_series(frame, asset)
        home = own[asset] and rows is CalendarRows.CALENDAR
        late = _closes_later(venue, calendar) and close_timing is CloseTiming.KNOWN
        values, of = quotes.last(sessions, strictly_before=late)
        limit = 0 if home else LONGEST_CARRY + int(late)
        age = sessions_since(of, sessions)
        stale = age > limit
        columns.append(np.where(stale, np.nan, values))
        quoted.append(np.where(stale, np.datetime64("NaT", "D"), of))
        if not home:
            findings += _findings(asset, sessions, quoted[-1], late, calendar.name)
    return AlignedPrices(
        sessions=sessions,
        assets=tuple(map(str, venues)),
        prices=np.column_stack(columns),
        price_dates=np.column_stack(quoted),
        findings=tuple(findings),
    )


def is_home(venue: Venue | None, calendar: TradingCalendar) -> bool:
    """Return whether a market's sessions are the calendar's."""
    return venue is None or venue.calendar == calendar.name


def _closes_later(venue: Venue | None, calendar: TradingCalendar) -> bool:
    if venue is None or venue.calendar == calendar.name:
        return False
    return venue.close_utc > calendar_close(calendar.name)


def _rows(
    frame: pd.DataFrame,
    dates: SessionArray,
    own: Mapping[str, bool],
    calendar: TradingCalendar,
    rows: CalendarRows,
) -> SessionArray:
    """Return the sessions of the table."""
    if rows is CalendarRows.UNION or len(dates) == 0:
        return dates
    if rows is CalendarRows.INTERSECTION:
        return dates[frame[list(own)].notna().all(axis=1).to_numpy()]
    sessions = calendar.sessions(dates[0], dates[-1])
    return sessions[np.isin(sessions, dates)] if any(own.values()) else sessions


def _findings(
    asset: str,
    sessions: SessionArray,
    quoted: SessionArray,
    late: bool,
    calendar: str,
) -> list[Finding]:
    """Return what a reader should know of an asset of another market."""
    findings = []
    if late:
        findings.append(
            Finding(
                code="CLOSE_KNOWN_LATER",
                severity=Severity.INFO,
                where=asset,
                message=f"{asset} closes after {calendar} does, so a session holds "
                f"{asset}'s close of the date before: the last that was known.",
                fix='For closes of one date in one row: close_timing="SAME_DATE".',
            )
        )
    repeated = _repeated(quoted)
    if repeated.any():
        days = sessions[repeated]
        findings.append(
            Finding(
                code="PRICE_CARRIED",
                severity=Severity.WARNING,
                where=asset,
                message=f"{asset} had no new close on {len(days)} sessions (the first "
                f"{days[0]}); its last one was carried forward.",
                fix="Load the missing rows where its market was open.",
                count=len(days),
                samples=tuple(map(str, days[:5])),
            )
        )
    return findings


def _repeated(quoted: SessionArray) -> BoolArray1D:
    repeated = np.zeros(len(quoted), dtype=np.bool_)
    repeated[1:] = quoted[1:] == quoted[:-1]
    return repeated


def convert_prices(
    aligned: AlignedPrices,
    currencies: Sequence[str],
    base_currency: str,
    rates: Mapping[str, DatedSeries],
    *,
    hedged: Sequence[str] = (),
    hedge_carry: Mapping[str, float] | None = None,
) -> tuple[Float64Array2D, tuple[Finding, ...]]:
    """Return the prices in base currency, and findings.

    A hedged asset's price is that in its own currency times the rate of the first
    session that has both, times ``(1 + carry) ** (days / 365)`` from there: a hedge
    renewed daily and free of cost, without the product of the asset's and the
    currency's return of one day.

    Raises
    ------
    ExchangeRateGapError
        A rate is missing for more than 5 sessions.
    """
    converted = aligned.prices.copy(order="F")
    findings: list[Finding] = []
    known: dict[str, Float64Array1D] = {}
    for currency in dict.fromkeys(currencies):
        if currency != base_currency:
            known[currency], told = rates_on(rates[currency], aligned.sessions)
            findings.extend(told)
    for place, (asset, currency) in enumerate(
        zip(aligned.assets, currencies, strict=True)
    ):
        if currency == base_currency:
            continue
        rate = known[currency]
        if asset in hedged:
            carry = (hedge_carry or {}).get(currency, 0.0)
            rate = _hedged_rate(aligned, place, rate, carry)
        converted[:, place] = aligned.prices[:, place] * rate
    return converted, tuple(findings)


def _hedged_rate(
    aligned: AlignedPrices, place: int, rate: Float64Array1D, carry: float
) -> Float64Array1D:
    """Return the first rate throughout, grown by the carry."""
    both = ~np.isnan(rate) & ~np.isnan(aligned.prices[:, place])
    if not both.any():
        return rate
    first = int(np.argmax(both))
    fixed = np.where(np.arange(len(rate)) < first, np.nan, rate[first])
    if carry == 0.0:
        return fixed
    days = aligned.sessions.astype(np.int64) - int(
        aligned.sessions[first].astype(np.int64)
    )
    grown: Float64Array1D = fixed * np.exp(math.log1p(carry) * days / CARRY_YEAR)
    return grown
