"""Every call of deltalake, as functions of plain values.

Plain values, because a forked child cannot call deltalake itself and hands the call to
a fresh process. The tables opened are kept, so that a repeated look at a table reads
only what its log gained.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, PostCommitHookProperties, RemoveAction

from foresto_lab.storage.lake.snapshot import (
    NAMED,
    Change,
    DataFile,
    Partition,
    Snapshot,
)
from foresto_lab.storage.layouts import TableLayout

PERIOD = "period"
CONFIGURATION: dict[str, str | None] = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
"""Nothing of the history is ever cleaned up: data versions name states for good."""

NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)

_tables: dict[str, DeltaTable] = {}
_lock = threading.Lock()


class LostRaceError(Exception):
    """Another process has written the version that a commit was made for."""


def read_snapshot(
    uri: str,
    layout: TableLayout,
    mark_names: Sequence[str],
    version: int | None,
    *,
    anew: bool,
) -> Snapshot:
    """Return the table's newest snapshot, or that of a version.

    ``anew`` forgets what is known of the table and reads its log from the start.
    """
    with _lock:
        if anew:
            _tables.pop(uri, None)
        opened = _newest(uri) if version is None else DeltaTable(uri, version=version)
        marks = {name: opened.transaction_version(name) for name in mark_names}
        return Snapshot(
            table=layout.name,
            version=opened.version(),
            marks={name: mark for name, mark in marks.items() if mark is not None},
            files=_files(opened, layout),
        )


def create_table(uri: str, layout: TableLayout) -> None:
    """Create an empty table. Raises LostRaceError when there is one already."""
    with _lock:
        try:
            DeltaTable.create(
                uri,
                schema=_schema(layout),
                partition_by=_partition_columns(layout),
                name=layout.name,
                configuration=CONFIGURATION,
                post_commithook_properties=NO_HOOKS,
            )
        except (DeltaError, CommitFailedError) as error:
            if DeltaTable.is_deltatable(uri):
                raise LostRaceError from error
            raise


def commit(uri: str, layout: TableLayout, change: Change) -> None:
    """Commit a change, only if the table is still at the version it was made for.

    Raises
    ------
    LostRaceError
        The table has moved on.
    """
    with _lock:
        table = _newest(uri)
        if table.version() != change.expected_version:
            raise LostRaceError
        try:
            table.create_write_transaction(
                [*_adds(change, layout), *_removes(change, layout)],
                "append",
                _schema(layout),
                _partition_columns(layout),
                commit_properties=CommitProperties(
                    max_commit_retries=0,
                    app_transactions=[Transaction(*m) for m in change.marks.items()],
                    custom_metadata=(
                        {NAMED: change.data_version} if change.data_version else None
                    ),
                ),
                post_commithook_properties=NO_HOOKS,
            )
        except CommitFailedError as error:
            if _newest(uri).version() != change.expected_version:
                raise LostRaceError from error
            raise


def write_checkpoint(uri: str) -> None:
    """Sum the log up in a checkpoint, so that opening the table stays quick."""
    with _lock:
        _newest(uri).create_checkpoint()


def _newest(uri: str) -> DeltaTable:
    table = _tables.get(uri)
    if table is None:
        table = _tables[uri] = DeltaTable(uri)
    else:
        table.update_incremental()
    return table


def _schema(layout: TableLayout) -> Schema:
    return Schema.from_arrow(layout.schema().append(pa.field(PERIOD, pa.int32())))


def _partition_columns(layout: TableLayout) -> list[str]:
    return [*layout.stored_in_path, PERIOD]


def _partition_values(
    partition: Partition, layout: TableLayout
) -> dict[str, str | None]:
    values: dict[str, str | None] = {PERIOD: str(partition.period)}
    if layout.group:
        values[layout.group] = partition.group
    return values


def _files(table: DeltaTable, layout: TableLayout) -> tuple[DataFile, ...]:
    rows = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    return tuple(sorted((_file(row, layout) for row in rows), key=_reading_order))


def _reading_order(file: DataFile) -> tuple[Partition, str, str, int, str]:
    """Return what puts files into the order of the rows of one symbol."""
    symbols = (file.first_symbol, file.last_symbol)
    return (file.partition, *symbols, file.first_time, file.path)


def _file(row: dict[str, Any], layout: TableLayout) -> DataFile:
    group = row[f"partition.{layout.group}"] if layout.group else ""
    return DataFile(
        path=row["path"],
        size_bytes=row["size_bytes"],
        partition=Partition(group, row[f"partition.{PERIOD}"]),
        row_count=row["num_records"],
        first_symbol=row["min.symbol"],
        last_symbol=row["max.symbol"],
        first_time=layout.number_of(row[f"min.{layout.time}"]),
        last_time=layout.number_of(row[f"max.{layout.time}"]),
    )


def _adds(change: Change, layout: TableLayout) -> list[AddAction]:
    now_ms = int(time.time() * 1000)
    return [
        AddAction(
            path=file.path,
            size=file.size_bytes,
            partition_values=_partition_values(file.partition, layout),
            modification_time=now_ms,
            data_change=change.changes_rows,
            stats=_statistics(file, layout),
        )
        for file in change.added
    ]


def _statistics(file: DataFile, layout: TableLayout) -> str:
    first_time, last_time = map(layout.text_of, (file.first_time, file.last_time))
    first = {"symbol": file.first_symbol, layout.time: first_time}
    last = {"symbol": file.last_symbol, layout.time: last_time}
    return json.dumps(
        {
            "numRecords": file.row_count,
            "minValues": first,
            "maxValues": last,
            "nullCount": {"symbol": 0, layout.time: 0},
        },
        ensure_ascii=False,
    )


def _removes(change: Change, layout: TableLayout) -> list[RemoveAction]:
    now_ms = int(time.time() * 1000)
    return [
        RemoveAction(
            file.path,
            change.changes_rows,
            now_ms,
            file.size_bytes,
            _partition_values(file.partition, layout),
        )
        for file in change.removed
    ]
