"""Bring a catalog to the schema of this package, and recognise a strange one.

Whether it is current is a plain SELECT. Alembic is imported only where something has to
be migrated, and then runs inside one transaction that holds the write lock: of many
processes that open a new workspace at once, one migrates and the others wait and find
it done; a process killed inside leaves the catalog as it was.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from foresto_lab.errors import SchemaVersionError
from foresto_lab.storage.database import Database
from foresto_lab.storage.seeds import seed_definitions

SCHEMA_VERSION = "0001"
"""The newest migration; a test compares it with those there are."""

MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION_QUERY = text("SELECT version_num FROM alembic_version")


def ensure_schema(database: Database) -> None:
    """Create or migrate the tables where needed; a new catalog gets its seeds.

    Raises
    ------
    SchemaVersionError
        The catalog was made by a newer version of this package.
    CorruptStoreError
        The file is no SQLite database.
    """
    database.use_write_ahead_log()
    with database.reading() as session:
        found = schema_version(session.connection())
    if found == SCHEMA_VERSION:
        return
    with database.writing() as session:
        connection = session.connection()
        found = schema_version(connection)
        if found == SCHEMA_VERSION:
            return
        _require_known(found, database.path)
        migrate(connection)
        if found is None:
            seed_definitions(session)


def schema_version(connection: Connection) -> str | None:
    """Return the version that a catalog's tables have; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(_VERSION_QUERY).scalar()
    return None if found is None else str(found)


def _require_known(found: str | None, path: Path) -> None:
    if found is None or found < SCHEMA_VERSION:
        return
    raise SchemaVersionError(
        path=path,
        found=found,
        expected=SCHEMA_VERSION,
        fix="It was made by a newer foresto_lab: install that version, or open "
        "another workspace.",
    )


def migrate(connection: Connection, target: str = "head") -> None:
    """Run the migrations up to ``target`` within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, target)
