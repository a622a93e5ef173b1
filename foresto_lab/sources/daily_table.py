"""A file's columns to the canonical table of daily prices, and what was noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import DataFileError
from foresto_lab.findings import Finding
from foresto_lab.market.protocols import DAILY_PRICE_FIELDS
from foresto_lab.sources.dates import UnreadableDatesError, parse_dates
from foresto_lab.sources.numbers import UnreadableNumbersError, parse_numbers
from foresto_lab.sources.options import WIDE, LoadOptions
from foresto_lab.sources.raw_table import RawTable
from foresto_lab.types import Severity

_SUFFIXES = (".gz", ".csv", ".tsv", ".txt", ".parquet", ".pq")


class DailyTableReader:
    """Reads one file's columns; collects what a person should know of it.

    The steps are those of ``read``: every one either keeps the rows as they are, or
    leaves a finding that says what it did, or refuses the file.
    """

    def __init__(self, raw: RawTable, options: LoadOptions, path: Path) -> None:
        self._raw = raw
        self._options = options
        self._path = path
        self.findings: list[Finding] = list(raw.findings)

    def read(self) -> pa.Table:
        """Return symbol, date and the price fields, rows in the order of the file.

        Raises
        ------
        DataFileError
            Dates, numbers or symbols are none, or there are no rows.
        """
        wide = self._options.layout == WIDE
        table = self._wide_table() if wide else self._long_table()
        if self._options.drop_zero_rows:
            table = self._without_zero_rows(table)
        if self._options.halts_as_missing:
            table = self._without_halt_prices(table)
        if not len(table):
            raise self._refusal("the file holds no rows.", "Fetch it again.")
        table = self._with_adjusted_close(table)
        return self._oldest_first(table) if self._options.newest_first else table

    # --- long and wide ----------------------------------------------------------------

    def _long_table(self) -> pa.Table:
        fields = {
            name: self._numbers(self._column(name), self._header(name))
            for name in DAILY_PRICE_FIELDS
            if name in self._raw.places
        }
        days = self._days()
        symbols = self._symbols(len(days))
        table = pa.table({"symbol": symbols, "date": days, **fields})
        return self._without_empty_rows(table)

    def _wide_table(self) -> pa.Table:
        (date_place,) = self._raw.places["date"][:1]
        days = self._days()
        places = [place for place in self._raw.columns if place != date_place]
        if not places:
            raise self._refusal(
                "no column but the date.", "A wide file has one per symbol."
            )
        names = [self._raw.headers[place].strip() for place in places]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise self._refusal(
                f"two columns are named {twice!r}.", "Name every symbol once."
            )
        closes = [
            self._numbers(self._raw.columns[place], name)
            for place, name in zip(places, names, strict=True)
        ]
        codes = np.repeat(np.arange(len(names), dtype=np.int32), len(days))
        table = pa.table(
            {
                "symbol": pa.DictionaryArray.from_arrays(pa.array(codes), names),
                "date": pa.chunked_array([days] * len(names)),
                "close": pa.chunked_array(
                    [chunk for close in closes for chunk in close.chunks], pa.float64()
                ),
            }
        )
        return self._without_empty_rows(table.filter(pc.is_valid(table["close"])))

    # --- columns ------------------------------------------------------------------

    def _header(self, field: str) -> str:
        return self._raw.headers[self._raw.places[field][0]]

    def _column(self, field: str) -> pa.ChunkedArray:
        """Return a field's column; of two that stand for it, both must be equal."""
        first, *others = self._raw.places[field]
        column = self._raw.columns[first]
        for other in others:
            if not _same(column, self._raw.columns[other]):
                names = " and ".join(
                    repr(self._raw.headers[place]) for place in (first, other)
                )
                raise self._refusal(
                    f"the columns {names} both stand for the {field}, and differ.",
                    f"Say which: --map {field}={self._raw.headers[first]}.",
                )
        return column

    def _days(self) -> pa.Array:
        try:
            parsed = parse_dates(self._column("date"), self._options.date_format)
        except UnreadableDatesError as error:
            raise self._refusal(error.reason, error.fix) from None
        return parsed.days

    def _numbers(self, column: pa.ChunkedArray, header: str) -> pa.ChunkedArray:
        try:
            return parse_numbers(column)
        except UnreadableNumbersError as error:
            shown = ", ".join(repr(sample) for sample in error.samples)
            raise self._refusal(
                f"{error.count:,} values of column {header!r} are no numbers: {shown} "
                f"(first in row {error.first_row + 1}).",
                "Write digits, a point for decimals, commas between thousands only; "
                "or name the right column with --map.",
            ) from None

    def _symbols(self, row_count: int) -> pa.Array:
        """Return each row's symbol: by option, column, layout, or the file's name."""
        if "symbol" in self._raw.places:
            symbols = _encoded(self._symbol_column())
            given = [name for name in symbols.dictionary.to_pylist() if name]
            if self._options.symbol is None:
                return symbols
            if len(given) > 1:
                raise self._refusal(
                    f"the column {self._header('symbol')!r} names {len(given):,} "
                    f"symbols, but symbol={self._options.symbol!r} was given.",
                    "Leave --symbol out.",
                )
        symbol = self._options.symbol or self._raw.symbol or self._symbol_of_name()
        codes = pa.array(np.zeros(row_count, dtype=np.int32))
        return pa.DictionaryArray.from_arrays(codes, pa.array([symbol]))

    def _symbol_column(self) -> pa.ChunkedArray:
        column = self._column("symbol")
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            raise self._refusal(
                f"the symbols in column {self._header('symbol')!r} are stored as "
                f"numbers ({column[0]}): leading zeros, as in 005930, are lost.",
                "Save the column as text.",
            )
        return column

    def _symbol_of_name(self) -> str:
        name = self._path.name
        while (suffix := Path(name).suffix.lower()) in _SUFFIXES:
            name = name[: -len(suffix)]
        self._note(
            "SYMBOL_FROM_FILE_NAME",
            Severity.INFO,
            f"No column names the symbol, so it is {name!r}, after the file.",
            fix="Name another with --symbol.",
        )
        return name

    # --- rows ---------------------------------------------------------------------

    def _without_empty_rows(self, table: pa.Table) -> pa.Table:
        """Leave out rows without any value; refuse others without date or symbol."""
        lacking = {name: _lacks(table[name]) for name in ("date", "symbol")}
        if not any(pc.any(mask).as_py() for mask in lacking.values()):
            return table
        fields = [name for name in table.column_names if name in DAILY_PRICE_FIELDS]
        empty = lacking["date"]
        for name in fields:
            empty = pc.and_(empty, pc.is_null(table[name]))
        for name, mask in lacking.items():
            count = pc.sum(pc.and_not(mask, empty)).as_py()
            if count:
                raise self._refusal(
                    f"{count:,} rows have prices but no {name}.",
                    "Complete or remove them.",
                )
        self._note(
            "EMPTY_ROWS_SKIPPED",
            Severity.INFO,
            "Rows without any value were left out.",
            count=pc.sum(empty).as_py(),
        )
        return table.filter(pc.invert(empty))

    def _without_zero_rows(self, table: pa.Table) -> pa.Table:
        """Leave out rows whose every value is zero, as was asked for."""
        zero = pa.array(np.ones(len(table), dtype=np.bool_))
        for name in table.column_names:
            if name in DAILY_PRICE_FIELDS:
                given = pc.fill_null(pc.equal(table[name], 0.0), True)
                zero = pc.and_(zero, given)
        zero = pc.and_(zero, pc.is_valid(table["close"]))
        count = pc.sum(zero).as_py() or 0
        if not count:
            return table
        dates = table["date"].filter(zero).slice(0, 5).to_pylist()
        self._note(
            "ZERO_ROWS_DROPPED",
            Severity.WARNING,
            f"{count:,} of {len(table):,} rows held nothing but zeros and were left "
            "out, as asked for.",
            count=count,
            samples=tuple(str(day) for day in dates),
        )
        return table.filter(pc.invert(zero))

    def _without_halt_prices(self, table: pa.Table) -> pa.Table:
        """Empty the zero prices of days with a close but no volume, as asked for."""
        if "volume" not in table.column_names:
            return table
        still = pc.and_(pc.equal(table["volume"], 0.0), pc.greater(table["close"], 0.0))
        emptied = pa.array(np.zeros(len(table), dtype=np.bool_))
        for name in ("open", "high", "low"):
            if name in table.column_names:
                halted = pc.fill_null(pc.and_(still, pc.equal(table[name], 0.0)), False)
                column = pc.if_else(halted, pa.scalar(None, pa.float64()), table[name])
                place = table.column_names.index(name)
                table = table.set_column(place, name, column)
                emptied = pc.or_(emptied, halted)
        count = pc.sum(emptied).as_py() or 0
        if count:
            days = table["date"].filter(emptied).slice(0, 5).to_pylist()
            self._note(
                "HALT_PRICES_EMPTIED",
                Severity.WARNING,
                f"{count:,} of {len(table):,} rows had a close but no volume, and "
                "zeros for other prices; these were taken as missing, as asked for.",
                count=count,
                samples=tuple(str(day) for day in days),
            )
        return table

    def _with_adjusted_close(self, table: pa.Table) -> pa.Table:
        """Return all the price fields, the adjusted close by the file or the option."""
        adjusted = self._options.adjusted
        names = table.column_names
        if adjusted is False or "adj_close" not in names:
            names = [name for name in names if name != "adj_close"]
            table = table.select(names).append_column("adj_close", table["close"])
            self._note_adjustment(adjusted)
        nothing = pa.nulls(len(table), pa.float64())
        columns = {
            name: table[name] if name in table.column_names else nothing
            for name in ("symbol", "date", *DAILY_PRICE_FIELDS)
        }
        return pa.table(columns)

    def _note_adjustment(self, adjusted: bool | None) -> None:
        if adjusted is False:
            self._note(
                "UNADJUSTED",
                Severity.WARNING,
                "The close was taken although it is not adjusted, as asked for: "
                "returns leave out distributions and jump at splits.",
            )
        elif adjusted is None:
            self._note(
                "ADJUSTMENT_UNKNOWN",
                Severity.INFO,
                "There is no adjusted close, so the close stands for it.",
                fix="Say --adjusted if the close is adjusted, --unadjusted if not.",
            )

    def _oldest_first(self, table: pa.Table) -> pa.Table:
        """Turn round a file that runs backwards throughout, as was asked for."""
        days = pc.cast(table["date"], pa.int32()).to_numpy()
        codes = _codes(table["symbol"])
        if not _descends(days, codes):
            return table
        self._note(
            "NEWEST_FIRST",
            Severity.INFO,
            "The file runs from the newest day to the oldest; it was turned round, as "
            "asked for.",
            count=len(table),
        )
        return table.take(pa.array(np.arange(len(table) - 1, -1, -1)))

    # --- words --------------------------------------------------------------------

    def _refusal(self, reason: str, fix: str) -> DataFileError:
        return DataFileError(path=str(self._path), reason=reason, fix=fix)

    def _note(
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        fix: str = "",
        count: int = 1,
        samples: tuple[str, ...] = (),
    ) -> None:
        self.findings.append(
            Finding(
                code=code,
                severity=severity,
                message=message,
                where=self._path.name,
                fix=fix,
                count=count,
                samples=samples,
            )
        )


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    if _is_dictionary(one) and _is_dictionary(other):
        return bool(one.cast(pa.string()).equals(other.cast(pa.string())))
    return bool(one.equals(other))


