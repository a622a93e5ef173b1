"""A workspace's storage: the catalog, the runs and the price series, as one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from foresto_lab.errors import SettingsError, StorageError, WorkspaceReadOnlyError
from foresto_lab.runs.protocols import Catalog, RunStore
from foresto_lab.settings import CATALOG_FILE
from foresto_lab.storage.catalog import DatabaseCatalog
from foresto_lab.storage.database import Database
from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.run_store import EmbeddedRunStore
from foresto_lab.storage.schema import ensure_schema
from foresto_lab.storage.seeds import seed_definitions

if TYPE_CHECKING:
    from pydantic import SecretStr

    from foresto_lab.market.protocols import SeriesStore

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
    """

    home: Path
    catalog: Catalog
    runs: RunStore
    _database: Database = field(repr=False)

    @cached_property
    def series(self) -> SeriesStore:
        """The price series; the lake's packages are imported at the first use."""
        from foresto_lab.storage.lake import LakeSeriesStore

        series: SeriesStore = LakeSeriesStore(self.home / DATA_FOLDER / LAKE_FOLDER)
        return series

    def close(self) -> None:
        """Close this process's connections; what is used again opens new ones."""
        self._database.close()


def open_storage(home: Path, database_url: SecretStr | str | None = None) -> Storage:
    """Open a workspace's storage, creating what of it is not there yet.

    Any number of processes may open one at once, a new one included: its tables are
    made and its definitions seeded exactly once.

    Parameters
    ----------
    home : Path
        The workspace's folder.
    database_url : str or SecretStr, optional
        The catalog's database; left out, ``home/data/foresto.db``.

    Raises
    ------
    WorkspaceReadOnlyError
        The folder cannot be written.
    CorruptStoreError
        The catalog is no SQLite database.
    SchemaVersionError
        The catalog was made by a newer version of this package.
    StorageError
        The URL is of a database that this version cannot use.
    """
    home = Path(home).expanduser().absolute()
    data = home / DATA_FOLDER
    path = _catalog_path(database_url) or data / CATALOG_FILE
    _create_folders(data / RUNS_FOLDER, path.parent)
    _require_writable(data, data / RUNS_FOLDER, path.parent, path)
    database = Database(path)
    ensure_schema(database)
    runs = EmbeddedRunStore(database, data / RUNS_FOLDER)
    return Storage(home, DatabaseCatalog(database), runs, database)


def create_workspace(
    home: Path, database_url: SecretStr | str | None = None
) -> Storage:
    """Create a workspace's storage, or complete one: missing seeds are added.

    Nothing that is there changes. Raises what ``open_storage`` raises.
    """
    storage = open_storage(home, database_url)
    with storage._database.writing() as session:
        seed_definitions(session)
    return storage


def _catalog_path(database_url: SecretStr | str | None) -> Path | None:
    """Return the SQLite file that a URL names; None for the workspace's own."""
    if not database_url:
        return None
    secret = getattr(database_url, "get_secret_value", None)
    url = _parse_url(secret() if secret else str(database_url))
    if url.get_backend_name() != "sqlite":
        raise StorageError(
            message=f"FORESTO_DATABASE_URL names a {url.get_backend_name()} database; "
            "a shared one (team mode) is not in this version. Leave the setting out "
            "to use the workspace's own catalog."
        )
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            message="FORESTO_DATABASE_URL is SQLite without a file; write "
            "sqlite:////path/to/foresto.db, or leave it out."
        )
    return Path(url.database).absolute()


def _parse_url(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError(
            message="FORESTO_DATABASE_URL cannot be read as a database URL "
            "(it is not shown, as it may hold a password). Leave it out to use the "
            "workspace's own catalog."
        ) from None


def _create_folders(*folders: Path) -> None:
    for folder in folders:
        with storage_faults(folder):
            folder.mkdir(parents=True, exist_ok=True)


def _require_writable(*paths: Path) -> None:
    for path in paths:
        if path.exists() and not os.access(path, os.W_OK):
            raise WorkspaceReadOnlyError(path=path, reason="no permission to write")
