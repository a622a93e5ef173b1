"""Backing up a team's database by pg_dump, and putting it back by pg_restore.

The dump is of one snapshot, and so are the counts in the manifest: pg_dump is handed
the snapshot that they are made in. Its tables stay locked against being dropped
meanwhile, against nothing else.

pg_restore does everything in one transaction and is fed by this process. If it is
killed the transaction is undone.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from foresto_lab.errors import BackupError, RestoreError
from foresto_lab.storage.backup.embedded import (
    RUNNING_THEN,
    StoreContent,
    require_counts,
)
from foresto_lab.storage.backup.files import BLOCK_BYTES, FileFacts, file_facts, flush
from foresto_lab.storage.backup.manifest import (
    BackupManifest,
    missing_file,
    require_same,
)
from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.models import Base
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.programs import (
    Program,
    ProgramFailedError,
    connection_of,
    find_program,
    running,
)
from foresto_lab.storage.postgresql.timescale import timescale_state
from foresto_lab.storage.progress import Progress
from foresto_lab.storage.schema import schema_version

DUMP = "database.dump"
COMPRESSION = 1
"""A level of gzip: the ones above take much longer and save little."""

TIMEOUT_SETTING = 17
"""From this version on pg_restore sets a parameter that older servers do not know."""

OUR_TABLES = (*Base.metadata.tables, "alembic_version")

_TABLES = text(
    "SELECT relname, relkind FROM pg_class "
    "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') "
    "AND NOT relispartition AND relname = ANY(:names) ORDER BY relname"
)
_FAIL_RUNNING = text(
    "UPDATE simulation_run SET status = 'failed', error_message = :message "
    "WHERE status IN ('running', 'pending')"
)


@dataclass(frozen=True)
class TeamContent:
    """What a dump holds, and which server and program made it."""

    content: StoreContent
    server: Mapping[str, str]


# --- backup -------------------------------------------------------------------------


def dump_team(
    database: PostgresDatabase, path: Path, staged: Path, progress: Progress
) -> TeamContent:
    """Dump a team's schema into a staged folder.

    Raises
    ------
    BackupError
        pg_dump failed, or candles are where it does not reach.
    ProgramNotFoundError
        There is no pg_dump that can read this server.
    """
    with database.reading() as session:
        connection = session.connection()
        # The locks come before the snapshot: what it shows is there until the end.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        tables = _lock_tables(connection)
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        if timescale_state(connection).is_hypertable:
            raise BackupError(
                path=path,
                reason="candles_history is a hypertable of TimescaleDB, whose chunks "
                "a dump of this schema does not hold.",
                fix="Dump the whole database with pg_dump, and restore it as "
                "TimescaleDB's documentation says.",
            )
        version = _server_version(connection)
        major = int(version.partition(".")[0])
        program = find_program(
            "pg_dump",
            suits=lambda found: found >= major,
            wanted=f"version {major} or newer",
            best=major,
        )
        quoted = schema.replace('"', '""')
        facts = _dump(
            program,
            [f"--snapshot={snapshot}", f'--schema="{quoted}"'],
            database,
            path,
            staged / DUMP,
            progress,
        )
        content = StoreContent(
            schema=schema_version(connection),
            data_versions=_data_versions(connection, tables),
            counts=count_tables(connection),
            files={DUMP: facts},
            unreadable_runs=(),
        )
    server = {"version": version, "pg_dump": program.version, "schema": schema}
    return TeamContent(content, server)


def _lock_tables(connection: Connection) -> list[str]:
    """Keep the tables and their partitions from being dropped; return their names.

    The names are read by another connection, as reading them takes the snapshot.
    """
    with connection.engine.connect() as other:
        names = [row.relname for row in other.execute(_TABLES, _names())]
    if names:
        listed = ", ".join(names)
        connection.execute(text(f"LOCK TABLE {listed} IN ACCESS SHARE MODE"))
    return names


def _names() -> dict[str, list[str]]:
    return {"names": list(OUR_TABLES)}


def _dump(
    program: Program,
    arguments: list[str],
    database: PostgresDatabase,
    path: Path,
    target: Path,
    progress: Progress,
) -> FileFacts:
    """Write what pg_dump gives into a file."""
    conninfo, environment = connection_of(database.libpq_arguments)
    command = [
        "--format=custom",
        f"--compress={COMPRESSION}",
        "--no-password",
        *arguments,
        f"--dbname={conninfo}",
    ]
    digest, size = hashlib.sha256(), 0
    try:
        with (
            storage_faults(target),
            running(program, command, environment, stdout=subprocess.PIPE) as process,
            target.open("xb") as file,
        ):
            assert process.stdout is not None
            while block := process.stdout.read1(BLOCK_BYTES):  # type: ignore[attr-defined]
                digest.update(block)
                file.write(block)
                size += len(block)
                progress("dumping", size, 0)
            flush(file)
    except ProgramFailedError as error:
        raise BackupError(
            path=path,
            reason=f"pg_dump of {database.location} failed: {error}.",
            fix="Run it again when that is mended.",
        ) from None
    return FileFacts(size, digest.hexdigest())


def count_tables(connection: Connection) -> dict[str, int]:
    """Return the rows of each table of ours, partitions with their table."""
    counts = {}
    for row in connection.execute(_TABLES, _names()).all():
        query = text(f"SELECT count(*) FROM {row.relname}")
        counts[row.relname] = int(connection.execute(query).scalar_one())
    return counts


def _data_versions(connection: Connection, tables: list[str]) -> dict[str, str]:
    if "series_version" not in tables:
        return {}
    rows = connection.execute(
        text(
            "SELECT DISTINCT ON (table_name) table_name, name FROM series_version "
            "ORDER BY table_name, number DESC"
        )
    )
    return {row.table_name: row.name for row in rows}


def _server_version(connection: Connection) -> str:
    shown = connection.execute(text("SHOW server_version")).scalar_one()
    return str(shown).split()[0]


# --- restore ------------------------------------------------------------------------


def restore_team(
    backup: Path,
    manifest: BackupManifest,
    database: PostgresDatabase,
    progress: Progress,
) -> int:
    """Put a team's backup into a database without our tables.

    Returns how many runs were under way in it, which are failed now.

    Raises
    ------
    RestoreError
        The backup is damaged, or the database has a table of ours already.
    ProgramNotFoundError
        There is no pg_restore that can read the dump for this server.
    """
    server = _require_empty(backup, manifest, database)
    _require_whole(backup, manifest, progress)
    program = _find_restore(manifest, server)
    _restore(program, backup, manifest, database, progress)
    progress("checking", 0, 0)
    with database.writing() as session:
        connection = session.connection()
        found = count_tables(connection)
        require_counts(backup, manifest.counts, found)
        failed = connection.execute(_FAIL_RUNNING, {"message": RUNNING_THEN}).rowcount
        for name in found:  # statistics are no part of a dump
            connection.execute(text(f"ANALYZE {name}"))
    return failed


def _require_empty(
    backup: Path, manifest: BackupManifest, database: PostgresDatabase
) -> int:
    """Refuse a database with a table of ours; return its server's major version."""
    with database.reading() as session:
        connection = session.connection()
        found = [row.relname for row in connection.execute(_TABLES, _names())]
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        version = _server_version(connection)
    if found:
        raise RestoreError(
            path=backup,
            reason=f"{database.location} has tables of foresto_lab already "
            f"({', '.join(found[:3])}, ...), and nothing is ever overwritten. Nothing "
            "was changed.",
            fix="Create an empty database (createdb NAME) and name it with --to URL.",
        )
    if schema != manifest.server["schema"]:
        raise RestoreError(
            path=backup,
            reason=f"its tables are in the schema {manifest.server['schema']}, and "
            f"connections to {database.location} use {schema or 'none'}.",
            fix="Create that schema and put it first in the role's search_path, or "
            "add ?options=-csearch_path=SCHEMA to the URL.",
        )
    return int(version.partition(".")[0])


