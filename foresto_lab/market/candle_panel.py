"""The candles of many symbols on one index, side by side in one array."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from foresto_lab.errors import CandleTableError
from foresto_lab.market.candle_table import (
    CandleTable,
    parse_candles,
    parse_symbol_columns,
    tables_of,
)
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D, Int64Array2D

PRICE_FIELDS: Final = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True, eq=False)
class CandlePanel:
    """The candles of many symbols, checked, on the union of their open times.

    Parameters
    ----------
    tables : mapping of symbol to CandleTable
        Each with the bars that it has.
    open_times : (n_bars,)
        Microseconds since 1970 UTC, ascending and unique.
    values : (n_rows, n_bars)
        One row a field of a symbol; NaN where the symbol has no bar.
    rows : (n_symbols, 4)
        Which rows of ``values`` are a symbol's open, high, low, close.
    """

    tables: Mapping[str, CandleTable]
    open_times: Int64Array1D
    values: Float64Array2D
    rows: Int64Array2D
    first_bars: Int64Array1D = field(init=False)
    last_bars: Int64Array1D = field(init=False)

    def __post_init__(self) -> None:
        empty = np.array([len(table) == 0 for table in self.tables.values()])
        for name, place in (("first_bars", 0), ("last_bars", -1)):
            ends = [t.open_times[place] for t in self.tables.values() if len(t)]
            bars = np.full(len(self.tables), -1, dtype=np.int64)
            bars[~empty] = np.searchsorted(self.open_times, ends)
            object.__setattr__(self, name, bars)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of their columns."""
        return tuple(self.tables)

    @property
    def index(self) -> pd.DatetimeIndex:
        """The open times, UTC, named ``open_time``."""
        times = self.open_times.view("datetime64[us]")
        return pd.DatetimeIndex(times, name="open_time", copy=False).tz_localize("UTC")

    def closes_of(self, column: int) -> Float64Array1D:
        """Return the closes of the symbol in a column, NaN where it has no bar."""
        closes: Float64Array1D = self.values[self.rows[column, 3]]
        return closes

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.open_times)


def parse_candle_panel(
    candles: pd.DataFrame | Mapping[str, pd.DataFrame | CandleTable],
) -> CandlePanel:
    """Return the candles of many symbols, checked and side by side.

    Parameters
    ----------
    candles : DataFrame with columns (symbol, field), or mapping of symbol to candles
        Open times are UTC; a symbol needs no bar at each of them.

    Raises
    ------
    CandleTableError, CandleValueError
        As ``parse_candle_tables`` does; also where there is no symbol.
    """
    if not isinstance(candles, Mapping):
        columns = parse_symbol_columns(candles)
        _require_symbols(columns.symbols)
        rows = np.ascontiguousarray(columns.places[:, :4])
        return CandlePanel(tables_of(columns), columns.times, columns.values, rows)
    tables = {
        str(symbol): parse_candles(table, symbol=str(symbol))
        for symbol, table in candles.items()
    }
    _require_symbols(tables)
    times = _union_of([table.open_times for table in tables.values()])
    values, rows = _side_by_side(tables, times)
    return CandlePanel(tables, times, values, rows)


def _require_symbols(symbols: Collection[str]) -> None:
    if not symbols:
        raise CandleTableError(
            message="There is no symbol in these candles. Give at least one."
        )


def _union_of(times: list[Int64Array1D]) -> Int64Array1D:
    """Return the open times that any symbol has."""
    longest = max(times, key=len)
    if all(_is_stretch(own, longest) for own in times):
        return longest
    union: Int64Array1D = np.unique(np.concatenate(times))
    return union


def _is_stretch(own: Int64Array1D, whole: Int64Array1D) -> bool:
    """Return whether some times are a part of others without a gap."""
    if own is whole or len(own) == 0:
        return True
    first = int(np.searchsorted(whole, own[0]))
    return bool(np.array_equal(own, whole[first : first + len(own)]))


def _side_by_side(
    tables: Mapping[str, CandleTable], times: Int64Array1D
) -> tuple[Float64Array2D, Int64Array2D]:
    """Return the prices as rows of one array."""
    rows = np.arange(4 * len(tables), dtype=np.int64).reshape(len(tables), 4)
    values = np.empty((4 * len(tables), len(times)))
    for place, table in enumerate(tables.values()):
        bars: slice | Int64Array1D = slice(None)
        if len(table) < len(times):
            bars = np.searchsorted(times, table.open_times)
            values[4 * place : 4 * place + 4] = np.nan
        for row, name in enumerate(PRICE_FIELDS, 4 * place):
            values[row, bars] = table.column(name)
    return values, rows
