"""Reading candles into frames, at the newest state or an earlier one.

Rows come by binary COPY and become arrays without passing through Python objects. They
lie in the order of time as a rule, and are sorted here where they do not. An earlier
state is told from the newest: without the runs of candles that later loads inserted,
and with the images of those that they replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.storage.layouts import CANDLES
from foresto_lab.storage.postgresql.arrow_session import (
    ArrowSession,
    arrow_session,
    arrow_snapshot,
    can_be_stored,
    literal,
)
from foresto_lab.storage.postgresql.series_versions import newest_state, number_of

if TYPE_CHECKING:
    from foresto_lab.storage.postgresql.database import PostgresDatabase

TABLE = CANDLES.name
Array: TypeAlias = npt.NDArray[Any]
Arrays: TypeAlias = dict[str, Array]
"""``open_time`` in microseconds since 1970-01-01, ascending, and fields."""

COVERAGE = """
SELECT symbol, timeframe, min(first_open) AS first_open, max(last_open) AS last_open,
    sum(row_count)::bigint AS row_count
FROM candles_loaded GROUP BY symbol, timeframe
"""

LOADED_LATER = """
SELECT first_open, last_open FROM candles_loaded
WHERE {series} AND number > {number} ORDER BY first_open
"""

REPLACED_LATER = """
SELECT DISTINCT ON (open_time) {columns} FROM candles_superseded
WHERE {where} AND superseded_by > {number} ORDER BY open_time, superseded_by
"""
"""The images that candles had, each by the first load that replaced it since."""


def candle_version(database: PostgresDatabase) -> str:
    """Return the name of the state that candles are in."""
    with arrow_session(database) as session:
        return newest_state(session, TABLE).name


def read_candles(
    database: PostgresDatabase,
    symbol: str,
    timeframe: Timeframe,
    fields: Sequence[str],
    start: datetime | None,
    end: datetime | None,
    data_version: str | None,
) -> pd.DataFrame:
    """Return one column per field, index ``open_time`` ascending.

    Raises
    ------
    UnknownNameError
        There is no candle of the series, or no such data version.
    """
    reading = _Reading(symbol, str(timeframe), fields, start, end)
    if data_version is None:
        with arrow_session(database) as session:
            arrays = reading.present(session)
            if not len(arrays["open_time"]):
                reading.require_series(session)
    else:
        with arrow_snapshot(database) as session:
            number = number_of(session, TABLE, data_version)
            arrays = reading.at_state(session, number)
            if not len(arrays["open_time"]):
                reading.require_series(session, number)
    opens = arrays["open_time"].view("datetime64[us]")
    index = pd.DatetimeIndex(opens, name="open_time", tz="UTC")
    return pd.DataFrame(
        {name: arrays[name] for name in fields}, index=index, copy=False
    )


def read_coverage(database: PostgresDatabase) -> pd.DataFrame:
    """Return ``symbol, timeframe, first_open, last_open, row_count``."""
    with arrow_session(database) as session:
        found = session.fetch(COVERAGE)
    instant = pa.timestamp("us", "UTC")
    kinds = (pa.string(), pa.string(), instant, instant, pa.int64())
    columns = [c.cast(kind) for c, kind in zip(found.columns, kinds, strict=True)]
    frame: pd.DataFrame = pa.table(columns, names=found.column_names).to_pandas()
    places = {str(timeframe): place for place, timeframe in enumerate(Timeframe)}
    by_length = frame.iloc[np.argsort(frame["timeframe"].map(places), kind="stable")]
    return by_length.sort_values("symbol", kind="stable", ignore_index=True)


class _Reading:
    """The statements that read one series, and the arrays that come of them."""

    def __init__(
        self,
        symbol: str,
        timeframe: str,
        fields: Sequence[str],
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        self._name = f"{symbol} {timeframe}"
        self._columns = tuple(dict.fromkeys(["open_time", *fields]))
        self._series = (
            f"symbol = {literal(symbol)} AND timeframe = {literal(timeframe)}"
            if can_be_stored(symbol)
            else "FALSE"
        )
        bounds = [
            f"open_time {sign} {literal(bound)}"
            for sign, bound in ((">=", start), ("<=", end))
            if bound is not None
        ]
        self._where = " AND ".join([self._series, *bounds])

    def present(self, session: ArrowSession) -> Arrays:
        """Return the candles as they are now."""
        columns = ", ".join(self._columns)
        return self._arrays(
            session.fetch(f"SELECT {columns} FROM {TABLE} WHERE {self._where}")
        )

    def at_state(self, session: ArrowSession, number: int) -> Arrays:
        """Return the candles as they were at the state of a number."""
        arrays = self.present(session)
        later = session.fetch(
            LOADED_LATER.format(series=self._series, number=literal(number))
        )
        if len(later):
            was_there = ~_covered(arrays["open_time"], later)
            arrays = {name: column[was_there] for name, column in arrays.items()}
        images = self._arrays(
            session.fetch(
                REPLACED_LATER.format(
                    columns=", ".join(self._columns),
                    where=self._where,
                    number=literal(number),
                )
            )
        )
        return _overlaid(arrays, images)

    def require_series(self, session: ArrowSession, number: int | None = None) -> None:
        """Refuse a series that had no candle at all at a state."""
        until = "" if number is None else f" WHERE number <= {literal(number)}"
        found = session.fetch(
            f"SELECT DISTINCT symbol, timeframe FROM candles_loaded{until}"
        )
        pairs = zip(
            found["symbol"].to_pylist(), found["timeframe"].to_pylist(), strict=True
        )
        known = tuple(sorted(f"{symbol} {timeframe}" for symbol, timeframe in pairs))
        if self._name not in known:
            raise UnknownNameError(kind="candles", given=self._name, allowed=known)

    def _arrays(self, table: pa.Table) -> Arrays:
        arrays: Arrays = {name: _array(table[name]) for name in self._columns}
        times = arrays["open_time"]
        if (times[1:] > times[:-1]).all():
            return arrays
        order = np.argsort(times, kind="stable")
        return {name: column[order] for name, column in arrays.items()}


def _array(column: pa.ChunkedArray) -> Array:
    """Return a column's numbers in an array of the caller's own."""
    kind = pa.float64() if pa.types.is_floating(column.type) else pa.int64()
    chunks = [chunk.view(kind).to_numpy() for chunk in column.chunks]
    return np.concatenate([np.empty(0, kind.to_pandas_dtype()), *chunks])


def _covered(times: Array, runs: pa.Table) -> npt.NDArray[np.bool_]:
    """Return whether each time lies in one of the runs, which may overlap."""
    first, last = _array(runs["first_open"]), _array(runs["last_open"])
    reach = np.maximum.accumulate(last)
    place = np.searchsorted(first, times, "right") - 1
    covered: npt.NDArray[np.bool_] = (place >= 0) & (times <= reach[place])
    return covered


def _overlaid(arrays: Arrays, images: Arrays) -> Arrays:
    """Return candles with the values of their images, where they have one."""
    times = arrays["open_time"]
    if not len(images["open_time"]) or not len(times):
        return arrays
    places = np.searchsorted(times, images["open_time"])
    places[places == len(times)] = 0
    found = times[places] == images["open_time"]
    for name, column in arrays.items():
        column[places[found]] = images[name][found]
    return arrays
