"""Backing up a workspace's own store while others use it, and putting it back.

The catalog is copied first: what it refers to is in the lake and in the runs' folders
already, and the lake never loses it. A run's folder may go while it is copied; then the
catalog is copied again, which no longer knows the run, until everything it knows is
there. What was copied stays copied, so each time takes less than the one before.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from foresto_lab.errors import CorruptStoreError, RestoreError
from foresto_lab.settings import CATALOG_FILE
from foresto_lab.storage.backup.files import FileFacts, copy_file, file_facts
from foresto_lab.storage.backup.lake import LakeCopy, count_rows, lake_size
from foresto_lab.storage.backup.manifest import (
    ANOTHER_COPY,
    BackupManifest,
    missing_file,
    require_same,
)
from foresto_lab.storage.backup.run_folders import RunFolderCopies, completed_runs
from foresto_lab.storage.backup.staging import publish, staged_beside
from foresto_lab.storage.embedded_files import folder_size, lake_tables
from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.progress import Progress
from foresto_lab.storage.sqlite.database import LOCK_WAIT_SECONDS
from foresto_lab.storage.workspace import DATA_FOLDER, LAKE_FOLDER, RUNS_FOLDER

SETTLE_SECONDS = 5.0
"""How long a run's folder may be incomplete before it counts as damaged."""

LOOK_AGAIN_SECONDS = 0.05
RUNNING_THEN = "It was running when the backup was made that this store is from"


@dataclass(frozen=True)
class StoreContent:
    """What was copied, for the manifest; ``schema`` is None without tables."""

    schema: str | None
    data_versions: Mapping[str, str]
    counts: Mapping[str, int]
    files: Mapping[str, FileFacts]
    unreadable_runs: tuple[str, ...]


# --- backup -------------------------------------------------------------------------


def copy_embedded(
    home: Path, catalog: Path, staged: Path, progress: Progress
) -> StoreContent:
    """Copy a workspace's store into a staged folder, as of one moment.

    Raises
    ------
    CorruptStoreError
        The catalog or the newest state of a series cannot be read.
    """
    data = home / DATA_FOLDER
    copied_bytes = _Counter(
        progress,
        "copying",
        folder_size(data / RUNS_FOLDER) + lake_size(data / LAKE_FOLDER),
    )
    target = staged / DATA_FOLDER
    target.mkdir()
    copy = target / CATALOG_FILE
    runs = RunFolderCopies(data / RUNS_FOLDER, target / RUNS_FOLDER, copied_bytes)
    lake = LakeCopy(data / LAKE_FOLDER, target / LAKE_FOLDER, copied_bytes)
    lacking_since: dict[str, float] = {}
    while True:
        copy_catalog(catalog, copy)
        lacking = runs.catch_up(completed_runs(copy))
        now = time.monotonic()
        lacking_since = {r: lacking_since.get(r, now) for r in lacking}
        if all(now - since > SETTLE_SECONDS for since in lacking_since.values()):
            break
        time.sleep(LOOK_AGAIN_SECONDS)
    lake.catch_up()
    schema, counts = count_catalog(copy)
    tables = lake_tables(staged)
    return StoreContent(
        schema=schema,
        data_versions={table.name: table.data_version for table in tables},
        counts={**counts, **{table.name: table.rows for table in tables}},
        files={
            f"{DATA_FOLDER}/{CATALOG_FILE}": file_facts(copy),
            **_below(f"{DATA_FOLDER}/{RUNS_FOLDER}", runs.files),
            **_below(f"{DATA_FOLDER}/{LAKE_FOLDER}", lake.files),
        },
        unreadable_runs=tuple(sorted(lacking)),
    )


class _Counter:
    """Adds up bytes and tells how far they are."""

    def __init__(self, progress: Progress, step: str, total: int) -> None:
        self._progress, self._step, self._total = progress, step, total
        self._done = 0

    def __call__(self, count: int) -> None:
        self._done += count
        self._progress(self._step, min(self._done, self._total), self._total)


