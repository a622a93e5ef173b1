"""CSV files: delimiter, header and layout by the first lines, the rows by Arrow."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from foresto_lab.errors import DataFileError
from foresto_lab.findings import Finding
from foresto_lab.sources.dates import looks_like_date
from foresto_lab.sources.headers import recognised_field
from foresto_lab.sources.numbers import EMPTY
from foresto_lab.sources.options import UNUSED, WIDE, YFINANCE, LoadOptions
from foresto_lab.sources.raw_table import ColumnChooser, RawTable, choose_columns
from foresto_lab.sources.text_content import to_utf8
from foresto_lab.types import Severity

DELIMITERS = (",", "\t", ";", "|")
_HEAD_LINES = 20
_QUOTED = re.compile(r'"[^"]*"')
_TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the rows: the columns' names, and how many lines it takes."""

    names: tuple[str, ...]
    line_count: int
    symbol: str | None = None


def read_csv(
    content: bytes,
    path: Path,
    options: LoadOptions,
    choose: ColumnChooser = choose_columns,
) -> RawTable:
    """Return the columns of a CSV that hold a field, as texts or numbers.

    ``choose`` says which columns do, by their headers.

    Raises
    ------
    DataFileError
        The content is no text, has no header, an unknown one, or ragged lines.
    """
    text, encoding = to_utf8(content, path, options.encoding)
    lines = _first_lines(text)
    if not any(line.strip() for line in lines):
        raise DataFileError(
            path=str(path), reason="the file is empty.", fix="Fetch it again."
        )
    delimiter = options.delimiter or _delimiter(lines)
    head = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    header = _header(head, options, path)
    places: dict[str, tuple[int, ...]]
    if options.columns is not None:
        places = {
            name: (place,)
            for place, name in enumerate(options.columns)
            if name != UNUSED
        }
    else:
        places = choose(header.names, options, path)
    columns = _read_columns(text, header, places, delimiter, options, path)
    findings = _encoding_finding(encoding, path, given=options.encoding is not None)
    return RawTable(header.names, places, columns, header.symbol, findings)


