"""The Parquet files of a table: written whole, never changed, read back as rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foresto_lab.storage.lake.corruption import read_faults
from foresto_lab.storage.lake.faults import write_faults
from foresto_lab.storage.lake.layout import (
    COMPRESSION,
    ROWS_PER_FILE,
    ROWS_PER_GROUP,
    TableLayout,
)
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.lake.rows import SortedRows, parse_rows
from foresto_lab.storage.lake.snapshot import DataFile

_EPOCH = date(1970, 1, 1)


class DataFiles:
    """Writes and reads the files of one table.

    A file counts for nothing until a commit names it, so one left behind by a killed
    process is harmless.
    """

    def __init__(self, table: Location, layout: TableLayout) -> None:
        self._table = table
        self._layout = layout

    def write(self, rows: SortedRows) -> list[DataFile]:
        """Write rows of one period, as one file or, if there are many, several."""
        return [
            self._write_file(rows.take(slice(first, first + ROWS_PER_FILE)))
            for first in range(0, len(rows), ROWS_PER_FILE)
        ]

    def _write_file(self, rows: SortedRows) -> DataFile:
        period = int(rows.periods[0])
        name = f"period={period}/{uuid.uuid4().hex}.parquet"
        path = self._table.child(name).path
        with write_faults(self._table):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._write_parquet(rows, path)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            size_bytes = path.stat().st_size
        return DataFile(
            path=name,
            size_bytes=size_bytes,
            period=period,
            row_count=len(rows),
            first_symbol=str(rows.symbols[rows.codes[0]]),
            last_symbol=str(rows.symbols[rows.codes[-1]]),
            first_date=_EPOCH + timedelta(days=int(rows.days.min())),
            last_date=_EPOCH + timedelta(days=int(rows.days.max())),
        )

    def _write_parquet(self, rows: SortedRows, path: Path) -> None:
        pq.write_table(
            rows.to_arrow(self._layout),
            path,
            row_group_size=ROWS_PER_GROUP,
            compression=COMPRESSION,
            use_dictionary=["symbol", "date"],
            write_statistics=["symbol", "date"],
            store_schema=False,
        )

    def read(self, file: DataFile) -> SortedRows:
        """Return every row of a file.

        Raises
        ------
        CorruptStoreError
            The file is missing or damaged.
        """
        path = self._table.child(file.path)
        with read_faults(self._table, [file]):
            table = pq.read_table(
                path.path,
                columns=list(self._layout.columns),
                read_dictionary=["symbol"],
                partitioning=None,
            )
        return parse_rows(_one_dictionary(table), self._layout, str(path))

    def discard(self, files: Iterable[DataFile]) -> None:
        """Delete files that no commit names; one that resists is left behind."""
        for file in files:
            with suppress(OSError):
                self._table.child(file.path).path.unlink()


def _one_dictionary(table: pa.Table) -> pa.Table:
    """Return the table with one list of symbols for all row groups."""
    return table.unify_dictionaries()


def day_number(day: date) -> np.int32:
    """Return a date as days since 1970-01-01."""
    return np.int32((day - _EPOCH).days)
