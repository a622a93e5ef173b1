"""Candles as a feed writes them into JSON, to a checked table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.open_times import parse_open_times

FIELD_NAMES: Mapping[str, tuple[str, ...]] = {
    "time": (
        *("open_time", "openTime", "timestamp", "time", "datetime", "date"),
        *("start", "ts", "t"),
    ),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
}
"""The names that a field goes by, the first that an entry has counts."""


class UnreadableEntriesError(ValueError):
    """What a feed holds is no list of candles; raised to its reader."""


def parse_entries(
    entries: Sequence[Any], symbol: str, timeframe: Timeframe
) -> CandleTable:
    """Return entries as candles; what else they hold, indicators say, is ignored.

    An entry is an object with the fields by one of their names, or a list of time,
    open, high, low, close, volume. Times are instants in ISO 8601, or numbers since
    1970 UTC; numbers may be written as texts. Newest first is turned round.

    Raises
    ------
    UnreadableEntriesError
        An entry is none, lacks a field, or its times are none.
    CandleTableError
        Entries are no candles, repeated, or in no order.
    """
    if not entries:
        return parse_candles(_frame([], {name: [] for name in CANDLE_FIELDS}))
    columns = {name: _column(entries, name) for name in FIELD_NAMES}
    times = _times(columns.pop("time"))
    frame = _frame(times, {k: _numbers(v, k) for k, v in columns.items()})
    if len(times) > 1 and (np.diff(times) < 0).all():
        frame = frame.iloc[::-1]
    return parse_candles(frame, symbol=symbol, timeframe=timeframe)


def parse_json_list(text: bytes | str) -> list[Any]:
    """Return the list that a text of JSON holds.

    Raises
    ------
    UnreadableEntriesError
        It is no JSON, or something else than a list.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableEntriesError(f"it is no JSON ({error})") from None
    if not isinstance(given, list):
        kind = type(given).__name__
        raise UnreadableEntriesError(f"it is JSON, but of a {kind}, not of a list")
    return given


def _column(entries: Sequence[Any], field: str) -> list[Any]:
    place = list(FIELD_NAMES).index(field)
    return [_value(entry, field, place, row) for row, entry in enumerate(entries)]


def _value(entry: Any, field: str, place: int, row: int) -> Any:
    if isinstance(entry, Mapping):
        for name in FIELD_NAMES[field]:
            if entry.get(name) is not None:
                return entry[name]
        shown = ", ".join(map(str, list(entry)[:12]))
        raise UnreadableEntriesError(f"entry {row} has no {field}; it has {shown}")
    if isinstance(entry, list) and len(entry) >= len(FIELD_NAMES):
        return entry[place]
    raise UnreadableEntriesError(f"entry {row} is no candle: {str(entry)[:80]!r}")


def _times(given: list[Any]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    texts = any(isinstance(value, str) for value in given)
    values = [str(value) for value in given] if texts else given
    try:
        parsed = parse_open_times(pa.chunked_array([pa.array(values)]))
    except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UnreadableEntriesError(f"its times are none: {reason}") from None
    times: np.ndarray[tuple[int], np.dtype[np.int64]]
    times = parsed.instants.cast(pa.int64()).to_numpy()
    return times


def _numbers(given: list[Any], field: str) -> Any:
    try:
        if any(isinstance(value, bool) for value in given):
            raise TypeError("a boolean")
        return np.array([float(value) for value in given])
    except (ValueError, TypeError, OverflowError) as error:
        raise UnreadableEntriesError(f"a {field} is no number ({error})") from None


def _frame(times: Any, columns: Mapping[str, Any]) -> pd.DataFrame:
    instants = np.asarray(times, dtype=np.int64).view("M8[us]")
    index = pd.DatetimeIndex(instants, tz="UTC", name="open_time")
    floats = {name: np.asarray(column, float) for name, column in columns.items()}
    return pd.DataFrame(floats, index=index)
