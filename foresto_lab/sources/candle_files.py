"""Files of candles: a CSV's or Parquet's columns to candles of one or more symbols."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import DataFileError
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.market.candle_quality.repeated import count_differing
from foresto_lab.market.candle_quality.rows import CandleRows, candle_rows
from foresto_lab.market.candle_table import spacing_of, time_text
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.candle_options import LAST, CandleOptions
from foresto_lab.sources.files import file_checksum, read_raw, unused_headers
from foresto_lab.sources.headers import HEADERS, plain
from foresto_lab.sources.numbers import UnreadableNumbersError, parse_numbers
from foresto_lab.sources.open_times import UnreadableTimesError, parse_open_times
from foresto_lab.sources.options import LoadOptions
from foresto_lab.sources.raw_table import RawTable, place_of
from foresto_lab.types import Float64Array1D, Int64Array1D, Severity

_MORE_HEADERS: Mapping[str, tuple[str, ...]] = {
    "date": ("open time", "time", "t", "ts", "candle time", "시간", "일시", "시각"),
    "open": ("o",),
    "high": ("h",),
    "low": ("l",),
    "close": ("c",),
    "volume": ("v", "base volume"),
}
_FIELD_OF = {
    plain(name): field
    for field in ("date", "symbol", *CANDLE_FIELDS)
    for name in (*HEADERS[field], *_MORE_HEADERS.get(field, ()))
}
_TIMEFRAMES = "|".join(map(str, Timeframe))
_NAME_WITH_TIMEFRAME = re.compile(rf"(.+?)[_\-. ]({_TIMEFRAMES})(?:[_\-. ].*)?")
_SUFFIXES = (".gz", ".csv", ".tsv", ".txt", ".parquet", ".pq")


@dataclass(frozen=True, slots=True, eq=False)
class CandleFile:
    """What a file of candles holds, not yet held against any quality rule.

    Attributes
    ----------
    series : tuple of CandleRows
        The candles of each symbol, with what of their order was found.
    columns : mapping of field to header
        Which column each field was taken from.
    unused : tuple of str
        The headers that nothing was taken from.
    findings : tuple of Finding
        What had to be understood, or was asked to be done.
    checksum : str
        SHA-256 of the file's bytes.
    """

    path: Path
    series: tuple[CandleRows, ...]
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    findings: tuple[Finding, ...]
    checksum: str


def read_candle_file(
    path: Path,
    options: CandleOptions | None = None,
    *,
    calendar: TradingCalendar | None = None,
) -> CandleFile:
    """Read a CSV (also gzipped) or Parquet file of candles.

    Nothing is corrected silently: what cannot be read in one way only is refused with
    the option that would decide it.

    Raises
    ------
    DataFileError
        The file is not there, is no CSV or Parquet, lacks a column, or holds times,
        numbers or symbols that are none.
    UnknownNameError
        The options name a column that is not there.
    """
    options = options or CandleOptions()
    raw = read_raw(path, options.for_reading, choose_candle_columns)
    reader = _CandleReader(raw, options, path)
    series = reader.read(calendar)
    used = {name: raw.headers[places[0]] for name, places in raw.places.items()}
    used = {("time" if name == "date" else name): used[name] for name in used}
    return CandleFile(
        path=path,
        series=series,
        columns=MappingProxyType(used),
        unused=unused_headers(raw),
        findings=tuple(reader.findings),
        checksum=file_checksum(path),
    )


def choose_candle_columns(
    headers: Sequence[str], options: LoadOptions, path: Path
) -> dict[str, tuple[int, ...]]:
    """Return the place of the column of each field; the time goes by ``date``.

    Raises
    ------
    DataFileError
        No column holds a field, or more than one may.
    UnknownNameError
        The mapping names a column that is not there.
    """
    chosen = {
        name: place_of(headers, header) for name, header in options.mapping.items()
    }
    found: dict[str, list[int]] = {}
    for place, header in enumerate(headers):
        name = _FIELD_OF.get(plain(header))
        if name and name not in chosen and place not in chosen.values():
            found.setdefault(name, []).append(place)
    for name, places in found.items():
        if len(places) > 1:
            shown = " and ".join(repr(headers[place]) for place in places)
            given = "time" if name == "date" else name
            raise DataFileError(
                path=str(path),
                reason=f"the columns {shown} may both hold the {given}.",
                fix=f"Say which: --map {given}={headers[places[0]]}.",
            )
    chosen |= {name: places[0] for name, places in found.items()}
    for name in ("date", *CANDLE_FIELDS):
        if name not in chosen:
            given = "time" if name == "date" else name
            shown = ", ".join(repr(header) for header in headers[:12])
            raise DataFileError(
                path=str(path),
                reason=f"no column holds the {given}; the columns are {shown}.",
                fix=f"Name it with --map {given}=COLUMN; or, where there is no header, "
                "all of them: --columns time,open,high,low,close,volume.",
            )
    return {name: (place,) for name, place in chosen.items()}


class _CandleReader:
    """Reads one file's columns; collects what a person should know of it."""

    def __init__(self, raw: RawTable, options: CandleOptions, path: Path) -> None:
        self._raw = raw
        self._options = options
        self._path = path
        self._name = _stem(path)
        self.findings: list[Finding] = list(raw.findings)

    def read(self, calendar: TradingCalendar | None) -> tuple[CandleRows, ...]:
        """Return the candles of each symbol, in the order of the file's symbols."""
        if not len(self._column("date")):
            raise self._refusal("the file holds no candles.", "Fetch it again.")
        times = self._times()
        values = {name: self._numbers(name) for name in CANDLE_FIELDS}
        series = []
        for symbol, rows in self._rows_by_symbol(len(times)):
            own_times = times if rows is None else times[rows]
            own = {k: v if rows is None else v[rows] for k, v in values.items()}
            own_times, own = self._in_order(symbol, own_times, own)
            timeframe = self._timeframe(symbol, own_times)
            series.append(
                candle_rows(own_times, own, timeframe, symbol=symbol, calendar=calendar)
            )
        return tuple(series)

    # --- columns ----------------------------------------------------------------------

    def _column(self, field: str) -> pa.ChunkedArray:
        return self._raw.columns[self._raw.places[field][0]]

    def _times(self) -> Int64Array1D:
        try:
            parsed = parse_open_times(self._column("date"), self._options.timezone)
        except UnreadableTimesError as error:
            raise self._refusal(error.reason, error.fix) from None
        if parsed.written == "days":
            self._note(
                "DAYS_AS_UTC",
                Severity.INFO,
                "The times are days without a time; each candle opens at midnight UTC.",
            )
        times: Int64Array1D = parsed.instants.cast(pa.int64()).to_numpy()
        return times

    def _numbers(self, field: str) -> Float64Array1D:
        try:
            numbers = parse_numbers(self._column(field))
        except UnreadableNumbersError as error:
            shown = ", ".join(repr(sample) for sample in error.samples)
            header = self._raw.headers[self._raw.places[field][0]]
            raise self._refusal(
                f"{error.count:,} values of column {header!r} are no numbers: {shown} "
                f"(first in row {error.first_row + 1}).",
                "Write digits and a point for decimals; or name the right column with "
                "--map.",
            ) from None
        filled: Float64Array1D = pc.fill_null(numbers, np.nan).to_numpy()
        return filled

    def _rows_by_symbol(
        self, n_rows: int
    ) -> list[tuple[str, npt.NDArray[np.int64] | None]]:
        """Return each symbol with its rows; None for all of them."""
        if "symbol" not in self._raw.places:
            return [(self._options.symbol or self._symbol_of_name(), None)]
        column = self._column("symbol").cast(pa.string()).dictionary_encode()
        codes = column.combine_chunks()
        names = [str(name or "").strip() for name in codes.dictionary.to_pylist()]
        if codes.null_count or not all(names):
            raise self._refusal("some rows have no symbol.", "Leave these rows out.")
        if self._options.symbol is not None and len(set(names)) > 1:
            raise self._refusal(
                f"the file holds {len(names):,} symbols, but "
                f"symbol={self._options.symbol!r} was given.",
                "Leave --symbol out.",
            )
        if len(names) == 1:
            return [(self._options.symbol or names[0], None)]
        places = codes.indices.to_numpy()
        return [
            (name, np.flatnonzero(places == code)) for code, name in enumerate(names)
        ]

    # --- what the name says ----------------------------------------------------------

    def _symbol_of_name(self) -> str:
        match = _NAME_WITH_TIMEFRAME.fullmatch(self._name)
        return match[1] if match else self._name

    def _timeframe(self, symbol: str, times: Int64Array1D) -> Timeframe:
        given = self._options.timeframe
        if given is not None:
            return Timeframe.parse(given)
        match = _NAME_WITH_TIMEFRAME.fullmatch(self._name)
        if match:
            return Timeframe.parse(match[2])
        found = spacing_of(np.unique(times))
        if found is None:
            raise self._refusal(
                f"how long the candles of {symbol} last cannot be told from their "
                "spacing.",
                "Say it: --timeframe 1m.",
            )
        self._note(
            "TIMEFRAME_INFERRED",
            Severity.INFO,
            f"The candles of {symbol} are taken to be of {found}, the most frequent "
            "spacing.",
            fix="Name another with --timeframe.",
        )
        return found

    # --- what was asked for ----------------------------------------------------------

    def _in_order(
        self, symbol: str, times: Int64Array1D, values: dict[str, Float64Array1D]
    ) -> tuple[Int64Array1D, dict[str, Float64Array1D]]:
        """Drop repeated candles and sort, each only where it was asked for."""
        if self._options.drop_empty_rows:
            times, values = self._without_empty_rows(symbol, times, values)
        kept = np.arange(len(times))
        if self._options.deduplicate is not None:
            kept = self._without_repeats(symbol, times, values)
        if self._options.sort and (np.diff(times[kept]) < 0).any():
            late = times[kept] < np.maximum.accumulate(times[kept])
            self._note(
                "CANDLES_SORTED",
                Severity.WARNING,
                f"{symbol}: {late.sum():,} of {len(kept):,} candles stood after one of "
                "a later time; they were put in order, as asked for.",
                count=int(late.sum()),
            )
            kept = kept[np.argsort(times[kept], kind="stable")]
        if len(kept) == len(times) and (np.diff(kept) == 1).all():
            return times, values
        return times[kept], {name: column[kept] for name, column in values.items()}

    def _without_empty_rows(
        self, symbol: str, times: Int64Array1D, values: dict[str, Float64Array1D]
    ) -> tuple[Int64Array1D, dict[str, Float64Array1D]]:
        """Leave out rows without any price: missing or zero, all four of them."""
        prices = (values[name] for name in ("open", "high", "low", "close"))
        empty = np.logical_and.reduce([np.isnan(p) | (p == 0) for p in prices])
        if not empty.any():
            return times, values
        self._note(
            "EMPTY_ROWS_DROPPED",
            Severity.WARNING,
            f"{symbol}: {empty.sum():,} of {len(times):,} rows had no price, or only "
            "zeros; they were left out, as asked for.",
            count=int(empty.sum()),
            samples=tuple(time_text(int(t)) for t in times[empty][:5]),
        )
        return times[~empty], {k: column[~empty] for k, column in values.items()}

    def _without_repeats(
        self, symbol: str, times: Int64Array1D, values: Mapping[str, Float64Array1D]
    ) -> npt.NDArray[np.intp]:
        """Return the rows to keep, in the order of the file."""
        order = np.argsort(times, kind="stable")
        again = np.flatnonzero(np.diff(times[order]) == 0) + 1
        if not len(again):
            return np.sort(order)
        in_time = {name: column[order] for name, column in values.items()}
        rows = CandleRows(symbol, Timeframe("1m"), times[order], in_time, again)
        differing = count_differing(rows, again)
        which = self._options.deduplicate
        self._note(
            "CANDLES_DEDUPLICATED",
            Severity.WARNING,
            f"{symbol}: {len(again):,} candles open at the same instant as another, "
            f"{differing:,} of them with other values; the {which} of each was kept, "
            "as asked for.",
            count=len(again),
            samples=tuple(time_text(int(t)) for t in times[order][again[:5]]),
        )
        dropped = again - 1 if which == LAST else again
        return np.sort(np.delete(order, dropped))

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


def _stem(path: Path) -> str:
    name = path.name
    while name.lower().endswith(_SUFFIXES):
        name = name[: name.rindex(".")]
    return name
