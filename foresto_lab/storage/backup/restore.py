"""Restoring a backup into an empty place of the same kind."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from foresto_lab.errors import RestoreError, SchemaVersionError
from foresto_lab.settings import CATALOG_FILE
from foresto_lab.storage.backup.manifest import BackupManifest, read_manifest
from foresto_lab.storage.backup.reports import RestoreReport
from foresto_lab.storage.progress import Progress, no_progress
from foresto_lab.storage.schema import SCHEMA_VERSIONS
from foresto_lab.storage.workspace import DATA_FOLDER, open_database
from foresto_lab.telemetry import get_logger

if TYPE_CHECKING:
    from pydantic import SecretStr

    from foresto_lab.storage.database import Database

log = get_logger(__name__)


def restore_backup(
    path: Path,
    home: Path,
    database_url: SecretStr | str | None = None,
    *,
    progress: Progress = no_progress,
) -> RestoreReport:
    """Restore a backup into a workspace or database that is empty.

    Parameters
    ----------
    path : Path
        The backup.
    home : Path
        The workspace; an embedded backup goes into its ``data`` folder.
    database_url : str or SecretStr, optional
        The team's database, for a backup of one.
    progress : callable
        Is told how far it is.

    Raises
    ------
    RestoreError
        The backup is damaged or of the other kind, or the place is not empty; nothing
        was changed.
    SchemaVersionError
        It was made by a newer version of this package.
    ProgramNotFoundError
        There is no pg_restore that suits the dump and the server.
    DiskFullError, WorkspaceReadOnlyError
        There is no room, or no right to write; the place is still empty.
    """
    began = time.monotonic()
    path, home = path.expanduser().resolve(), home.expanduser().resolve()
    manifest = read_manifest(path)
    if manifest.schema not in SCHEMA_VERSIONS:
        raise SchemaVersionError(
            path=path,
            found=manifest.schema,
            expected=SCHEMA_VERSIONS[-1],
            fix="It was made by a newer foresto_lab: restore it with that version.",
        )
    database = open_database(home, database_url)
    _require_same_kind(path, manifest, home, database)
    if database.dialect == "postgresql":
        from foresto_lab.storage.backup.team import restore_team
        from foresto_lab.storage.postgresql.database import PostgresDatabase

        assert isinstance(database, PostgresDatabase)
        target = database.location
        failed = restore_team(path, manifest, database, progress)
        database.close()
    else:
        from foresto_lab.storage.backup.embedded import restore_embedded

        target = str(home)
        failed = restore_embedded(path, manifest, home, progress)
    report = RestoreReport(path, target, manifest, failed, time.monotonic() - began)
    log.info(
        "backup restored",
        path=path,
        target=target,
        bytes=manifest.size_bytes,
        duration=round(report.seconds, 3),
    )
    return report


def _require_same_kind(
    path: Path, manifest: BackupManifest, home: Path, database: Database
) -> None:
    own = home / DATA_FOLDER / CATALOG_FILE
    if database.dialect == "sqlite" and Path(database.location) != own:
        raise RestoreError(
            path=path,
            reason=f"this workspace's catalog is set to be {database.location}, beside "
            "its other files.",
            fix="Restore into another folder with --to FOLDER.",
        )
    if (manifest.kind == "postgresql") == (database.dialect == "postgresql"):
        return
    if manifest.kind == "postgresql":
        raise RestoreError(
            path=path,
            reason="it is the backup of a PostgreSQL database, and a folder cannot "
            "hold that.",
            fix="Restore it into an empty database with --to postgresql://..., then "
            "bring it into a folder with `foresto db copy --to FOLDER`.",
        )
    raise RestoreError(
        path=path,
        reason="it is the backup of a folder's own store, and PostgreSQL cannot "
        "restore that.",
        fix="Restore it into a new folder with --to FOLDER, then bring it into the "
        "database with `foresto db copy --to postgresql://...`.",
    )