def _first_lines(text: bytes) -> list[str]:
    head = text[: 1 << 20].decode("utf-8", errors="ignore")
    return head.splitlines()[:_HEAD_LINES]


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that the first line has most of, outside quotes."""
    first = _QUOTED.sub("", next(line for line in lines if line.strip()))
    return max(DELIMITERS, key=first.count)


# --- the header -------------------------------------------------------------------


def _header(head: Sequence[Sequence[str]], options: LoadOptions, path: Path) -> Header:
    filled = (i for i, cells in enumerate(head) if any(c.strip() for c in cells))
    above = next(filled, None)
    if above is None:
        raise DataFileError(
            path=str(path),
            reason="its first lines hold nothing but quotes and delimiters.",
            fix="Fetch it again.",
        )
    first = [cell.strip() for cell in head[above]]
    if options.layout == YFINANCE:
        return _yfinance_header(head, path)
    if _is_yfinance(head):
        raise DataFileError(
            path=str(path),
            reason="this is the stacked header of a yfinance download: a line of "
            "price names, lines of tickers, a line 'Date'. A first price column named "
            "only 'Price' holds the adjusted close.",
            fix=f"Read it as such with --layout {YFINANCE}.",
        )
    if options.columns is not None:
        return _named_columns(first, above, options.columns, path)
    if any(looks_like_date(cell) for cell in first):
        raise DataFileError(
            path=str(path),
            reason=f"there is no header: the first line is {', '.join(first)}.",
            fix="Name the columns in order, _ for one not used: "
            "--columns date,open,high,low,close,volume",
        )
    return Header(tuple(first), above + 1)


def _named_columns(
    first: Sequence[str], above: int, columns: Sequence[str], path: Path
) -> Header:
    if not any(looks_like_date(cell) for cell in first) and any(
        recognised_field(cell) for cell in first
    ):
        raise DataFileError(
            path=str(path),
            reason=f"columns were named, but there is a header: {', '.join(first)}.",
            fix="Leave --columns out, and name what is not recognised with --map.",
        )
    if len(columns) != len(first):
        raise DataFileError(
            path=str(path),
            reason=f"{len(columns)} columns were named, but a line has {len(first)}: "
            f"{', '.join(first)}.",
            fix="Name every column in order, _ for one not used.",
        )
    return Header(tuple(columns), above)


def _is_yfinance(head: Sequence[Sequence[str]]) -> bool:
    return (
        len(head) > 2
        and [row[0].strip() for row in head[:2] if row] == ["Price", "Ticker"]
        and _date_line(head) is not None
    )


def _date_line(head: Sequence[Sequence[str]]) -> int | None:
    """Return the line of a stacked header that says 'Date' and nothing else."""
    for place, row in enumerate(head[:6]):
        if row and row[0].strip() == "Date" and not any(c.strip() for c in row[1:]):
            return place
    return None


def _yfinance_header(head: Sequence[Sequence[str]], path: Path) -> Header:
    """Return the true names under a stacked header, and its one ticker."""
    date_line = _date_line(head)
    if not _is_yfinance(head) or date_line is None:
        raise DataFileError(
            path=str(path),
            reason=f"there is no stacked yfinance header (layout {YFINANCE}).",
            fix="Leave --layout out.",
        )
    tickers = sorted({cell.strip() for cell in head[1][1:] if cell.strip()})
    if len(tickers) != 1:
        raise DataFileError(
            path=str(path),
            reason=f"the stacked header names {len(tickers)} tickers: "
            f"{', '.join(tickers[:8])}.",
            fix="Download with group_by='ticker', or one file per ticker.",
        )
    names = ["adj_close" if cell.strip() == "Price" else cell for cell in head[0][1:]]
    return Header(("Date", *names), date_line + 1, symbol=tickers[0])


# --- the rows ---------------------------------------------------------------------


def _read_columns(
    text: bytes,
    header: Header,
    places: Mapping[str, tuple[int, ...]],
    delimiter: str,
    options: LoadOptions,
    path: Path,
) -> dict[int, pa.ChunkedArray]:
    """Read the columns needed, numbers at once where they are plainly written."""
    wanted = sorted({place for found in places.values() for place in found})
    texts = {*places.get("date", ()), *places.get("symbol", ())}
    if options.layout == WIDE:
        wanted = list(range(len(header.names)))
    numbers = {place: pa.float64() for place in wanted if place not in texts}
    kinds = {place: _TEXT for place in wanted if place in texts}
    try:
        return _arrow_read(text, header, delimiter, {**kinds, **numbers})
    except pa.ArrowInvalid:  # separators, or no numbers: they are looked at as texts
        kinds |= dict.fromkeys(numbers, pa.string())
    try:
        return _arrow_read(text, header, delimiter, kinds)
    except pa.ArrowInvalid as error:
        raise DataFileError(
            path=str(path),
            reason=f"the lines cannot be read as CSV ({_brief(error)}).",
            fix="Every line needs as many cells as the header has.",
        ) from None


def _arrow_read(
    text: bytes, header: Header, delimiter: str, kinds: Mapping[int, pa.DataType]
) -> dict[int, pa.ChunkedArray]:
    names = [str(place) for place in range(len(header.names))]
    table = pa_csv.read_csv(
        pa.BufferReader(text),
        read_options=pa_csv.ReadOptions(
            skip_rows=header.line_count, column_names=names
        ),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter),
        convert_options=pa_csv.ConvertOptions(
            column_types={str(place): kind for place, kind in kinds.items()},
            include_columns=[str(place) for place in kinds],
            null_values=list(EMPTY),
        ),
    )
    return {place: table[str(place)] for place in kinds}


def _brief(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("CSV parse error: ")[:160]


def _encoding_finding(encoding: str, path: Path, *, given: bool) -> tuple[Finding, ...]:
    if given or encoding == "utf-8":
        return ()
    return (
        Finding(
            code="ENCODING_DETECTED",
            severity=Severity.INFO,
            message=f"The text was read as {encoding}.",
            where=path.name,
            fix="Name another with --encoding, if the symbols look wrong.",
            details={"encoding": encoding},
        ),
    )
