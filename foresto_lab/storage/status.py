"""The state of a store at one glance, without changing it.

A store that cannot be used as it is (no tables yet, or those of another version) has a
status all the same: what is there, and what is to be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, func, inspect, select, text

from foresto_lab.errors import ForestoError, SchemaVersionError, StorageError
from foresto_lab.storage.models import SeriesVersion, SourceLoadHistory
from foresto_lab.storage.schema import (
    SCHEMA_VERSION,
    SCHEMA_VERSIONS,
    schema_version,
)
from foresto_lab.storage.sizes import TableSize
from foresto_lab.storage.tallies import tally_runs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.storage.database import Database

State = Literal["current", "empty", "older", "newer"]
SERIES = ("daily_price", "daily_return", "candles_history")
"""The series whose data versions are told."""


@dataclass(frozen=True, slots=True)
class LastLoad:
    """The newest entry of the load history."""

    loaded_at: datetime
    source: str
    table: str
    status: str
    rows: int | None


@dataclass(frozen=True)
class StoreStatus:
    """A store as it stands; see the module's text.

    Attributes
    ----------
    server : str
        The database and its version.
    role : str or None
        What this user may do in a team's database: owner, writer, reader.
    state : {"current", "empty", "older", "newer"}
        How the tables stand to what this package needs.
    runs : mapping
        Status to the number of runs.
    months_ahead : mapping
        Partitioned table to the months after this one that it has partitions for.
    candles : str or None
        What there is of TimescaleDB; None where the server does not know it.
    """

    store: Literal["embedded", "postgresql"]
    location: str
    server: str
    state: State
    schema_found: str | None
    size_bytes: int
    tables: tuple[TableSize, ...]
    role: str | None = None
    data_versions: Mapping[str, str] = field(default_factory=dict)
    last_load: LastLoad | None = None
    runs: Mapping[str, int] = field(default_factory=dict)
    silent_runs: int = 0
    months_ahead: Mapping[str, int] = field(default_factory=dict)
    candles: str | None = None

    @property
    def schema_needed(self) -> str:
        """The version of the tables that this package works with."""
        return SCHEMA_VERSION

    @property
    def problem(self) -> ForestoError | None:
        """Why the store cannot be used as it is, and what to do; None if it can."""
        if self.state == "current":
            return None
        if self.state == "empty":
            return StorageError(
                message=f"{self.location} has no tables of foresto_lab yet. Create "
                "them with `foresto db init`."
            )
        fix = (
            "Bring it up to date with `foresto db upgrade`; the role that owns the "
            "tables may."
            if self.state == "older"
            else "A newer foresto_lab made it: install that version."
        )
        return SchemaVersionError(
            path=self.location,
            found=self.schema_found,
            expected=self.schema_needed,
            fix=fix,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the status as plain JSON-ready values."""
        problem, load = self.problem, self.last_load
        return {
            "store": self.store,
            "location": self.location,
            "server": self.server,
            "role": self.role,
            "state": self.state,
            "problem": None if problem is None else str(problem),
            "schema_found": self.schema_found,
            "schema_needed": self.schema_needed,
            "size_bytes": self.size_bytes,
            "tables": [table.to_dict() for table in self.tables],
            "data_versions": dict(self.data_versions),
            "last_load": load
            and {
                "loaded_at": load.loaded_at.isoformat(),
                "source": load.source,
                "table": load.table,
                "status": load.status,
                "rows": load.rows,
            },
            "runs": dict(self.runs),
            "silent_runs": self.silent_runs,
            "months_ahead": dict(self.months_ahead),
            "candles": self.candles,
        }


def read_status(database: Database, home: Path, *, now: datetime) -> StoreStatus:
    """Return the state of a workspace's store; nothing is created or changed.

    Parameters
    ----------
    database : Database
        Of the workspace, as ``open_database`` gives it.
    home : Path
        The workspace, which holds the embedded store's lake and runs.
    now : datetime
        The instant to count from, aware.

    Raises
    ------
    DatabaseConnectionError
        The server cannot be reached or does not let one in.
    """
    if database.dialect == "postgresql":
        return _team_status(database, now)
    return _embedded_status(database, home, now)


# --- a team's database --------------------------------------------------------------


