"""Rows of a series as arrays, sorted by symbol, then date, without duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import InputError, QualityError
from foresto_lab.findings import Finding
from foresto_lab.storage.layouts import TableLayout
from foresto_lab.types import Severity

Codes = npt.NDArray[np.int32]
Days = npt.NDArray[np.int32]
Keys = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Number = TypeVar("Number", np.int32, np.float64)
Values = Mapping[str, npt.NDArray[np.float64]]

_DAY_BITS = 32
_DAY_ZERO = 1 << 31
"""Added to a day's number, so that a key sorts days before 1970 right as well."""

SAMPLES = 5


@dataclass(frozen=True)
class SortedRows:
    """Rows ascending and unique by symbol, then date.

    Attributes
    ----------
    symbols : (n_symbols,) str
        Ascending and unique; every symbol that occurs, and maybe some that do not.
    codes : (n_rows,) int32
        Each row's place in ``symbols``.
    days : (n_rows,) int32
        Days since 1970-01-01.
    values : mapping of (n_rows,) float64
        The value columns; NaN where there is no value.
    """

    symbols: npt.NDArray[np.object_]
    codes: Codes
    days: Days
    values: Values

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    @cached_property
    def keys(self) -> Keys:
        """Symbol and date as one ascending integer a row."""
        return _keys(self.codes, self.days)

    def has_keys_of(self, other: SortedRows) -> bool:
        """Return whether both have the very same keys; their symbols must be one."""
        return np.array_equal(self.days, other.days) and np.array_equal(
            self.codes, other.codes
        )

    @cached_property
    def arrow(self) -> pa.Table:
        """The rows as a table that shares their memory; NaN is null."""
        symbol = pa.DictionaryArray.from_arrays(
            pa.array(self.codes), pa.array(self.symbols, pa.string())
        )
        date = pa.array(self.days).view(pa.date32())
        fields = (pa.array(v, from_pandas=True) for v in self.values.values())
        names = ["symbol", "date", *self.values]
        return pa.Table.from_arrays([symbol, date, *fields], names=names)

    def gather(self, runs: Sequence[slice]) -> SortedRows:
        """Return the rows of ascending runs."""
        if len(runs) == 1 and runs[0] == slice(0, len(self)):
            return self
        return SortedRows(
            self.symbols,
            _joined(self.codes, runs),
            _joined(self.days, runs),
            {name: _joined(column, runs) for name, column in self.values.items()},
        )

    def take(self, places: Places | Mask | slice) -> SortedRows:
        """Return some of the rows; ascending places keep them sorted."""
        values = {name: column[places] for name, column in self.values.items()}
        return SortedRows(self.symbols, self.codes[places], self.days[places], values)

    def among(self, symbols: npt.NDArray[np.object_]) -> SortedRows:
        """Return the same rows with their codes counted in a larger list."""
        if symbols is self.symbols:
            return self
        places = np.searchsorted(symbols, self.symbols).astype(np.int32)
        return SortedRows(symbols, places[self.codes], self.days, self.values)


def parse_rows(table: pa.Table, layout: TableLayout, source: str) -> SortedRows:
    """Return the rows of a table in any order as sorted rows.

    Null and NaN both mean that there is no value.

    Raises
    ------
    InputError
        A column is missing or of another type, or a symbol or date is null.
    QualityError
        Two rows have the same symbol and date.
    """
    columns = {name: _column(table, name, layout, source) for name in layout.columns}
    codes, symbols = _symbol_codes(columns["symbol"])
    days = columns["date"].view(pa.int32()).to_numpy()
    values = {n: _floats(columns[n]) for n in layout.fields}
    rows = SortedRows(symbols, codes, days, values)
    if not _ascending(codes, days):
        rows = rows.take(np.argsort(rows.keys, kind="stable"))
        _require_unique(rows, source)
    return rows


