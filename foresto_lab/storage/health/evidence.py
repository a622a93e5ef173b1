"""What the checks of a store look at, gathered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foresto_lab.market.calendars import DEFAULT_CALENDAR, get_calendar
from foresto_lab.storage.health.report import HealthLimits

if TYPE_CHECKING:
    from foresto_lab.scenarios import Instrument
    from foresto_lab.storage.workspace import Storage
    from foresto_lab.types import SessionArray

PARTITION_COLUMNS = (
    "table",
    "name",
    "first_day",
    "end_day",
    "row_estimate",
    "size_bytes",
)


@dataclass(frozen=True, eq=False)
class StoreEvidence:
    """A store as it stood at one instant, for the checks to judge."""

    storage: Storage
    now: datetime
    limits: HealthLimits
    data_version: str
    instruments: Mapping[str, Instrument]
    coverage: pd.DataFrame
    partitions: pd.DataFrame


def gather(storage: Storage, now: datetime, limits: HealthLimits) -> StoreEvidence:
    """Return the evidence of a store; ``now`` is an aware instant."""
    version = storage.series.data_version()
    instruments = {item.symbol: item for item in storage.catalog.instruments()}
    return StoreEvidence(
        storage=storage,
        now=now,
        limits=limits,
        data_version=version,
        instruments=instruments,
        coverage=_coverage(storage, instruments, now),
        partitions=_partitions(storage),
    )


def calendar_of(instruments: Mapping[str, Instrument], symbol: str) -> str:
    """Return the calendar that a symbol's rows follow; XKRX when it is unknown."""
    known = instruments.get(symbol)
    return DEFAULT_CALENDAR if known is None else known.calendar


def _coverage(
    storage: Storage, instruments: Mapping[str, Instrument], now: datetime
) -> pd.DataFrame:
    """Return one row an instrument; see ``HealthReport.coverage``."""
    rows = storage.series.coverage()
    returns = storage.series.return_coverage().set_index("symbol")["row_count"]
    symbols = [str(symbol) for symbol in rows["symbol"]]
    calendars = np.array([calendar_of(instruments, s) for s in symbols], dtype=object)
    first = rows["first_date"].to_numpy().astype("datetime64[D]")
    last = rows["last_date"].to_numpy().astype("datetime64[D]")
    count = rows["row_count"].to_numpy(dtype=np.int64)
    expected = np.zeros(len(rows), dtype=np.int64)
    lag = np.zeros(len(rows), dtype=np.int64)
    for name in dict.fromkeys(calendars):
        chosen = calendars == name
        expected[chosen] = sessions_between(str(name), first[chosen], last[chosen])
        lag[chosen] = _completed_since(str(name), last[chosen], now)
    ageless = [s in instruments and instruments[s].simulated for s in symbols]
    lag[np.array(ageless, dtype=np.bool_)] = 0
    return pd.DataFrame(
        {
            "symbol": symbols,
            "calendar": calendars,
            "first_date": rows["first_date"],
            "last_date": rows["last_date"],
            "row_count": count,
            "expected_count": expected,
            "missing_count": np.maximum(expected - count, 0),
            "coverage": np.minimum(count / np.maximum(expected, 1), 1.0),
            "lag_sessions": lag,
            "return_count": returns.reindex(symbols).fillna(0).to_numpy(np.int64),
        }
    )


def sessions_between(
    calendar: str, first: SessionArray, last: SessionArray
) -> np.ndarray:
    """Return how many sessions lie from each first date to its last, both included.

    Dates outside the calendar's years count only as far as it reaches.
    """
    known = get_calendar(calendar)
    low, high = np.datetime64(known.first_date), np.datetime64(known.last_date)
    begin, end = np.clip(first, low, high), np.clip(last, low, high)
    counted = known.session_number(end) - known.session_number(begin)
    return np.asarray(counted + known.is_session(begin), dtype=np.int64)


def _completed_since(calendar: str, last: SessionArray, now: datetime) -> np.ndarray:
    """Return how many sessions were over by yesterday, after each last date.

    Yesterday, UTC: by then every exchange has closed the session of that date.
    """
    yesterday = np.datetime64(now.date()) - np.timedelta64(1, "D")
    counted = sessions_between(calendar, last, np.full(len(last), yesterday))
    own = get_calendar(calendar)
    low, high = np.datetime64(own.first_date), np.datetime64(own.last_date)
    counted -= own.is_session(np.clip(last, low, high))
    return np.where(last >= yesterday, 0, counted)


def _partitions(storage: Storage) -> pd.DataFrame:
    if storage.database.dialect != "postgresql":
        return pd.DataFrame(columns=list(PARTITION_COLUMNS))
    from foresto_lab.storage.postgresql.partitions import list_partitions

    with storage.postgres.connection() as connection:
        found = list_partitions(connection)
    rows = [
        {name: getattr(partition, name) for name in PARTITION_COLUMNS}
        for partition in found
    ]
    return pd.DataFrame(rows, columns=list(PARTITION_COLUMNS))
