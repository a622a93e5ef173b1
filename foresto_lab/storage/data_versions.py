"""Data versions: names for the states of a table that mean the same on every store.

A name is ``<table>@<number>-<12 hex digits>``, such as ``daily_price@3-9f3c2a7b41de``;
a table that never had rows is at ``<table>@none``. The number counts the loads that
changed rows. The digits are the start of the SHA-256 of the name before, a line break
and the content digest of the rows that came in: a chain, so that the same loads in the
same order have the same names everywhere and different data never share one.

The content digest of rows is the SHA-256 over the SHA-256 digests (32 bytes each) of
their columns in the layout's order, of rows sorted by their key:

- text: for each run of equal values the length of its UTF-8 bytes (uint32), the bytes,
  and the number of rows (uint64);
- dates: days since 1970-01-01 (int32); instants: microseconds since then (int64);
- floats: their bits (float64). Null and every NaN are the one NaN 0x7ff8000000000000;
  -0.0 is not 0.0, because what is stored keeps the sign.

All numbers are little-endian. How a table is chunked, whether its text is encoded as a
dictionary and in what order its rows and columns come makes no difference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foresto_lab.errors import InputError
from foresto_lab.storage.layouts import DAILY_PRICE, TableLayout

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from foresto_lab.storage.sorted_rows import Codes, Parts, SortedRows, Texts

EMPTY = "none"
"""What stands for the number in the data version of a table without data."""

DIGEST_DIGITS = 12

_NAME = re.compile(
    r"(?P<table>[a-z][a-z0-9_]*)@"
    r"(?:none|(?P<number>[1-9][0-9]{0,17})(?:-(?P<digest12>[0-9a-f]{12}))?)"
)
_ROWS_PER_BLOCK = 131_072
"""Rows looked through for NaN and hashed while they are in the processor's cache."""

_THREADS = 2


@dataclass(frozen=True, slots=True)
class DataVersion:
    """The parts of a data version's name.

    Attributes
    ----------
    table : str
        The table it names a state of.
    number : int
        How many loads changed rows; 0 for a table that never had any.
    digest12 : str
        The start of the chained digest. Empty for a table that never had rows, and for
        states of lakes written before data versions carried one: their names, such as
        ``daily_price@12``, go by the number of a commit.
    """

    table: str
    number: int = 0
    digest12: str = ""

    @property
    def name(self) -> str:
        """The name as users see it."""
        if not self.number:
            return f"{self.table}@{EMPTY}"
        digest = f"-{self.digest12}" if self.digest12 else ""
        return f"{self.table}@{self.number}{digest}"

    @classmethod
    def parse(cls, name: str) -> DataVersion:
        """Return the parts of a name.

        Raises
        ------
        InputError
            It is not a name of a data version.
        """
        found = _NAME.fullmatch(name)
        if not found:
            raise InputError(
                message=f"{name!r} does not name a data version; names look like "
                "daily_price@3-9f3c2a7b41de or daily_price@none."
            )
        return cls(found["table"], int(found["number"] or 0), found["digest12"] or "")


def first(table: str) -> str:
    """Return the name of the state that a table is in before its first row."""
    return DataVersion(table).name


def following(previous_name: str, content_digest: str) -> str:
    """Return the name of the state that a load leaves a table in.

    Parameters
    ----------
    previous_name : str
        The name of the state that the load found.
    content_digest : str
        The content digest of all rows that came in, those that changed nothing too.
    """
    previous = DataVersion.parse(previous_name)
    chained = hashlib.sha256(f"{previous_name}\n{content_digest}".encode()).hexdigest()
    number = previous.number + 1
    return DataVersion(previous.table, number, chained[:DIGEST_DIGITS]).name


def content_digest(rows: pa.Table, layout: TableLayout = DAILY_PRICE) -> str:
    """Return the content digest of a load's rows, 64 hex digits.

    Raises
    ------
    InputError
        A column is missing or of another type, or a key is null.
    QualityError
        Two rows have the same key.
    """
    from foresto_lab.storage.sorted_rows import parse_parts

    return parts_digest(parse_parts(rows, layout, "The load"), layout)


def rows_digest(rows: SortedRows) -> str:
    """Return the content digest of sorted rows of a table without groups."""
    return parts_digest({"": rows}, rows.layout)


def parts_digest(parts: Parts, layout: TableLayout) -> str:
    """Return the content digest of rows that are sorted already, by group."""
    import numpy as np

    rows, groups, group_codes = _together(parts, layout)
    number = "<i4" if layout.has_days else "<i8"
    columns: list[Iterator[bytes | memoryview]] = [
        _text_parts(rows.symbols, rows.codes),
        *([_text_parts(groups, group_codes)] if layout.group else []),
        iter([np.ascontiguousarray(rows.times, number).data]),
        *(_float_parts(column) for column in rows.values.values()),
    ]
    if len(rows) <= _ROWS_PER_BLOCK:
        digests = list(map(_digest, columns))
    else:
        with ThreadPoolExecutor(_THREADS) as threads:
            digests = list(threads.map(_digest, columns))
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _together(parts: Parts, layout: TableLayout) -> tuple[SortedRows, Texts, Codes]:
    """Return the rows of all groups by symbol, group and time, and each one's group."""
    import numpy as np

    from foresto_lab.storage.sorted_rows import joined_rows, no_rows, union_of_symbols

    groups = np.array(sorted(parts), dtype=object)
    ordered = [parts[group] for group in groups] or [no_rows(layout)]
    lengths = [len(part) for part in ordered]
    codes = np.repeat(np.arange(len(ordered), dtype=np.int32), lengths)
    if len(ordered) == 1:
        return ordered[0], groups, codes
    symbols = union_of_symbols(ordered)
    joined = joined_rows([part.among(symbols) for part in ordered])
    places = np.lexsort((codes, joined.codes))
    return joined.take(places), groups, codes[places]


def _digest(parts: Iterator[bytes | memoryview]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def _text_parts(texts: Texts, codes: Codes) -> Iterator[bytes]:
    """Yield each run of equal texts; ``codes`` are places in ``texts``."""
    import numpy as np

    ends = np.append(np.flatnonzero(codes[1:] != codes[:-1]) + 1, len(codes))
    lengths = np.diff(ends, prepend=0)
    for end, length in zip(ends.tolist(), lengths.tolist(), strict=True):
        if length:
            text = texts[codes[end - 1]].encode()
            yield len(text).to_bytes(4, "little") + text + length.to_bytes(8, "little")


def _float_parts(column: npt.NDArray[np.float64]) -> Iterator[memoryview]:
    """Yield the bits of floats by blocks, with one NaN for all."""
    import numpy as np

    for start in range(0, len(column), _ROWS_PER_BLOCK):
        block = np.ascontiguousarray(column[start : start + _ROWS_PER_BLOCK], "<f8")
        missing = np.isnan(block)
        if missing.any():
            block = block.copy()
            block.view("<u8")[missing] = 0x7FF8000000000000
        yield block.data