def _team_status(database: Database, now: datetime) -> StoreStatus:
    from foresto_lab.storage.postgresql.sizes import database_size, table_sizes

    with database.reading() as session:
        connection = session.connection()
        found = schema_version(connection)
        state = _state(found)
        ready = state == "current"
        return StoreStatus(
            store="postgresql",
            location=database.location,
            server=_server(connection),
            state=state,
            schema_found=found,
            size_bytes=database_size(connection),
            tables=() if found is None else table_sizes(connection),
            role=_role(connection) if ready else None,
            data_versions=_data_versions(session) if ready else {},
            months_ahead=_months_ahead(connection, now.date()) if ready else {},
            candles=_candles(connection) if ready else None,
            **(_catalog_facts(session, now) if ready else {}),
        )


def _server(connection: Connection) -> str:
    version = connection.execute(text("SHOW server_version")).scalar_one()
    standby = connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one()
    name = f"PostgreSQL {str(version).split()[0]}"
    return f"{name}, a standby that only reads" if standby else name


def _role(connection: Connection) -> str:
    owns, writes = connection.execute(
        text(
            "SELECT pg_has_role(relowner, 'USAGE'),"
            " has_table_privilege('simulation_run', 'INSERT')"
            " FROM pg_class WHERE oid = 'alembic_version'::regclass"
        )
    ).one()
    return "owner" if owns else "writer" if writes else "reader"


def _data_versions(session: Session) -> dict[str, str]:
    from foresto_lab.storage.data_versions import first

    newest = select(
        SeriesVersion.table_name, func.max(SeriesVersion.number).label("number")
    ).group_by(SeriesVersion.table_name)
    numbers = newest.subquery()
    rows = session.execute(
        select(SeriesVersion.table_name, SeriesVersion.name).join(
            numbers,
            (numbers.c.table_name == SeriesVersion.table_name)
            & (numbers.c.number == SeriesVersion.number),
        )
    )
    named = {row.table_name: row.name for row in rows}
    return {name: first(name) for name in SERIES} | named


def _months_ahead(connection: Connection, today: date) -> dict[str, int]:
    from foresto_lab.storage.postgresql.months import monthly_tables
    from foresto_lab.storage.postgresql.partitions import list_partitions, months_ahead

    partitions = list_partitions(connection)
    return {
        table: months_ahead([p for p in partitions if p.table == table], today)
        for table in monthly_tables(connection)
    }


def _candles(connection: Connection) -> str | None:
    from foresto_lab.storage.postgresql.timescale import timescale_state

    state = timescale_state(connection)
    return state.sentence if state.available or state.installed else None


# --- the embedded store -------------------------------------------------------------


def _embedded_status(database: Database, home: Path, now: datetime) -> StoreStatus:
    from foresto_lab.storage.embedded_files import embedded_files

    files = embedded_files(home, Path(database.location))
    with database.reading() as session:
        connection = session.connection()
        found = schema_version(connection)
        state = _state(found)
        version = connection.execute(text("SELECT sqlite_version()")).scalar_one()
        lake = [TableSize(t.name, t.rows, t.size_bytes) for t in files.tables]
        facts = _catalog_facts(session, now) if state == "current" else {}
        tables = () if found is None else (*_catalog_tables(connection), *lake)
    return StoreStatus(
        store="embedded",
        location=str(home),
        server=f"SQLite {version} and Delta Lake",
        state=state,
        schema_found=found,
        size_bytes=files.size_bytes,
        tables=tuple(sorted(tables, key=lambda table: table.name)),
        data_versions={table.name: table.data_version for table in files.tables},
        **facts,
    )


def _catalog_tables(connection: Connection) -> list[TableSize]:
    names = inspect(connection).get_table_names()
    quoted = connection.dialect.identifier_preparer.quote
    return [
        TableSize(
            name,
            int(
                connection.exec_driver_sql(
                    f"SELECT count(*) FROM {quoted(name)}"
                ).scalar_one()
            ),
            None,
        )
        for name in names
    ]


# --- either -------------------------------------------------------------------------


def _state(found: str | None) -> State:
    if found is None:
        return "empty"
    if found == SCHEMA_VERSION:
        return "current"
    return "older" if found in SCHEMA_VERSIONS else "newer"


def _catalog_facts(session: Session, now: datetime) -> dict[str, Any]:
    tally = tally_runs(session, now)
    runs: dict[str, int] = {}
    for (_, status), count in tally.counts.items():
        runs[str(status)] = runs.get(str(status), 0) + count
    return {
        "last_load": _last_load(session),
        "runs": MappingProxyType(runs),
        "silent_runs": tally.silent,
    }


def _last_load(session: Session) -> LastLoad | None:
    load = SourceLoadHistory
    query = (
        select(
            load.loaded_at,
            load.source,
            load.table_name,
            load.status,
            load.rows_received,
        )
        .order_by(load.loaded_at.desc(), load.load_id.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else LastLoad(*row)
