"""The Parquet files of a table: written whole, never changed, read back as rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foresto_lab.storage.lake.corruption import read_faults
from foresto_lab.storage.lake.faults import write_faults
from foresto_lab.storage.lake.layout import (
    COMPRESSION,
    ROWS_PER_CANDLE_FILE,
    ROWS_PER_FILE,
    ROWS_PER_GROUP,
)
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.lake.snapshot import DataFile, Partition
from foresto_lab.storage.layouts import TableLayout
from foresto_lab.storage.sorted_rows import SortedRows, parse_rows


class DataFiles:
    """Writes and reads the files of one table.

    A file counts for nothing until a commit names it, so one left behind by a killed
    process is harmless.
    """

    def __init__(self, table: Location, layout: TableLayout) -> None:
        self._table = table
        self._layout = layout

    @property
    def rows_per_file(self) -> int:
        """The number of rows after which another file is begun."""
        return ROWS_PER_CANDLE_FILE if self._layout.group else ROWS_PER_FILE

    def write(
        self, partition: Partition, rows: SortedRows, runs: Sequence[slice] = ()
    ) -> list[DataFile]:
        """Write rows of one partition as one file or, if there are many, several.

        ``runs`` says where in ``rows`` they are; without it, all of them.
        """
        table = rows.arrow
        if runs:
            table = pa.concat_tables(
                [table.slice(run.start, run.stop - run.start) for run in runs]
            )
        return [
            self._write_file(partition, table.slice(first, self.rows_per_file))
            for first in range(0, len(table), self.rows_per_file)
        ]

    def _write_file(self, partition: Partition, table: pa.Table) -> DataFile:
        folder = f"period={partition.period}"
        if self._layout.group:
            folder = f"{self._layout.group}={partition.group}/{folder}"
        name = f"{folder}/{uuid.uuid4().hex}.parquet"
        path = self._table.child(name).path
        with write_faults(self._table):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_parquet(table, path, self._layout)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            size_bytes = path.stat().st_size
        times = pc.min_max(table[self._layout.time])
        first, last = (times[end].as_py() for end in ("min", "max"))
        return DataFile(
            path=name,
            size_bytes=size_bytes,
            partition=partition,
            row_count=len(table),
            first_symbol=table["symbol"][0].as_py(),
            last_symbol=table["symbol"][-1].as_py(),
            first_time=self._layout.number_of(first),
            last_time=self._layout.number_of(last),
        )

    def read(self, file: DataFile) -> SortedRows:
        """Return every row of a file.

        Raises
        ------
        CorruptStoreError
            The file is missing or damaged.
        """
        path = self._table.child(file.path)
        with (
            read_faults(self._table, [file]),
            pq.ParquetFile(path.path, read_dictionary=["symbol"]) as content,
        ):
            table = content.read(self._layout.file_schema().names)
        return parse_rows(table.unify_dictionaries(), self._layout, str(path))

    def discard(self, files: Iterable[DataFile]) -> None:
        """Delete files that no commit names; one that resists is left behind."""
        for file in files:
            with suppress(OSError):
                self._table.child(file.path).path.unlink()


def _write_parquet(table: pa.Table, path: Path, layout: TableLayout) -> None:
    with pa.OSFile(str(path), "wb") as sink:
        pq.write_table(
            table,
            sink,
            row_group_size=ROWS_PER_GROUP,
            compression=COMPRESSION,
            use_dictionary=["symbol", "date"],
            write_statistics=["symbol", layout.time],
            store_schema=False,
        )
