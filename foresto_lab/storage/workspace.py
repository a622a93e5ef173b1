"""A workspace's storage: the catalog, the runs and the series, as one.

Everything lies in the workspace's own folder, or in a team's PostgreSQL database; then
the folder only holds notebooks and reports.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from foresto_lab.errors import SettingsError, WorkspaceReadOnlyError
from foresto_lab.settings import CATALOG_FILE
from foresto_lab.storage.database import Database
from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.schema import ensure_schema

if TYPE_CHECKING:
    from pydantic import SecretStr

    from foresto_lab.market.protocols import CandleStore, SeriesStore
    from foresto_lab.registry import DefinitionRegistry
    from foresto_lab.runs.protocols import Catalog, RunStore
    from foresto_lab.runs.trials import TrialLedger
    from foresto_lab.storage.checkpoints import CheckpointFolders
    from foresto_lab.storage.postgresql.database import PostgresDatabase

DATA_FOLDER = "data"
LAKE_FOLDER = "lake"
RUNS_FOLDER = "runs"


@dataclass(frozen=True)
class Storage:
    """What a Lab stands on; any number of processes may have the same one open.

    Attributes
    ----------
    home : Path
        The workspace's folder.
    catalog : Catalog
        Definitions by name, and the history of loads.
    runs : RunStore
        The registry of runs with their artifacts.
    database : Database
        Where the catalog is; with a team's database, the series and artifacts too.
    """

    home: Path
    catalog: Catalog
    runs: RunStore
    database: Database = field(repr=False)

    @property
    def location(self) -> str:
        """Where the storage is, to be shown: a folder, or a server and database."""
        team = self.database.dialect == "postgresql"
        return self.database.location if team else str(self.home)

    @cached_property
    def registry(self) -> DefinitionRegistry:
        """The registry of strategies and indicators."""
        from foresto_lab.storage.registry_store import DatabaseRegistry

        return DatabaseRegistry(self.database)

    @cached_property
    def ledger(self) -> TrialLedger:
        """The trial ledger: every evaluation that was ever made here."""
        from foresto_lab.storage.trial_ledger import DatabaseTrialLedger

        return DatabaseTrialLedger(self.database)

    @cached_property
    def checkpoints(self) -> CheckpointFolders:
        """What searches under way have evaluated; files beside the store."""
        from foresto_lab.storage.checkpoints import (
            CHECKPOINTS_FOLDER,
            CheckpointFolders,
        )

        return CheckpointFolders(self.home / DATA_FOLDER / CHECKPOINTS_FOLDER)

    @cached_property
    def series(self) -> SeriesStore:
        """The price series; their packages are imported at the first use."""
        if self.database.dialect == "postgresql":
            from foresto_lab.storage.postgresql.series_store import PostgresSeriesStore

            return PostgresSeriesStore(self.postgres)
        from foresto_lab.storage.lake import LakeSeriesStore

        return LakeSeriesStore(self.home / DATA_FOLDER / LAKE_FOLDER)

    @cached_property
    def candles(self) -> CandleStore:
        """The candles; their packages are imported at the first use."""
        if self.database.dialect == "postgresql":
            from foresto_lab.storage.postgresql.candle_store import PostgresCandleStore

            return PostgresCandleStore(self.postgres)
        from foresto_lab.storage.lake import LakeCandleStore

        return LakeCandleStore(self.home / DATA_FOLDER / LAKE_FOLDER)

    @property
    def postgres(self) -> PostgresDatabase:
        """The team's database, for what only PostgreSQL has."""
        from foresto_lab.storage.postgresql.database import PostgresDatabase

        assert isinstance(self.database, PostgresDatabase)
        return self.database

    def close(self) -> None:
        """Close this process's connections; what is used again opens new ones."""
        self.database.close()


