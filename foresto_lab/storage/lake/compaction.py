"""Compaction: few files instead of many, the same rows and the same data version."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator

from foresto_lab.storage.lake.commits import commit_or_discard
from foresto_lab.storage.lake.data_files import DataFiles
from foresto_lab.storage.lake.delta_log import LOG_FOLDER, DeltaLog
from foresto_lab.storage.lake.layout import ROWS_PER_FILE, SMALL_FILE_ROWS
from foresto_lab.storage.lake.rows import merge_rows
from foresto_lab.storage.lake.snapshot import Change, DataFile, by_period

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
        for merged in _to_merge(snapshot.files, bound):
            rows = merge_rows([files.read(file) for file in merged])
            added += files.write(merged[0].period, rows)
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


def _to_merge(files: Iterable[DataFile], bound: int) -> Iterator[list[DataFile]]:
    for stored in by_period(files).values():
        whole = sum(file.row_count for file in stored) <= ROWS_PER_FILE
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
    named = _named_in(log)
    newest_to_go = time.time() - older_than_seconds
    orphans = [
        path
        for path in root.glob("period=*/*.parquet")
        if path.relative_to(root).as_posix() not in named
        and path.stat().st_mtime < newest_to_go
    ]
    for path in orphans:
        path.unlink(missing_ok=True)
    return [str(path) for path in orphans]


def _named_in(log: DeltaLog) -> set[str]:
    """Return the path of every file that any version ever added."""
    folder = log.table.child(LOG_FOLDER).uri
    named: set[str] = set()
    for name in os.listdir(folder):
        if not name.endswith(".json"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as lines:
            actions = [json.loads(line) for line in lines if line.strip()]
        named.update(action["add"]["path"] for action in actions if "add" in action)
    return named
