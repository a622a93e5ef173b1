"""Daily prices as arrays, in the order that the rules look at them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foresto_lab.errors import InputError
from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    import pandas as pd

Codes = npt.NDArray[np.int32]
Days = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

PRICES = ("open", "high", "low", "close", "adj_close")
_RADIX_SORTED = np.iinfo(np.uint16).max


@dataclass(frozen=True, eq=False)
class DailyRows:
    """Rows of daily prices, ascending by symbol, then date.

    Rows as they were given are put in order first; ``descents`` remembers where they
    were not. Rules look at neighbours, so each needs the order and none the sorting.

    Attributes
    ----------
    symbols : (n_symbols,) str
        In the order of their codes.
    codes : (n_rows,) int32
        Each row's place in ``symbols``.
    days : (n_rows,) int32
        Days since 1970-01-01.
    values : mapping of (n_rows,) float64
        ``open, high, low, close, adj_close, volume``; NaN where there is none.
    calendar : TradingCalendar
        What the dates are held against.
    descents : (n_descents,) int64
        Rows whose date lay before that of the same symbol's row above.
    """

    symbols: npt.NDArray[np.object_]
    codes: Codes
    days: Days
    values: dict[str, Float64Array1D]
    calendar: TradingCalendar
    descents: Places

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def symbol(self, place: int) -> str:
        """Return a row's symbol."""
        return str(self.symbols[self.codes[place]])

    def date(self, place: int) -> str:
        """Return a row's date as YYYY-MM-DD."""
        return str(np.datetime64(int(self.days[place]), "D"))

    @cached_property
    def follows(self) -> Mask:
        """Whether each row but the first is of the same symbol as the row before."""
        return np.asarray(self.codes[1:] == self.codes[:-1])

    @cached_property
    def day_steps(self) -> Days:
        """Days from each row's date to the next row's, (n_rows - 1,)."""
        return np.diff(self.days)

    @cached_property
    def last_places(self) -> Places:
        """The last row of each symbol, by symbol."""
        ends = np.flatnonzero(~self.follows)
        return np.append(ends, len(self) - 1) if len(self) else ends

    @cached_property
    def row_counts(self) -> Places:
        """The number of rows of each symbol that has any, by symbol."""
        return np.diff(self.last_places, prepend=-1)

    # --- the calendar, as tables over the days that occur --------------------------

    @cached_property
    def first_day(self) -> int:
        """The earliest date, in days since 1970-01-01."""
        return int(self.days.min())

    @cached_property
    def day_index(self) -> Days:
        """Each row's place in the tables over days."""
        return self.days - np.int32(self.first_day)

    @cached_property
    def day_dates(self) -> npt.NDArray[np.datetime64]:
        """Every day from the earliest date to the latest."""
        last = int(self.days.max()) + 1
        return np.arange(self.first_day, last).astype("datetime64[D]")

    @cached_property
    def rows_per_day(self) -> Places:
        """The number of rows of each of those days."""
        return np.bincount(self.day_index, minlength=len(self.day_dates))

    @cached_property
    def day_is_known(self) -> Mask:
        """Whether each of those days lies in the years that the calendar knows."""
        return self.calendar.knows(self.day_dates)

    @cached_property
    def day_is_session(self) -> Mask:
        """Whether each of those days is a session of the calendar."""
        flags = np.zeros(len(self.day_dates), dtype=np.bool_)
        known = self.day_is_known
        flags[known] = self.calendar.is_session(self.day_dates[known])
        return flags

    def on_days(self, wanted: Mask) -> Places:
        """Return the rows that fall on the days wanted, a flag per day."""
        if not self.rows_per_day[wanted].any():
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(wanted[self.day_index])


def parse_daily_rows(
    prices: pa.Table | pd.DataFrame, calendar: TradingCalendar
) -> DailyRows:
    """Return rows in any order, long, with the columns of daily prices, as arrays.

    Nothing is dropped and nothing changed. A price column that is missing counts as
    one without values, a missing adj_close as the close. The order of a symbol's rows
    is looked at before they are sorted.

    Raises
    ------
    InputError
        There is no symbol, date or close column, or a symbol or date is empty.
    """
    table = prices if isinstance(prices, pa.Table) else _from_frame(prices)
    for name in ("symbol", "date", "close"):
        _require(table, name)
    codes, symbols = _encoded(table["symbol"])
    days = _combined(table["date"]).cast(pa.date32()).view(pa.int32()).to_numpy()
    values = {name: _floats(table, name) for name in (*PRICES, "volume")}
    if "adj_close" not in table.column_names:
        values["adj_close"] = values["close"]
    grouped = _grouped(codes)
    if grouped is not None:
        codes, days = codes[grouped], days[grouped]
        values = {name: column[grouped] for name, column in values.items()}
    descents = np.flatnonzero((days[1:] < days[:-1]) & (codes[1:] == codes[:-1])) + 1
    if len(descents):
        by_date = np.lexsort((days, codes))
        descents = np.flatnonzero(np.isin(by_date, descents))
        codes, days = codes[by_date], days[by_date]
        values = {name: column[by_date] for name, column in values.items()}
    return DailyRows(symbols, codes, days, values, calendar, descents)


def _from_frame(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _require(table: pa.Table, name: str) -> None:
    if name not in table.column_names:
        raise InputError(
            message=f"Daily prices need a column {name!r}; there are "
            f"{', '.join(table.column_names)}."
        )
    if name != "close" and table[name].null_count:
        raise InputError(message=f"{table[name].null_count} rows have no {name}.")


def _combined(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, without a copy where it is one already."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _encoded(column: pa.ChunkedArray) -> tuple[Codes, npt.NDArray[np.object_]]:
    """Return each symbol's place among the distinct ones, and those."""
    array = _combined(column.unify_dictionaries())
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    symbols = np.asarray(array.dictionary.to_pylist(), dtype=object)
    return array.indices.to_numpy().astype(np.int32, copy=False), symbols


def _floats(table: pa.Table, name: str) -> Float64Array1D:
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    column = table[name]
    if not pa.types.is_float64(column.type):
        column = column.cast(pa.float64())
    floats: Float64Array1D = _combined(column).to_numpy(zero_copy_only=False)
    return floats


def _grouped(codes: Codes) -> Places | None:
    """Return the order that brings each symbol's rows together, None if they are."""
    if (codes[1:] >= codes[:-1]).all():
        return None
    if codes.max() <= _RADIX_SORTED:  # NumPy sorts 16-bit integers in linear time
        return np.argsort(codes.astype(np.uint16), kind="stable")
    return np.argsort(codes, kind="stable")
