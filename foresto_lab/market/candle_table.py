"""Candles to compute on: from a loose DataFrame to arrays that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from foresto_lab.engine.candles import count_steps_kernel, first_fault_kernel
from foresto_lab.errors import CandleTableError, CandleValueError, UnknownNameError
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.timeframes import Timeframe, timeframe_of_spacing
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
    Int64Array2D,
)

_LOOKED_AT_FIRST = 1_001
_NOT_A_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, eq=False)
class CandleTable:
    """The candles of one symbol, checked; the arrays are read-only and contiguous.

    Parameters
    ----------
    open_times : (n_bars,) of int64
        Microseconds since 1970 UTC at which the bars open, ascending and unique.
    open, high, low, close : (n_bars,), quote currency
        Finite, 0 < low <= open, close <= high.
    volume : (n_bars,), units of the instrument
        Finite, 0 or more.
    timeframe : Timeframe, optional
        As given, else the most frequent spacing of the bars; None where that is no
        timeframe, or with fewer than two bars.
    symbol : str
    """

    open_times: Int64Array1D
    open: Float64Array1D
    high: Float64Array1D
    low: Float64Array1D
    close: Float64Array1D
    volume: Float64Array1D
    timeframe: Timeframe | None = None
    symbol: str = ""

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.open_times)

    def __repr__(self) -> str:
        """Return the symbol, the timeframe, and what span the bars cover."""
        name = self.symbol or "candles"
        span = f", {self.time(0)} to {self.time(len(self) - 1)}" if len(self) else ""
        return f"<CandleTable {name} {self.timeframe or '?'}: {len(self):,} bars{span}>"

    @property
    def index(self) -> pd.DatetimeIndex:
        """The open times, UTC, named ``open_time``."""
        times = self.open_times.view("datetime64[us]")
        return pd.DatetimeIndex(times, name="open_time", copy=False).tz_localize("UTC")

    def column(self, name: str) -> Float64Array1D:
        """Return one of ``open, high, low, close, volume``.

        Raises
        ------
        UnknownNameError
            There is no such column.
        """
        if name not in CANDLE_FIELDS:
            raise UnknownNameError(kind="column", given=name, allowed=CANDLE_FIELDS)
        column: Float64Array1D = getattr(self, name)
        return column

    def time(self, bar: int) -> str:
        """Return when a bar opens, to read: a day, or a minute and its zone."""
        return time_text(int(self.open_times[bar]))

    def first(self, n_bars: int) -> CandleTable:
        """Return the first bars, as views."""
        return self.slice(0, n_bars)

    def slice(self, first: int, last: int) -> CandleTable:
        """Return the bars from ``first`` up to, not including, ``last``, as views."""
        cut: dict[str, Any] = {
            name: getattr(self, name)[first:last]
            for name in ("open_times", *CANDLE_FIELDS)
        }
        return replace(self, **cut)

    def to_frame(self) -> pd.DataFrame:
        """Return a frame as callers give them, its columns views of the arrays."""
        columns = {name: self.column(name) for name in CANDLE_FIELDS}
        return pd.DataFrame(columns, index=self.index, copy=False)


def parse_candles(
    candles: pd.DataFrame | CandleTable,
    *,
    symbol: str = "",
    timeframe: str | Timeframe | None = None,
) -> CandleTable:
    """Return the candles of one symbol, checked.

    Nothing is copied where the columns are contiguous float64 already, as those of the
    stores are. Zero candles are allowed.

    Parameters
    ----------
    candles : DataFrame
        Columns ``open, high, low, close, volume``; others are not looked at. Index:
        when the bars open, with a time zone, ascending and unique. Not changed.
    symbol : str
        What the table is called; by default what a table given is called.
    timeframe : Timeframe or str, optional
        How long a bar lasts; by default the most frequent spacing.

    Raises
    ------
    CandleTableError
        It is no DataFrame, a column is missing, twice there or holds no numbers; the
        index is not one of instants, has no time zone, is unsorted or has duplicates.
    CandleValueError
        A bar has no value somewhere, a price that is zero, negative or infinite, a
        high below its low, an open or close outside them, or a negative volume.
    UnknownNameError
        There is no such timeframe.
    """
    known = None if timeframe is None else Timeframe.parse(timeframe)
    if isinstance(candles, CandleTable):
        return _renamed(candles, symbol, known)
    if not isinstance(candles, pd.DataFrame):
        raise CandleTableError(
            message="candles must be a DataFrame with open, high, low, close, volume "
            f"and an index of UTC open times; given {type(candles).__name__}."
        )
    _require_columns(candles.columns)
    times = _parse_times(candles.index)
    arrays = {name: _parse_column(candles[name], name) for name in CANDLE_FIELDS}
    return _checked(times, arrays, symbol, known)


def parse_candle_tables(
    candles: pd.DataFrame, *, timeframe: str | Timeframe | None = None
) -> dict[str, CandleTable]:
    """Return one checked table for each symbol of a frame that holds several.

    Parameters
    ----------
    candles : DataFrame
        Columns: a MultiIndex ``(symbol, field)``. Index as in ``parse_candles``, shared
        by all. A symbol has no bar where all five of its fields are NaN: before it was
        listed, after it was delisted, or while it did not trade. Such rows are left
        out of its table.
    timeframe : Timeframe or str, optional
        How long a bar lasts; by default each symbol's most frequent spacing.

    Raises
    ------
    CandleTableError, CandleValueError
        As ``parse_candles`` does, naming the symbol.
    """
    known = None if timeframe is None else Timeframe.parse(timeframe)
    return tables_of(parse_symbol_columns(candles), known)


class SymbolColumns(NamedTuple):
    """A frame of several symbols as arrays, its candles not checked yet.

    ``values`` is (n_columns, n_bars); ``places`` (n_symbols, 5) tells which of its rows
    are a symbol's open, high, low, close and volume.
    """

    times: Int64Array1D
    symbols: tuple[str, ...]
    places: Int64Array2D
    values: Float64Array2D


def parse_symbol_columns(candles: pd.DataFrame) -> SymbolColumns:
    """Return the columns of a frame that holds several symbols, one row a column.

    Raises
    ------
    CandleTableError
        As ``parse_candle_tables`` does, but for what is wrong within a column.
    """
    if not isinstance(candles, pd.DataFrame) or candles.columns.nlevels != 2:
        raise CandleTableError(
            message="Candles of several symbols must be a DataFrame whose columns are "
            "a MultiIndex (symbol, field), as pd.concat({symbol: frame}, axis=1) makes."
        )
    times = _parse_times(candles.index)
    _require_order(times, "")
    symbols = candles.columns.get_level_values(0).unique()
    fields = pd.MultiIndex.from_product([symbols, CANDLE_FIELDS])
    places = _places_of(candles.columns, fields).reshape(len(symbols), 5)
    return SymbolColumns(times, tuple(map(str, symbols)), places, _as_columns(candles))


def tables_of(
    columns: SymbolColumns, timeframe: Timeframe | None = None
) -> dict[str, CandleTable]:
    """Return one checked table for each symbol, of the bars that it has.

    Raises
    ------
    CandleValueError
        A bar of a symbol is no candle.
    """
    times, symbols, places, values = columns
    of_all = timeframe or spacing_of(times)
    tables = {}
    for symbol, chosen in zip(symbols, places, strict=True):
        bars = _bars_of(values[chosen[3]], values[chosen])
        arrays = {
            name: np.ascontiguousarray(values[place, bars])
            for name, place in zip(CANDLE_FIELDS, chosen, strict=True)
        }
        own = np.ascontiguousarray(times[bars])
        known = of_all if len(own) == len(times) else timeframe
        tables[symbol] = _checked(own, arrays, symbol, known)
    return tables


def _renamed(
    table: CandleTable, symbol: str, timeframe: Timeframe | None
) -> CandleTable:
    symbol = symbol or table.symbol
    timeframe = timeframe or table.timeframe
    if (symbol, timeframe) == (table.symbol, table.timeframe):
        return table
    return replace(table, symbol=symbol, timeframe=timeframe)


def _checked(
    times: Int64Array1D,
    arrays: dict[str, Float64Array1D],
    symbol: str,
    timeframe: Timeframe | None,
) -> CandleTable:
    fault = first_fault_kernel(times, *(arrays[name] for name in CANDLE_FIELDS))
    if fault < len(times):
        _require_order(times[: fault + 1], symbol)
        raise _value_error(times, arrays, fault, symbol)
    for array in (times, *arrays.values()):
        array.setflags(write=False)
    known = timeframe or spacing_of(times)
    return CandleTable(times, **arrays, timeframe=known, symbol=symbol)


# --- columns ------------------------------------------------------------------------


def _require_columns(columns: pd.Index[Any]) -> None:
    for name in CANDLE_FIELDS:
        count = int((columns == name).sum())
        if count == 1:
            continue
        reason = "is not there" if count == 0 else f"is there {count} times"
        shown = ", ".join(map(str, columns[:12])) or "none"
        raise CandleTableError(
            message=f"Column {name!r} of candles {reason}; the columns are: {shown}. "
            "Candles need open, high, low, close and volume, each once, in lower case.",
            column=name,
        )


def _parse_column(column: pd.Series[Any], name: str) -> Float64Array1D:
    dtype = column.dtype
    if not pd.api.types.is_numeric_dtype(dtype) or dtype.kind in "bc":
        raise CandleTableError(
            message=f"Column {name!r} of candles holds {dtype}, not numbers. Convert "
            f"it: pd.to_numeric(candles[{name!r}]).",
            column=name,
        )
    if dtype == np.float64:
        values = column.to_numpy()
    else:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    # A view of one's own, so that making it read-only leaves the caller's array alone.
    return np.ascontiguousarray(values).view()


def _places_of(columns: pd.Index[Any], fields: pd.MultiIndex) -> Int64Array1D:
    if not columns.is_unique:
        twice = columns[columns.duplicated()][0]
        raise CandleTableError(
            message=f"Column {twice!r} of candles is there more than once. Keep one."
        )
    places = columns.get_indexer(fields)
    if (places < 0).any():
        symbol, name = fields[int(np.argmax(places < 0))]
        raise CandleTableError(
            message=f"{symbol} has no column {name!r}. Each symbol needs open, high, "
            "low, close and volume, in lower case.",
            symbol=str(symbol),
            column=name,
        )
    return places.astype(np.int64)


def _as_columns(candles: pd.DataFrame) -> Float64Array2D:
    """Return the values as one contiguous row per column."""
    for name, dtype in candles.dtypes.items():
        if not pd.api.types.is_numeric_dtype(dtype) or dtype.kind in "bc":
            raise CandleTableError(
                message=f"Column {name!r} of candles holds {dtype}, not numbers.",
                column=name,
            )
    values = candles.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.ascontiguousarray(values.T)


def _bars_of(close: Float64Array1D, values: Any) -> slice | Int64Array1D:
    """Return the rows in which a symbol has a bar: a slice where they lie together."""
    if not np.isnan(close).any():
        return slice(None)
    present = np.flatnonzero(~np.isnan(values).all(axis=0))
    if not len(present):
        return slice(0, 0)
    first, last = int(present[0]), int(present[-1]) + 1
    return slice(first, last) if last - first == len(present) else present


# --- times --------------------------------------------------------------------------


def _parse_times(index: pd.Index[Any]) -> Int64Array1D:
    """Return the index as microseconds since 1970 UTC."""
    if not isinstance(index, pd.DatetimeIndex):
        shown = f", as in {index[0]!r}" if len(index) else ""
        raise CandleTableError(
            message="The index of candles must be the instants at which they open; it "
            f"is {type(index).__name__} of {index.dtype}{shown}. Set it: "
            "candles.index = pd.to_datetime(..., utc=True)."
        )
    if index.tz is None:
        raise CandleTableError(
            message="The index of candles has no time zone, so its instants are not "
            "known. Say which it is: candles.tz_localize('UTC'), or "
            "candles.tz_localize('Asia/Seoul') for times of an exchange."
        )
    instants = index if index.unit == "us" else _in_microseconds(index)
    times = np.ascontiguousarray(instants.asi8).view()
    if len(times) and times.min() == _NOT_A_TIME:
        raise CandleTableError(
            message="The index of candles holds a missing time (NaT). Drop that row."
        )
    return times


def _in_microseconds(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    finer = index.unit == "ns" and (index.asi8 % 1_000).any()
    if finer:
        raise CandleTableError(
            message="The index of candles is finer than a microsecond. Round it: "
            "candles.index.floor('us')."
        )
    return index.as_unit("us")


def _require_order(times: Int64Array1D, symbol: str) -> None:
    wrong = times[1:] <= times[:-1]
    if not wrong.any():
        return
    bar = int(np.argmax(wrong)) + 1
    time, before = time_text(int(times[bar])), time_text(int(times[bar - 1]))
    of = f" of {symbol}" if symbol else ""
    if (times[:bar] == times[bar]).any():
        raise CandleTableError(
            message=f"Candles{of} open at {time} more than once (again at bar {bar}). "
            "Keep one: candles[~candles.index.duplicated()].",
            time=time,
            bar=bar,
            symbol=symbol,
        )
    raise CandleTableError(
        message=f"Candles{of} are not ascending: {time} follows {before} at bar {bar}. "
        "Sort them: candles.sort_index().",
        time=time,
        bar=bar,
        symbol=symbol,
    )


def spacing_of(times: Int64Array1D) -> Timeframe | None:
    """Return the timeframe of the most frequent spacing."""
    if len(times) < 2:
        return None
    often = _most_frequent(times[:_LOOKED_AT_FIRST])
    if 2 * count_steps_kernel(times, often) < len(times):
        often = _most_frequent(times)
    return timeframe_of_spacing(often)


def _most_frequent(times: Int64Array1D) -> int:
    values, counts = np.unique(np.diff(times), return_counts=True)
    return int(values[np.argmax(counts)])


def time_text(microseconds: int) -> str:
    """Return an instant, to read: a day, or a time of it and its zone."""
    moment = np.datetime64(microseconds, "us")
    day, minute, second = (moment.astype(f"M8[{unit}]") for unit in "Dms")
    if moment == day:
        return str(day)
    return f"{minute if moment == minute else second if moment == second else moment}Z"


# --- values -------------------------------------------------------------------------


def _value_error(
    times: Int64Array1D, arrays: dict[str, Float64Array1D], bar: int, symbol: str
) -> CandleValueError:
    values = {name: float(array[bar]) for name, array in arrays.items()}
    field, reason = _fault_of(values)
    return CandleValueError(
        symbol=symbol,
        time=time_text(int(times[bar])),
        bar=bar,
        field=field,
        value=values[field],
        reason=reason,
    )


def _fault_of(values: dict[str, float]) -> tuple[str, str]:
    """Return the field that is wrong, and the bound that it breaks."""
    for name, value in values.items():
        if not np.isfinite(value):
            return name, "every value must be a finite number"
    for name in ("open", "high", "low", "close"):
        if values[name] <= 0:
            return name, "prices must be above 0"
    if values["volume"] < 0:
        return "volume", "a volume must be 0 or more"
    if values["high"] < values["low"]:
        return "high", f"it must not lie below the low, {values['low']!r}"
    low, high = values["low"], values["high"]
    name = "close" if low <= values["open"] <= high else "open"
    return name, f"it must lie between the low, {low!r}, and the high, {high!r}"
