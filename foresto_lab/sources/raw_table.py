"""A file's columns as found, with the field that each stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from foresto_lab.errors import DataFileError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.sources.headers import HEADERS, fields_of
from foresto_lab.sources.options import WIDE, LoadOptions


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """Columns of a file before anything in them is read.

    Attributes
    ----------
    headers : tuple of str
        Every column of the file, by place.
    places : mapping of field to places
        Which columns hold a field; more than one where two headers say so. In a wide
        file ``date`` alone; the columns of ``columns`` then are symbols.
    columns : mapping of place to column
        Those that were read.
    symbol : str, optional
        Whose prices they are, where the layout says so outside a column.
    findings : tuple of Finding
        What had to be understood to read the file.
    """

    headers: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]]
    columns: Mapping[int, pa.ChunkedArray]
    symbol: str | None = None
    findings: tuple[Finding, ...] = field(default=())


ColumnChooser: TypeAlias = Callable[
    [Sequence[str], LoadOptions, Path], dict[str, tuple[int, ...]]
]
"""From headers to the places of each field's columns."""


def choose_columns(
    headers: Sequence[str], options: LoadOptions, path: Path
) -> dict[str, tuple[int, ...]]:
    """Return the places of the columns of each field.

    Raises
    ------
    DataFileError
        No column holds the date, or the close of a long file.
    UnknownNameError
        The mapping names a column that is not there.
    """
    mapped = {
        name: (place_of(headers, header),) for name, header in options.mapping.items()
    }
    taken = {place for places in mapped.values() for place in places}
    found = {
        name: tuple(place for place in places if place not in taken)
        for name, places in fields_of(headers).items()
        if name not in mapped
    }
    chosen = {**{name: places for name, places in found.items() if places}, **mapped}
    if options.layout == WIDE:
        chosen = {name: chosen[name] for name in ("date",) if name in chosen}
    _require(chosen, headers, options, path)
    return chosen


def place_of(headers: Sequence[str], header: str) -> int:
    """Return the place of the column with this header.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    for place, name in enumerate(headers):
        if name.strip() == header.strip():
            return place
    raise UnknownNameError(kind="column", given=header, allowed=tuple(headers))


def _require(
    chosen: Mapping[str, tuple[int, ...]],
    headers: Sequence[str],
    options: LoadOptions,
    path: Path,
) -> None:
    needed = ("date",) if options.layout == WIDE else ("date", "close")
    for name in needed:
        if name in chosen:
            continue
        shown = ", ".join(repr(header) for header in headers[:12])
        example = ", ".join(HEADERS[name][:2] + HEADERS[name][-1:])
        fix = f"Name it with --map {name}=COLUMN (headers such as {example} are known)"
        if name == "close":
            fix += f"; if each column is a symbol, say --layout {WIDE}"
        raise DataFileError(
            path=str(path),
            reason=f"no column holds the {name}; the columns are {shown}.",
            fix=f"{fix}.",
        )
