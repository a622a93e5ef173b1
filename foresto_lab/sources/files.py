"""A file of daily prices, read: the canonical table, and what was noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from foresto_lab.errors import DataFileError
from foresto_lab.findings import Finding
from foresto_lab.sources.csv_files import read_csv
from foresto_lab.sources.daily_table import DailyTableReader
from foresto_lab.sources.options import LoadOptions
from foresto_lab.sources.parquet_files import read_parquet
from foresto_lab.sources.raw_table import (
    ColumnChooser,
    RawTable,
    choose_columns,
)
from foresto_lab.sources.text_content import PARQUET_MAGIC, read_bytes


@dataclass(frozen=True, slots=True, eq=False)
class PriceFile:
    """What a file holds.

    Attributes
    ----------
    table : pyarrow.Table
        ``symbol`` (dictionary of string), ``date`` (date32), then ``open, high, low,
        close, adj_close, volume`` as float64, null where there is none. Rows as in the
        file; not yet held against any quality rule.
    columns : mapping of field to header
        Which column each field was taken from.
    unused : tuple of str
        The headers that nothing was taken from.
    findings : tuple of Finding
        What had to be understood, or was asked to be left out.
    checksum : str
        SHA-256 of the file's bytes.
    """

    path: Path
    table: pa.Table
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    findings: tuple[Finding, ...]
    checksum: str


def read_price_file(path: Path, options: LoadOptions | None = None) -> PriceFile:
    """Read a CSV (also gzipped) or Parquet file of daily prices.

    Nothing is corrected silently: what cannot be read in one way only is refused with
    the option that would decide it. Whether a file is Parquet is told by its content.

    Raises
    ------
    DataFileError
        The file is not there, is no CSV or Parquet, has no header or an unknown one,
        or holds dates, numbers or symbols that are none.
    UnknownNameError
        The options name a column that is not there.
    """
    options = options or LoadOptions()
    with ThreadPoolExecutor(1) as threads:
        checksum = threads.submit(file_checksum, path)
        raw = read_raw(path, options)
        reader = DailyTableReader(raw, options, path)
        table = reader.read()
    used = {name: raw.headers[places[0]] for name, places in raw.places.items()}
    return PriceFile(
        path=path,
        table=table,
        columns=MappingProxyType(used),
        unused=unused_headers(raw),
        findings=tuple(reader.findings),
        checksum=checksum.result(),
    )


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def read_raw(
    path: Path, options: LoadOptions, choose: ColumnChooser = choose_columns
) -> RawTable:
    """Read the columns that hold a field; what kind of file it is, its content tells.

    Raises
    ------
    DataFileError
        The file is not there, is no CSV or Parquet, or lacks a column.
    """
    if path.is_dir():
        raise DataFileError(
            path=str(path), reason="this is a folder.", fix="Name the files in it."
        )
    if is_parquet(path):
        return read_parquet(path, options, choose)
    return read_csv(read_bytes(path), path, options, choose)


def is_parquet(path: Path) -> bool:
    """Return whether a file begins as a Parquet file does."""
    try:
        with path.open("rb") as file:
            return file.read(4) == PARQUET_MAGIC
    except OSError:
        return False


def unused_headers(raw: RawTable) -> tuple[str, ...]:
    """Return the headers that nothing was taken from."""
    used = {place for places in raw.places.values() for place in places}
    used |= set(raw.columns)
    return tuple(
        header for place, header in enumerate(raw.headers) if place not in used
    )