def open_storage(home: Path, database_url: SecretStr | str | None = None) -> Storage:
    """Open a workspace's storage, creating what of it is not there yet.

    Any number of processes may open one at once, a new one included: its tables are
    made and its definitions seeded exactly once.

    Parameters
    ----------
    home : Path
        The workspace's folder.
    database_url : str or SecretStr, optional
        A team's PostgreSQL database, which then holds everything; or another SQLite
        file for the catalog. Left out, everything is in ``home/data``.

    Raises
    ------
    WorkspaceReadOnlyError
        The folder cannot be written.
    CorruptStoreError
        The catalog is no SQLite database.
    SchemaVersionError
        The catalog was made by a newer version of this package, or is a team's of an
        older one.
    DatabaseConnectionError
        The server cannot be reached, does not let one in, or is too old.
    SettingsError
        The URL cannot be read, or is of another kind of database.
    """
    home = Path(home).expanduser().absolute()
    url = _parse_url(database_url)
    if url is not None and url.get_backend_name() == "postgresql":
        return _open_team_storage(home, url)
    return _open_embedded_storage(home, url)


def _open_embedded_storage(home: Path, url: URL | None) -> Storage:
    from foresto_lab.storage.catalog import DatabaseCatalog
    from foresto_lab.storage.run_store import EmbeddedRunStore
    from foresto_lab.storage.sqlite.database import SqliteDatabase

    data = home / DATA_FOLDER
    path = data / CATALOG_FILE if url is None else _sqlite_file(url)
    _create_folders(data / RUNS_FOLDER, path.parent)
    _require_writable(data, data / RUNS_FOLDER, path.parent, path)
    database = SqliteDatabase(path)
    database.use_write_ahead_log()
    ensure_schema(database)
    runs = EmbeddedRunStore(database, data / RUNS_FOLDER)
    return Storage(home, DatabaseCatalog(database), runs, database)


def _open_team_storage(home: Path, url: URL) -> Storage:
    from foresto_lab.storage.catalog import DatabaseCatalog
    from foresto_lab.storage.postgresql.database import PostgresDatabase
    from foresto_lab.storage.postgresql.run_store import PostgresRunStore

    database = PostgresDatabase(url.render_as_string(hide_password=False))
    ensure_schema(database)
    return Storage(
        home, DatabaseCatalog(database), PostgresRunStore(database), database
    )


def open_database(home: Path, database_url: SecretStr | str | None = None) -> Database:
    """Return the database of a workspace as it is: nothing is created or migrated.

    Raises
    ------
    SettingsError
        The URL cannot be read, or is of another kind of database.
    """
    from foresto_lab.storage.postgresql.database import PostgresDatabase
    from foresto_lab.storage.sqlite.database import SqliteDatabase

    url = _parse_url(database_url)
    if url is not None and url.get_backend_name() == "postgresql":
        return PostgresDatabase(url.render_as_string(hide_password=False))
    home = Path(home).expanduser().absolute()
    return SqliteDatabase(
        home / DATA_FOLDER / CATALOG_FILE if url is None else _sqlite_file(url)
    )


def create_workspace(
    home: Path, database_url: SecretStr | str | None = None
) -> Storage:
    """Create a workspace's storage, or complete one: missing seeds are added.

    Nothing that is there changes. Raises what ``open_storage`` raises.
    """
    from foresto_lab.storage.seeds import seed_definitions

    storage = open_storage(home, database_url)
    with storage.database.writing_alone() as session:
        seed_definitions(session)
    return storage


def _parse_url(database_url: SecretStr | str | None) -> URL | None:
    """Return the URL of a database that can be used; None for the workspace's own."""
    if not database_url:
        return None
    secret = getattr(database_url, "get_secret_value", None)
    text = secret() if secret else str(database_url)
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        raise SettingsError(
            message="FORESTO_DATABASE_URL cannot be read as a database URL "
            "(it is not shown, as it may hold a password). Leave it out to use the "
            "workspace's own catalog."
        ) from None
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError(
            message=f"FORESTO_DATABASE_URL names a {backend} database; a team's store "
            "is PostgreSQL: postgresql://user:password@host:5432/database."
        )
    return url


def _sqlite_file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            message="FORESTO_DATABASE_URL is SQLite without a file; write "
            "sqlite:////path/to/foresto.db, or leave it out."
        )
    return Path(url.database).absolute()


def _create_folders(*folders: Path) -> None:
    for folder in folders:
        with storage_faults(folder):
            folder.mkdir(parents=True, exist_ok=True)


def _require_writable(*paths: Path) -> None:
    for path in paths:
        if path.exists() and not os.access(path, os.W_OK):
            raise WorkspaceReadOnlyError(path=path, reason="no permission to write")
