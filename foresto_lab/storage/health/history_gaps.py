"""Sessions of an instrument's calendar, within its history, that have no row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.market.calendars import get_calendar
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.types import Severity

GROUP = 200
"""Instruments whose dates are read at once, which bounds the memory."""

MAX_SAMPLES = 5


def check_history_gaps(evidence: StoreEvidence) -> Iterator[Finding]:
    """Yield one finding an instrument with gaps.

    Only the dates of instruments whose number of rows is not that of the sessions are
    read; a gap that a row on a day without a session makes up for is left to
    ``foresto data quality``.
    """
    differing = evidence.coverage[evidence.coverage["missing_count"] > 0]
    symbols = differing["symbol"].tolist()
    for place in range(0, len(symbols), GROUP):
        yield from _gaps_of(evidence, symbols[place : place + GROUP])


def _gaps_of(evidence: StoreEvidence, symbols: Sequence[str]) -> Iterator[Finding]:
    rows = evidence.storage.series.daily_prices(
        symbols, fields=("close",), data_version=evidence.data_version
    )
    dates_of = {
        str(symbol): dates.to_numpy().astype("datetime64[D]")
        for symbol, dates in rows.groupby("symbol", sort=False)["date"]
    }
    calendars = evidence.coverage.set_index("symbol")["calendar"]
    for symbol in symbols:
        missing = _missing(str(calendars[symbol]), dates_of[symbol])
        if len(missing):
            yield Finding(
                "HISTORY_GAPS",
                Severity.WARNING,
                f"{len(missing):,} sessions of {calendars[symbol]} within its history "
                "have no row.",
                where=symbol,
                fix="Load them from another source, or check the calendar.",
                count=len(missing),
                samples=tuple(str(day) for day in missing[-MAX_SAMPLES:][::-1]),
            )


def _missing(calendar: str, dates: np.ndarray) -> np.ndarray:
    own = get_calendar(calendar)
    low, high = np.datetime64(own.first_date), np.datetime64(own.last_date)
    sessions = own.sessions(np.clip(dates[0], low, high), np.clip(dates[-1], low, high))
    return sessions[~np.isin(sessions, dates)]
