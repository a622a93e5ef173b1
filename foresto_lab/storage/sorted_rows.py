"""Rows of a series as arrays, sorted by symbol, then time, without duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import InputError, QualityError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.storage.layouts import TableLayout
from foresto_lab.types import Severity

Codes: TypeAlias = npt.NDArray[np.int32]
Times: TypeAlias = npt.NDArray[np.int32 | np.int64]
Keys: TypeAlias = npt.NDArray[np.int64]
Places: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]
Number = TypeVar("Number", bound=np.generic)
Values: TypeAlias = Mapping[str, npt.NDArray[np.float64]]

KEY_BITS = 63
SAMPLES = 5
_FIRST_YEAR, _LAST_YEAR = np.datetime64("0001", "Y"), np.datetime64("9999", "Y")


@dataclass(frozen=True)
class SortedRows:
    """Rows of one group ascending and unique by symbol, then time.

    Attributes
    ----------
    layout : TableLayout
        The table they are rows of.
    symbols : (n_symbols,) str
        Ascending and unique; every symbol that occurs, and maybe some that do not.
    codes : (n_rows,) int32
        Each row's place in ``symbols``.
    times : (n_rows,) int32 or int64
        Days, or microseconds in UTC, since 1970-01-01.
    values : mapping of (n_rows,) float64
        The value columns; NaN where there is no value.
    """

    layout: TableLayout
    symbols: Texts
    codes: Codes
    times: Times
    values: Values

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def has_keys_of(self, other: SortedRows) -> bool:
        """Return whether both have the very same keys; their symbols must be one."""
        return np.array_equal(self.times, other.times) and np.array_equal(
            self.codes, other.codes
        )

    @cached_property
    def arrow(self) -> pa.Table:
        """The rows as a file holds them, sharing their memory; NaN is null."""
        symbol = pa.DictionaryArray.from_arrays(
            pa.array(self.codes), pa.array(self.symbols, pa.string())
        )
        time_type = self.layout.schema().field(self.layout.time).type
        time = pa.array(self.times).view(time_type)
        fields = (pa.array(v, from_pandas=True) for v in self.values.values())
        names = ["symbol", self.layout.time, *self.values]
        return pa.Table.from_arrays([symbol, time, *fields], names=names)

    def gather(self, runs: Sequence[slice]) -> SortedRows:
        """Return the rows of ascending runs."""
        if len(runs) == 1 and runs[0] == slice(0, len(self)):
            return self
        return SortedRows(
            self.layout,
            self.symbols,
            _joined(self.codes, runs),
            _joined(self.times, runs),
            {name: _joined(column, runs) for name, column in self.values.items()},
        )

    def take(self, places: Places | Mask | slice) -> SortedRows:
        """Return some of the rows; ascending places keep them sorted."""
        values = {name: column[places] for name, column in self.values.items()}
        return SortedRows(
            self.layout, self.symbols, self.codes[places], self.times[places], values
        )

    def among(self, symbols: Texts) -> SortedRows:
        """Return the same rows with their codes counted in a larger list."""
        if symbols is self.symbols:
            return self
        places = np.searchsorted(symbols, self.symbols).astype(np.int32)
        return SortedRows(
            self.layout, symbols, places[self.codes], self.times, self.values
        )


Parts: TypeAlias = Mapping[str, SortedRows]
"""Rows of a table by group; a table without groups has one part, ``""``."""


def parse_parts(table: pa.Table, layout: TableLayout, source: str) -> Parts:
    """Return the rows that a load brings, in any order, as sorted rows by group.

    Raises
    ------
    InputError
        A column is missing or of another type, a key or a needed value is missing, or
        a time lies outside the years 1 to 9999.
    UnknownNameError
        A row is of a group that the table does not have.
    QualityError
        Two rows have the same key.
    """
    columns = _columns(table, layout.columns, layout, source)
    rows = _unsorted(columns, layout)
    _require_years(rows, source)
    if layout.needs_values:
        _require_values(rows, source)
    return {
        group: _sorted(part, source, group)
        for group, part in _by_group(rows, columns).items()
    }


def parse_rows(table: pa.Table, layout: TableLayout, source: str) -> SortedRows:
    """Return rows of one group, in any order, as sorted rows.

    Null and NaN both mean that there is no value.

    Raises
    ------
    InputError
        A column is missing or of another type, or a symbol or time is null.
    QualityError
        Two rows have the same symbol and time.
    """
    names = [name for name in layout.columns if name not in layout.stored_in_path]
    return _sorted(_unsorted(_columns(table, names, layout, source), layout), source)


def no_rows(layout: TableLayout) -> SortedRows:
    """Return rows of a table without any."""
    number = np.int32 if layout.has_days else np.int64
    values = {name: np.empty(0) for name in layout.fields}
    symbols = np.empty(0, dtype=object)
    return SortedRows(
        layout, symbols, np.empty(0, np.int32), np.empty(0, number), values
    )


def merge_rows(parts: Sequence[SortedRows]) -> SortedRows:
    """Return the rows of several parts of a group, which share no key, as one."""
    symbols = union_of_symbols(parts)
    merged = joined_rows([part.among(symbols) for part in parts])
    return merged if _ascending(merged) else _in_order(merged)


def joined_rows(parts: Sequence[SortedRows]) -> SortedRows:
    """Return the rows of parts one after another; their symbols must be one list."""
    return SortedRows(
        parts[0].layout,
        parts[0].symbols,
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.times for part in parts]),
        {
            name: np.concatenate([part.values[name] for part in parts])
            for name in parts[0].values
        },
    )


def union_of_symbols(parts: Sequence[SortedRows]) -> Texts:
    """Return the symbols of all parts, ascending and unique."""
    first = parts[0].symbols
    if all(np.array_equal(first, part.symbols) for part in parts[1:]):
        return first
    return np.unique(np.concatenate([part.symbols for part in parts]))


def comparable_keys(parts: Sequence[SortedRows]) -> list[Keys]:
    """Return symbol and time as one ascending integer a row, the same in all parts.

    Their symbols must be one list. Times are counted from the first; should they span
    too much to be put beside the symbols, they are numbered.
    """
    times: list[Times] = [part.times for part in parts]
    filled = [each for each in times if len(each)]
    first = min((int(each.min()) for each in filled), default=0)
    last = max((int(each.max()) for each in filled), default=0)
    bits = (last - first).bit_length()
    if bits + len(parts[0].symbols).bit_length() > KEY_BITS:
        distinct = np.unique(np.concatenate(times))
        times = [np.searchsorted(distinct, each) for each in times]
        first, bits = 0, len(distinct).bit_length()
    return [
        _keys(part.codes, each, first, bits)
        for part, each in zip(parts, times, strict=True)
    ]


def _keys(codes: Codes, times: Times, first: int, bits: int) -> Keys:
    keys = codes.astype(np.int64)
    keys <<= bits
    keys += times
    keys -= first
    return keys


def _sorted(rows: SortedRows, source: str, group: str = "") -> SortedRows:
    if not _ascending(rows):
        rows = _in_order(rows)
        _require_unique(rows, source, group)
    return rows


def _in_order(rows: SortedRows) -> SortedRows:
    (keys,) = comparable_keys([rows])
    return rows.take(np.argsort(keys, kind="stable"))


def _ascending(rows: SortedRows) -> bool:
    """Return whether rows are ascending and unique by symbol, then time."""
    codes, times = rows.codes, rows.times
    in_order = times[1:] > times[:-1]
    in_order &= codes[1:] == codes[:-1]
    in_order |= codes[1:] > codes[:-1]
    return bool(in_order.all())


def _joined(column: npt.NDArray[Number], runs: Sequence[slice]) -> npt.NDArray[Number]:
    return np.concatenate([column[run] for run in runs])


# --- from Arrow -------------------------------------------------------------------


def _columns(
    table: pa.Table, names: Sequence[str], layout: TableLayout, source: str
) -> dict[str, pa.Array]:
    return {name: _column(table, name, layout, source) for name in names}


def _column(table: pa.Table, name: str, layout: TableLayout, source: str) -> pa.Array:
    if name not in table.column_names:
        raise InputError(
            message=f"{source}: column {name!r} is missing; the table needs "
            f"{', '.join(layout.columns)} and has {', '.join(table.column_names)}."
        )
    wanted = layout.schema().field(name)
    column = table.column(name)
    encoded = wanted.type == pa.string() and pa.types.is_dictionary(column.type)
    if not encoded and column.type != wanted.type:
        column = _cast(column, wanted, source)
    if not wanted.nullable and column.null_count:
        raise InputError(
            message=f"{source}: {column.null_count} rows have no {name}; every row "
            f"needs its {_key_words(layout)}."
        )
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _cast(column: pa.ChunkedArray, wanted: pa.Field, source: str) -> pa.ChunkedArray:
    is_instant = pa.types.is_timestamp(wanted.type)
    if is_instant and not getattr(column.type, "tz", None):
        raise InputError(
            message=f"{source}: column {wanted.name!r} is {column.type}, which has no "
            "time zone; give instants, such as timestamp[us, tz=UTC]."
        )
    try:
        return column.cast(wanted.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            message=f"{source}: column {wanted.name!r} is {column.type} and cannot be "
            f"stored as {wanted.type}: {error}"
        ) from None


def _unsorted(columns: Mapping[str, pa.Array], layout: TableLayout) -> SortedRows:
    """Return rows in the order they came in."""
    codes, symbols = _text_codes(columns["symbol"])
    number = pa.int32() if layout.has_days else pa.int64()
    times = columns[layout.time].view(number).to_numpy()
    values = {name: _floats(columns[name]) for name in layout.fields}
    return SortedRows(layout, symbols, codes, times, values)


def _by_group(rows: SortedRows, columns: Mapping[str, pa.Array]) -> Parts:
    """Return rows by their group, each in the order they came in."""
    layout = rows.layout
    if not layout.group:
        return {"": rows}
    codes, groups = _text_codes(columns[layout.group])
    present = np.unique(codes)
    for group in groups[present]:
        if group not in layout.groups:
            raise UnknownNameError(
                kind=layout.group, given=group, allowed=layout.groups
            )
    if len(present) == 1:
        return {groups[present[0]]: rows}
    return {groups[code]: rows.take(codes == code) for code in present}


def _text_codes(column: pa.Array) -> tuple[Codes, Texts]:
    """Return each row's place in the ascending list of texts, and the list.

    Rows usually come in long runs of one text, so runs are numbered, not rows.
    """
    if pa.types.is_dictionary(column.type):
        codes, names = column.indices, column.dictionary.cast(pa.string())
        lengths = None
    else:
        runs = pc.run_end_encode(column)
        numbered = pc.dictionary_encode(runs.values)
        codes, names = numbered.indices, numbered.dictionary
        lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    texts, places = np.unique(
        names.to_numpy(zero_copy_only=False).astype(object), return_inverse=True
    )
    ranked: Codes = places.astype(np.int32)[codes.to_numpy()]
    return (ranked if lengths is None else np.repeat(ranked, lengths)), texts


def _floats(column: pa.Array) -> npt.NDArray[np.float64]:
    floats: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    return floats


# --- refusals ---------------------------------------------------------------------


def _require_unique(rows: SortedRows, source: str, group: str) -> None:
    same = rows.times[1:] == rows.times[:-1]
    same &= rows.codes[1:] == rows.codes[:-1]
    repeated = np.flatnonzero(same)
    if not len(repeated):
        return
    words = _key_words(rows.layout)
    finding = Finding(
        code="DUPLICATE_KEY",
        severity=Severity.ERROR,
        message=f"{len(repeated)} rows repeat the {words} of another.",
        where=", ".join(rows.layout.key),
        fix=f"Keep one row for each {words}.",
        count=len(repeated),
        samples=tuple(_key_text(rows, row, group) for row in repeated[:SAMPLES]),
    )
    raise QualityError(source=source, findings=(finding,))


def _key_words(layout: TableLayout) -> str:
    *others, last = layout.key
    return f"{', '.join(others)} and {last}"


def _key_text(rows: SortedRows, row: np.int64, group: str) -> str:
    symbol = rows.symbols[rows.codes[row]]
    if rows.layout.has_days:
        return f"{symbol} {rows.times[row].astype('datetime64[D]')}"
    instant = rows.times[row].astype("datetime64[us]").item()
    return f"{symbol} {group} {instant.isoformat()}Z"


def _require_values(rows: SortedRows, source: str) -> None:
    for name, column in rows.values.items():
        missing = np.isnan(column)
        if missing.any():
            raise InputError(
                message=f"{source}: {int(missing.sum())} rows have no {name}; a row of "
                f"{rows.layout.name} has a value in every field."
            )


def _require_years(rows: SortedRows, source: str) -> None:
    """Refuse times that a date of the calendar cannot stand for."""
    if not len(rows):
        return
    unit = "datetime64[D]" if rows.layout.has_days else "datetime64[us]"
    for time in (rows.times.min(), rows.times.max()):
        if not _FIRST_YEAR <= time.astype(unit).astype("datetime64[Y]") <= _LAST_YEAR:
            raise InputError(
                message=f"{source}: column {rows.layout.time!r} has a time outside the "
                f"years 1 to 9999 ({time.astype(unit)}); see its unit and its source."
            )