def _is_dictionary(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_dictionary(column.type))


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return texts by code, blanks around them taken off; empty ones stay empty."""
    if not _is_dictionary(column):
        column = column.cast(pa.string()).dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    names = pc.utf8_trim_whitespace(array.dictionary.cast(pa.string()))
    if len(pc.unique(names)) == len(names):
        return pa.DictionaryArray.from_arrays(array.indices.cast(pa.int32()), names)
    return names.take(array.indices).dictionary_encode()


def _lacks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return where a column has no value, or an empty text."""
    if not _is_dictionary(column):
        return pc.is_null(column)
    codes = pa.chunked_array([chunk.indices for chunk in column.chunks])
    names = column.chunk(0).dictionary if column.num_chunks else pa.array([], "str")
    empty = pc.index(names, "").as_py()
    return pc.fill_null(pc.equal(codes, empty), True)


def _codes(symbols: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    codes: npt.NDArray[np.int32] = pa.chunked_array(
        [chunk.indices for chunk in symbols.chunks], pa.int32()
    ).to_numpy()
    return codes


def _descends(days: npt.NDArray[np.int32], codes: npt.NDArray[np.int32]) -> bool:
    """Return whether the rows run from newest to oldest, by symbol or as a whole."""
    earlier, later = days[1:] < days[:-1], days[1:] > days[:-1]
    follows = codes[1:] == codes[:-1]
    by_symbol = bool(follows.any()) and bool(earlier[follows].all())
    return by_symbol or (bool(earlier.any()) and not bool(later.any()))


def rows_by_symbol(table: pa.Table) -> Iterator[tuple[str, int]]:
    """Yield each symbol with its number of rows, in the order of the file."""
    counts = np.bincount(_codes(table["symbol"]))
    names = table["symbol"].chunk(0).dictionary.to_pylist()
    for name, count in zip(names, counts, strict=False):
        if count:
            yield str(name), int(count)
