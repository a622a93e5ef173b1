"""Bring a catalog to the schema of this package, and recognise a strange one.

Whether it is current is a plain SELECT. Alembic is imported only where something has to
be migrated, and then runs inside one transaction that is alone in writing: of many
processes that open a new workspace at once, one migrates and the others wait and find
it done; a process killed inside leaves the catalog as it was.

A workspace's own catalog is brought up to date when it is opened. A team's is created
when it is empty, but not upgraded in passing, as others may still need it as it is:
that is for its owner, with ``foresto db upgrade``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from foresto_lab.errors import InputError, SchemaVersionError
from foresto_lab.telemetry import get_logger

if TYPE_CHECKING:
    from alembic.config import Config

    from foresto_lab.storage.database import Database

SCHEMA_VERSION = "0004"
"""The newest migration; a test compares it with those there are."""

SCHEMA_VERSIONS = ("0001", "0002", "0003", "0004")
"""Every migration there is, oldest first; a test compares these too."""

BASE = "base"
"""What a downgrade calls the state before the first migration."""

MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION_QUERY = text("SELECT version_num FROM alembic_version")
_TABLES_OWNER = text(
    "SELECT relowner::regrole::text FROM pg_class"
    " WHERE oid = to_regclass('alembic_version')"
)
"""The role that owns the tables, quoted where its name needs it."""

log = get_logger(__name__)


def ensure_schema(database: Database) -> None:
    """Create the tables where there are none; a new catalog gets its seeds.

    Raises
    ------
    SchemaVersionError
        The catalog was made by a newer version of this package, or a team's by an
        older one.
    CorruptStoreError
        The file is no SQLite database.
    """
    found = found_version(database)
    if found == SCHEMA_VERSION:
        return
    if found is not None and database.dialect == "postgresql":
        _require_known(found, database.location)
        raise SchemaVersionError(
            path=database.location,
            found=found,
            expected=SCHEMA_VERSION,
            fix="Let its owner bring it up to date: `foresto db upgrade`.",
        )
    upgrade_schema(database)


def upgrade_schema(database: Database) -> str | None:
    """Bring the tables up to date, and return the version that they had before.

    Candles move to TimescaleDB where it has been installed meanwhile.

    Raises
    ------
    SchemaVersionError
        The catalog was made by a newer version of this package.
    """
    with database.writing_alone() as session:
        connection = session.connection()
        found = schema_version(connection)
        if found != SCHEMA_VERSION:
            _require_known(found, database.location)
            migrate(connection)
        if found is None:
            from foresto_lab.storage.seeds import seed_definitions

            seed_definitions(session)
        _use_timescale(connection)
    if found != SCHEMA_VERSION:
        _tell(database, found, SCHEMA_VERSION)
    return found


def downgrade_schema(database: Database, target: str) -> str | None:
    """Take the tables back to an older version; return the version they had before.

    What only the newer version can hold is lost.

    Raises
    ------
    InputError
        The target is no older version.
    """
    with database.writing_alone() as session:
        connection = session.connection()
        found = schema_version(connection)
        _require_known(found, database.location)
        older = [v for v in (BASE, *SCHEMA_VERSIONS) if v == BASE or v < (found or "")]
        if found is None or target not in older:
            listed = ", ".join(older) if found else "none, as there are no tables"
            raise InputError(
                message=f"{database.location} has schema {found or 'none'}; it cannot "
                f"be taken back to {target!r}. Older ones: {listed}."
            )
        migrate(connection, target, downgrade=True)
    _tell(database, found, target)
    return found


def _tell(database: Database, before: str | None, after: str) -> None:
    log.info("schema migrated", database=database.location, before=before, after=after)


def found_version(database: Database) -> str | None:
    """Return the version that a catalog's tables have; None before the first."""
    with database.reading() as session:
        return schema_version(session.connection())


def schema_version(connection: Connection) -> str | None:
    """Return the version of the tables that a connection sees; None if none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(_VERSION_QUERY).scalar()
    return None if found is None else str(found)


def _require_known(found: str | None, location: str) -> None:
    if found is None or found in SCHEMA_VERSIONS:
        return
    raise SchemaVersionError(
        path=location,
        found=found,
        expected=SCHEMA_VERSION,
        fix="It was made by a newer foresto_lab: install that version, or open "
        "another workspace.",
    )


def migrate(
    connection: Connection, target: str = "head", *, downgrade: bool = False
) -> None:
    """Run the migrations to ``target`` within the connection's transaction."""
    from alembic import command

    _act_as_owner(connection)
    run = command.downgrade if downgrade else command.upgrade
    run(_alembic_config(connection), target)


def _act_as_owner(connection: Connection) -> None:
    """Let new tables belong to the role that the others belong to.

    Several people may be members of it, and each of them is to migrate the next time.
    """
    if connection.dialect.name != "postgresql":
        return
    owner = connection.execute(_TABLES_OWNER).scalar()
    if owner is not None:
        connection.execute(text(f"SET LOCAL ROLE {owner}".replace(":", "\\:")))


def _use_timescale(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        from foresto_lab.storage.postgresql.timescale import enable_timescale

        _act_as_owner(connection)
        enable_timescale(connection)


def _alembic_config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