def copy_catalog(catalog: Path, copy: Path) -> None:
    """Write a catalog's present state into a file of its own, whoever is writing."""
    copy.unlink(missing_ok=True)
    try:
        with (
            storage_faults(copy),
            closing(sqlite3.connect(catalog, timeout=LOCK_WAIT_SECONDS)) as connection,
        ):
            connection.isolation_level = None
            connection.execute("VACUUM INTO ?", [str(copy)])
    except CorruptStoreError as error:
        raise CorruptStoreError(
            path=catalog, reason=error.facts["reason"], fix=error.facts["fix"]
        ) from None
    with storage_faults(copy):
        descriptor = os.open(copy, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def count_catalog(catalog: Path) -> tuple[str | None, dict[str, int]]:
    """Return the version of a catalog's tables, and the rows of each."""
    with storage_faults(catalog), closing(sqlite3.connect(catalog)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        counts = {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in names.fetchall()
        }
        version = (
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if "alembic_version" in counts
            else None
        )
    return (version[0] if version else None), counts


def _below(folder: str, files: Mapping[str, FileFacts]) -> dict[str, FileFacts]:
    return {f"{folder}/{name}": facts for name, facts in files.items()}


# --- restore ------------------------------------------------------------------------


def restore_embedded(
    backup: Path, manifest: BackupManifest, home: Path, progress: Progress
) -> int:
    """Put an embedded backup into a workspace without a store.

    Returns how many runs were under way in it, which are failed now.

    Raises
    ------
    RestoreError
        The backup is damaged, or the workspace has something in ``data`` already.
    """
    data = home / DATA_FOLDER
    _require_empty(backup, data)
    with storage_faults(home), staged_beside(data) as staged:
        _copy_checked(backup, manifest, staged, progress)
        progress("checking", 0, 0)
        _require_counts(backup, manifest, staged)
        failed = _fail_running(staged / CATALOG_FILE)
        _require_empty(backup, data)
        _remove_empty(data)
        try:
            publish(staged, data)
        except OSError:
            _require_empty(backup, data)
            raise
    return failed


def _require_empty(backup: Path, data: Path) -> None:
    """Refuse a data folder that holds a file."""
    found = next((path for path in sorted(data.rglob("*")) if not path.is_dir()), None)
    if found is None:
        return
    what = (
        "has a store already"
        if (data / CATALOG_FILE).exists()
        else f"is not empty: there is {found.relative_to(data)}"
    )
    raise RestoreError(
        path=backup,
        reason=f"{data} {what}, and nothing is ever overwritten. Nothing was changed.",
        fix="Move that folder away, or restore into another one with --to FOLDER.",
    )


def _remove_empty(data: Path) -> None:
    """Remove folders without files, the deepest first."""
    for folder, _, _ in os.walk(data, topdown=False):
        os.rmdir(folder)


def _copy_checked(
    backup: Path, manifest: BackupManifest, staged: Path, progress: Progress
) -> None:
    """Copy every file of a backup; refuse the first that is not as it was written."""
    copied = _Counter(progress, "restoring", manifest.size_bytes)
    for name, expected in manifest.files.items():
        target = staged / Path(name).relative_to(DATA_FOLDER)
        if not target.resolve().is_relative_to(staged.resolve()):
            raise RestoreError(
                path=backup,
                reason=f"its manifest names {name}, which is outside of it.",
                fix=ANOTHER_COPY,
            )
        try:
            found = copy_file(backup / name, target, copied)
        except FileNotFoundError:
            raise missing_file(backup, name) from None
        require_same(backup, name, expected, found)
    (staged / RUNS_FOLDER).mkdir(exist_ok=True)


def _require_counts(backup: Path, manifest: BackupManifest, staged: Path) -> None:
    """Count what was restored, all rows of the series too."""
    _, counts = count_catalog(staged / CATALOG_FILE)
    counts |= count_rows(staged / LAKE_FOLDER)
    require_counts(backup, manifest.counts, counts)


def require_counts(
    backup: Path, expected: Mapping[str, int], found: Mapping[str, int]
) -> None:
    """Refuse a restored store that has not the rows that the backup was made of."""
    for table, count in expected.items():
        if found.get(table, 0) != count:
            raise RestoreError(
                path=backup,
                reason=f"{table} has {found.get(table, 0):,} rows after it, not the "
                f"{count:,} of the manifest.",
                fix=ANOTHER_COPY,
            )


def _fail_running(catalog: Path) -> int:
    """Fail the runs that were under way: no process of this store computes them."""
    with storage_faults(catalog), closing(sqlite3.connect(catalog)) as connection:
        changed = connection.execute(
            "UPDATE simulation_run SET status = 'failed', error_message = ? "
            "WHERE status IN ('running', 'pending')",
            [RUNNING_THEN],
        ).rowcount
        connection.commit()
    return changed
