"""Reading the lake: DuckDB over exactly the files of a snapshot."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from foresto_lab.storage.lake.corruption import read_faults
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.lake.snapshot import DataFile
from foresto_lab.storage.layouts import TableLayout
from foresto_lab.storage.processes import PerProcess

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

SYMBOLS_IN_TEXT = 64
"""Symbols compared one by one; more of them are joined as a table."""


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": tempfile.gettempdir(),
        }
    )


_connection = PerProcess(_connect)
"""One in-memory database a process; each call reads through a cursor of its own."""


class Scan:
    """The rows of some files, as the FROM and WHERE of a query.

    Parameters
    ----------
    table : Location
        The table's folder.
    files : sequence of DataFile
        The files to read; none make an empty relation.
    symbols, start, end
        What the rows are limited to; None for no limit.
    """

    def __init__(
        self,
        table: Location,
        layout: TableLayout,
        files: Sequence[DataFile],
        symbols: Sequence[str] | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
    ) -> None:
        self.table = table
        self.files = files
        self._paths = [table.child(file.path).uri for file in files]
        self._layout = layout
        self._conditions: list[str] = []
        self._limits: list[Any] = []
        if symbols is not None:
            self._limit_symbols(symbols)
        time_type = "DATE" if layout.has_days else "TIMESTAMPTZ"
        if start is not None:
            self._limit(f"{layout.time} >= CAST(? AS {time_type})", start)
        if end is not None:
            self._limit(f"{layout.time} <= CAST(? AS {time_type})", end)

    def _limit_symbols(self, symbols: Sequence[str]) -> None:
        if len(symbols) > SYMBOLS_IN_TEXT:
            self._limit("symbol IN (SELECT unnest(?))", list(symbols))
        else:
            marks = ", ".join("?" * len(symbols))
            self._limit(f"symbol IN ({marks})" if symbols else "false", *symbols)

    def _limit(self, condition: str, *values: Any) -> None:
        self._conditions.append(condition)
        self._limits.extend(values)

    @property
    def text(self) -> str:
        """The relation as SQL, to stand in parentheses after FROM."""
        source = "read_parquet(?, hive_partitioning=false)"
        if not self._paths:
            time_type = "DATE" if self._layout.has_days else "TIMESTAMPTZ"
            columns = ["''::VARCHAR AS symbol"]
            columns += [f"NULL::{time_type} AS {self._layout.time}"]
            columns += [f"0::DOUBLE AS {name}" for name in self._layout.fields]
            return f"SELECT {', '.join(columns)} WHERE false"
        where = f" WHERE {' AND '.join(self._conditions)}" if self._conditions else ""
        return f"SELECT * FROM {source}{where}"

    @property
    def parameters(self) -> list[Any]:
        """The values of the marks in ``text``."""
        return [self._paths, *self._limits] if self._paths else []


def read_frame(sql: str, *scans: Scan, values: Sequence[Any] = ()) -> pd.DataFrame:
    """Return what a query over scans gives; each ``{}`` in it stands for a scan.

    Symbols come as ``str``, dates as ``datetime64[us]``, null floats as NaN.

    Raises
    ------
    CorruptStoreError
        A file is missing or damaged.
    """
    relation = _run(sql, scans, values)
    with _faults(scans):
        frame: pd.DataFrame = relation.df()
    texts = frame.columns[frame.dtypes == "object"]  # where there are no rows
    return frame.astype(dict.fromkeys(texts, "str")) if len(texts) else frame


def read_arrow(sql: str, *scans: Scan, values: Sequence[Any] = ()) -> pa.Table:
    """Return what a query over scans gives, as an Arrow table."""
    relation = _run(sql, scans, values)
    with _faults(scans):
        return relation.to_arrow_table()


def read_arrays(
    sql: str, *scans: Scan, values: Sequence[Any] = ()
) -> dict[str, npt.NDArray[Any]]:
    """Return what a query over scans gives, one array per column.

    Rows come in the order of the files when the query does not sort them. Instants
    come as ``datetime64[us]`` in UTC. There may be no null.
    """
    relation = _run(sql, scans, values)
    with _faults(scans):
        arrays: dict[str, npt.NDArray[Any]] = relation.fetchnumpy()
        return arrays


def _run(sql: str, scans: Sequence[Scan], values: Sequence[Any]) -> Any:
    given = [value for scan in scans for value in scan.parameters]
    with _faults(scans):
        cursor = _connection.get().cursor()
        return cursor.sql(
            sql.format(*(f"({scan.text})" for scan in scans)), params=[*given, *values]
        )


def _faults(scans: Sequence[Scan]) -> Any:
    files = [file for scan in scans for file in scan.files]
    return read_faults(scans[0].table, files)