def _require_whole(backup: Path, manifest: BackupManifest, progress: Progress) -> None:
    seen = 0

    def looked_at(count: int) -> None:
        nonlocal seen
        seen += count
        progress("verifying", seen, manifest.size_bytes)

    for name, expected in manifest.files.items():
        try:
            found = file_facts(backup / name, looked_at)
        except FileNotFoundError:
            raise missing_file(backup, name) from None
        require_same(backup, name, expected, found)


def _find_restore(manifest: BackupManifest, server: int) -> Program:
    """Return a pg_restore that reads the dump and speaks to the server.

    One that is older than the pg_dump cannot read what that wrote.
    """
    oldest = int(manifest.server["pg_dump"].partition(".")[0])

    def suits(found: int) -> bool:
        return found >= oldest and (
            found < TIMEOUT_SETTING or server >= TIMEOUT_SETTING
        )

    wanted = f"version {oldest} or newer"
    if server < TIMEOUT_SETTING:
        wanted = f"version {oldest} to {TIMEOUT_SETTING - 1}"
    if oldest >= TIMEOUT_SETTING > server:
        wanted = (
            f"a dump of pg_dump {oldest}, which a server of version {server} cannot "
            "take,"
        )
    return find_program(
        "pg_restore", suits=suits, wanted=wanted, best=max(oldest, server)
    )


def _restore(
    program: Program,
    backup: Path,
    manifest: BackupManifest,
    database: PostgresDatabase,
    progress: Progress,
) -> None:
    """Feed the dump to pg_restore, which commits at its end."""
    conninfo, environment = connection_of(database.libpq_arguments)
    command = [
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        f"--schema={manifest.server['schema']}",
        f"--dbname={conninfo}",
    ]
    done = 0
    try:
        with (
            running(program, command, environment, stdin=subprocess.PIPE) as process,
            (backup / DUMP).open("rb") as dump,
        ):
            assert process.stdin is not None
            while block := dump.read(BLOCK_BYTES):
                process.stdin.write(block)
                done += len(block)
                progress("restoring", done, manifest.size_bytes)
    except ProgramFailedError as error:
        raise RestoreError(
            path=backup,
            reason=f"pg_restore into {database.location} failed, and undid what it had "
            f"done: {error}.",
            fix=_fix(str(error)),
        ) from None


def _fix(words: str) -> str:
    if "out of shared memory" in words:
        return (
            "All months are made in one transaction: raise the server's "
            "max_locks_per_transaction (four times as high) and restart it."
        )
    return "Run it again when that is mended."
