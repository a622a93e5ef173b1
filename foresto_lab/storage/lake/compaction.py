"""Compaction: few files instead of many, the same rows and the same data version."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from foresto_lab.storage.lake.commits import commit_or_discard
from foresto_lab.storage.lake.data_files import DataFiles
from foresto_lab.storage.lake.delta_log import DeltaLog
from foresto_lab.storage.lake.layout import SMALL_FILE_ROWS
from foresto_lab.storage.lake.snapshot import Change, DataFile, by_partition
from foresto_lab.storage.sorted_rows import merge_rows

ORPHAN_AGE_SECONDS = 24 * 3600.0
"""Age at which a file that no commit names belongs to no load any more."""


def compact_table(log: DeltaLog, files: DataFiles, *, bound: int) -> bool:
    """Merge the small files of every period that has more than ``bound`` of them.

    Returns whether anything was merged. With a bound of 0 every period becomes one
    file, or as few as its size allows. The files merged stay on disk for the earlier
    versions.

    Raises
    ------
    LostRaceError
        Another process changed the table meanwhile; nothing was changed.
    """
    snapshot = log.snapshot()
    added: list[DataFile] = []
    removed: list[DataFile] = []
    try:
        for merged in _to_merge(snapshot.files, bound, files.rows_per_file):
            rows = merge_rows([files.read(file) for file in merged])
            added += files.write(merged[0].partition, rows)
            removed += merged
    except BaseException:
        files.discard(added)
        raise
    if removed:
        change = Change(
            snapshot.version, tuple(added), tuple(removed), changes_rows=False
        )
        commit_or_discard(log, files, change)
    return bool(removed)


def _to_merge(
    files: Iterable[DataFile], bound: int, rows_per_file: int
) -> Iterator[list[DataFile]]:
    for stored in by_partition(files).values():
        whole = sum(file.row_count for file in stored) <= rows_per_file
        small = [file for file in stored if file.row_count < SMALL_FILE_ROWS]
        if bound == 0 and whole and len(stored) > 1:
            yield stored
        elif len(small) > max(bound, 1):
            yield small


def delete_orphans(
    log: DeltaLog, older_than_seconds: float = ORPHAN_AGE_SECONDS
) -> list[str]:
    """Delete data files that no version names and that are older than an age.

    They are what a killed load leaves behind. Returns their paths.
    """
    root = log.table.path
    newest_to_go = time.time() - older_than_seconds
    written = root.glob("**/period=*/*.parquet")
    old = [path for path in written if _written_at(path) < newest_to_go]
    named = log.files_ever_named() if old else None
    if named is None:
        return []
    orphans = [p for p in old if p.relative_to(root).as_posix() not in named]
    for path in orphans:
        path.unlink(missing_ok=True)
    return [str(path) for path in orphans]


def _written_at(path: Path) -> float:
    """Return when a file was written; one that has just gone counts as new."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