def merge_rows(parts: Sequence[SortedRows]) -> SortedRows:
    """Return the rows of several parts, which share no key, as one."""
    symbols = union_of_symbols(parts)
    shared = [part.among(symbols) for part in parts]
    merged = SortedRows(
        symbols,
        np.concatenate([part.codes for part in shared]),
        np.concatenate([part.days for part in shared]),
        {
            name: np.concatenate([part.values[name] for part in shared])
            for name in shared[0].values
        },
    )
    if _ascending(merged.codes, merged.days):
        return merged
    return merged.take(np.argsort(merged.keys, kind="stable"))


def union_of_symbols(parts: Sequence[SortedRows]) -> npt.NDArray[np.object_]:
    """Return the symbols of all parts, ascending and unique."""
    first = parts[0].symbols
    if all(np.array_equal(first, part.symbols) for part in parts[1:]):
        return first
    return np.unique(np.concatenate([part.symbols for part in parts]))


def _keys(codes: Codes, days: Days) -> Keys:
    keys = codes.astype(np.int64)
    keys <<= _DAY_BITS
    keys += days
    keys += _DAY_ZERO
    return keys


def _ascending(codes: Codes, days: Days) -> bool:
    """Return whether rows are ascending and unique by symbol, then date."""
    in_order = days[1:] > days[:-1]
    in_order &= codes[1:] == codes[:-1]
    in_order |= codes[1:] > codes[:-1]
    return bool(in_order.all())


def _joined(column: npt.NDArray[Number], runs: Sequence[slice]) -> npt.NDArray[Number]:
    return np.concatenate([column[run] for run in runs])


def _column(table: pa.Table, name: str, layout: TableLayout, source: str) -> pa.Array:
    if name not in table.column_names:
        raise InputError(
            message=f"{source}: column {name!r} is missing; the table needs "
            f"{', '.join(layout.columns)} and has {', '.join(table.column_names)}."
        )
    wanted = layout.file_schema().field(name)
    column = table.column(name)
    encoded = name == "symbol" and pa.types.is_dictionary(column.type)
    if not encoded and column.type != wanted.type:
        column = _cast(column, wanted, source)
    if not wanted.nullable and column.null_count:
        raise InputError(
            message=f"{source}: {column.null_count} rows have no {name}; every row "
            "needs a symbol and a date."
        )
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _cast(column: pa.ChunkedArray, wanted: pa.Field, source: str) -> pa.ChunkedArray:
    try:
        return column.cast(wanted.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            message=f"{source}: column {wanted.name!r} is {column.type} and cannot be "
            f"stored as {wanted.type}: {error}"
        ) from None


def _symbol_codes(column: pa.Array) -> tuple[Codes, npt.NDArray[np.object_]]:
    """Return each row's place in the ascending list of symbols, and the list.

    Rows usually come in long runs of one symbol, so runs are numbered, not rows.
    """
    if pa.types.is_dictionary(column.type):
        codes, names = column.indices, column.dictionary.cast(pa.string())
        lengths = None
    else:
        runs = pc.run_end_encode(column)
        numbered = pc.dictionary_encode(runs.values)
        codes, names = numbered.indices, numbered.dictionary
        lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    symbols, places = np.unique(
        names.to_numpy(zero_copy_only=False).astype(object), return_inverse=True
    )
    ranked: Codes = places.astype(np.int32)[codes.to_numpy()]
    return (ranked if lengths is None else np.repeat(ranked, lengths)), symbols


def _floats(column: pa.Array) -> npt.NDArray[np.float64]:
    floats: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    return floats


def _require_unique(rows: SortedRows, source: str) -> None:
    repeated = np.flatnonzero(rows.keys[1:] == rows.keys[:-1])
    if not len(repeated):
        return
    samples = tuple(
        f"{rows.symbols[rows.codes[row]]} {rows.days[row].astype('datetime64[D]')}"
        for row in repeated[:SAMPLES]
    )
    finding = Finding(
        code="DUPLICATE_KEY",
        severity=Severity.ERROR,
        message=f"{len(repeated)} rows repeat the symbol and date of another.",
        where="symbol, date",
        fix="Keep one row for each symbol and date.",
        count=len(repeated),
        samples=samples,
    )
    raise QualityError(source=source, findings=(finding,))
