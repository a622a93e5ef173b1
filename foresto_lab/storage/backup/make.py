"""Making a backup: staged beside its place, and then there whole."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foresto_lab._version import __version__
from foresto_lab.errors import BackupError
from foresto_lab.storage.backup.manifest import BackupManifest, write_manifest
from foresto_lab.storage.backup.reports import BackupReport
from foresto_lab.storage.backup.staging import publish, staged_beside
from foresto_lab.storage.progress import Progress, no_progress
from foresto_lab.storage.workspace import DATA_FOLDER
from foresto_lab.telemetry import get_logger

if TYPE_CHECKING:
    from foresto_lab.storage.database import Database

log = get_logger(__name__)


def make_backup(
    database: Database, home: Path, path: Path, *, progress: Progress = no_progress
) -> BackupReport:
    """Make a backup of a store, whoever is using it.

    Parameters
    ----------
    database : Database
        Of the store; its tables may be of an older version.
    home : Path
        The workspace, which holds an embedded store's lake and runs.
    path : Path
        The folder to make; it must not exist, or be empty.
    progress : callable
        Is told how far it is.

    Raises
    ------
    BackupError
        There is something in ``path``, no store to back up, or pg_dump failed.
    CorruptStoreError
        The newest state of the embedded store cannot be read.
    ProgramNotFoundError
        There is no pg_dump that can read the server.
    DiskFullError, WorkspaceReadOnlyError
        The backup cannot be written; nothing is left of it.
    """
    began = time.monotonic()
    path, home = path.expanduser().resolve(), home.expanduser().resolve()
    _require_free(path, home)
    with staged_beside(path) as staged:
        manifest = _fill(database, home, path, staged, progress)
        write_manifest(manifest, staged)
        try:
            publish(staged, path)
        except OSError:
            _require_free(path, home)
            raise
    report = BackupReport(path, manifest, time.monotonic() - began)
    log.info(
        "backup made",
        path=path,
        source=manifest.source,
        bytes=manifest.size_bytes,
        duration=round(report.seconds, 3),
    )
    return report


def _fill(
    database: Database, home: Path, path: Path, staged: Path, progress: Progress
) -> BackupManifest:
    created_at = datetime.now(UTC)
    if database.dialect == "postgresql":
        from foresto_lab.storage.backup.team import dump_team
        from foresto_lab.storage.postgresql.database import PostgresDatabase

        assert isinstance(database, PostgresDatabase)
        team = dump_team(database, path, staged, progress)
        content, server, source = team.content, team.server, database.location
    else:
        from foresto_lab.storage.backup.embedded import copy_embedded

        catalog = Path(database.location)
        if not catalog.is_file():
            raise _no_store(path, str(home))
        content = copy_embedded(home, catalog, staged, progress)
        server, source = {}, str(home)
    if content.schema is None:
        raise _no_store(path, source)
    return BackupManifest(
        kind="postgresql" if server else "embedded",
        schema=content.schema,
        foresto_version=__version__,
        created_at=created_at,
        source=source,
        data_versions=content.data_versions,
        counts=content.counts,
        files=content.files,
        server=server,
        unreadable_runs=content.unreadable_runs,
    )


def _require_free(path: Path, home: Path) -> None:
    data = home / DATA_FOLDER
    if path == data or data in path.parents:
        raise BackupError(
            path=path,
            reason=f"it lies in {data}, the store itself.",
            fix="Name a folder elsewhere, best on another disk.",
        )
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BackupError(
            path=path,
            reason="it exists already, and no backup overwrites another.",
            fix="Name a new folder, for example one with today's date.",
        )


def _no_store(path: Path, source: str) -> BackupError:
    return BackupError(
        path=path,
        reason=f"{source} has no store of foresto_lab.",
        fix="Create one with `foresto db init`, or name another with --home or "
        "--database-url.",
    )
