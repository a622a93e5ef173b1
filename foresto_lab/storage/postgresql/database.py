"""The team's PostgreSQL database: connections, transactions, and what they promise.

- A reading session is one REPEATABLE READ, read-only transaction.
- A writing session is one READ COMMITTED transaction; rows that are read and then
  decided on are locked by who reads them. ``writing_alone`` takes an advisory lock.
- Every connection speaks UTC and UTF-8, whatever the server's own settings are.
- Arrow data goes through ADBC connections of their own, kept in a pool of the process.
- A connection that the server has dropped is replaced before it is handed out.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from json import JSONEncoder
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from foresto_lab.errors import ServerVersionError, SettingsError
from foresto_lab.storage.postgresql.faults import (
    connection_fault,
    database_faults,
    is_driver_error,
    is_lost,
)
from foresto_lab.storage.processes import PerProcess
from foresto_lab.storage.waiting import waiting_for

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as ArrowConnection
    from sqlalchemy.engine import ExceptionContext

OLDEST_SERVER = 14
CONNECT_SECONDS = 10
POOL_WAIT_SECONDS = 120
STALE_SECONDS = 0.05
"""How long a pooled connection may lie before it is tried again."""

DEFINITIONS_LOCK = (0x666F7265, 1)
"""Advisory lock of those who write alone; the first number is "fore"."""

_to_json = JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode


class PostgresDatabase:
    """A PostgreSQL database with the catalog's tables, opened at its first use.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``, with libpq's options
        (``?sslmode=require``) where wanted.

    Raises
    ------
    SettingsError
        The URL cannot be read.
    """

    def __init__(self, url: str) -> None:
        self._url = parse_url(url)
        self._engine = PerProcess(partial(_create_engine, self._url, self.location))
        self._arrow_pool = PerProcess(partial(_ArrowPool, self._url, self.location))
        weakref.finalize(self, _dispose, self._engine, self._arrow_pool)

    def __repr__(self) -> str:
        return f"PostgresDatabase({self.location!r})"

    @property
    def dialect(self) -> Literal["postgresql"]:
        """Return ``postgresql``."""
        return "postgresql"

    @property
    def location(self) -> str:
        """Return the server and the database, without user and password."""
        return shown(self._url)

    @property
    def libpq_arguments(self) -> dict[str, str]:
        """Return the whole connection, password included, by libpq's own names."""
        return libpq_arguments(self._url)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one unchanging state and cannot write."""
        engine = self._engine.get().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with database_faults(self.location), Session(engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose changes are committed together at its end."""
        with (
            database_faults(self.location),
            Session(self._engine.get(), expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def writing_alone(self) -> Iterator[Session]:
        """Give a writing session that is the only such one while it lasts."""
        with self.writing() as session:
            take_lock(session.connection(), DEFINITIONS_LOCK)
            yield session

    @contextmanager
    def connection(self, *, autocommit: bool = False) -> Iterator[Connection]:
        """Give a plain connection; what is not committed by its user is undone.

        ``autocommit`` is for statements that refuse a transaction (VACUUM).
        """
        engine = self._engine.get()
        if autocommit:
            engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        with database_faults(self.location), engine.connect() as connection:
            yield connection

    @contextmanager
    def arrow_connection(self) -> Iterator[ArrowConnection]:
        """Give an ADBC connection; whoever begins a transaction on it commits it.

        Statements are committed one by one unless ``BEGIN`` was executed. A connection
        whose user failed is closed, which undoes what it had begun; the idle ones with
        it, as what broke one may have broken all.
        """
        pool = self._arrow_pool.get()
        with database_faults(self.location):
            connection = pool.take()
            try:
                yield connection
            except BaseException:
                with suppress(Exception):
                    connection.close()
                pool.close()
                raise
            pool.put(connection)

    def close(self) -> None:
        """Close this process's connections; the next use opens new ones."""
        _dispose(self._engine, self._arrow_pool)


def parse_url(url: str) -> URL:
    """Return a PostgreSQL URL for this package's driver.

    Raises
    ------
    SettingsError
        It cannot be read, or names no database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(
            message="FORESTO_DATABASE_URL cannot be read as a database URL "
            "(it is not shown, as it may hold a password). Write "
            "postgresql://user:password@host:5432/database."
        ) from None
    if not parsed.database:
        raise SettingsError(
            message=f"{shown(parsed)} names no database. Write "
            "postgresql://user:password@host:5432/database."
        )
    return parsed.set(drivername="postgresql+psycopg")


def libpq_arguments(url: URL) -> dict[str, str]:
    """Return what a URL says by libpq's own names; ``user``, ``dbname`` and so on.

    libpq does not take the URLs that SQLAlchemy writes where they hold a space.
    """
    _, arguments = url.get_dialect()().create_connect_args(url)
    return {name: str(value) for name, value in arguments.items()}


def shown(url: URL) -> str:
    """Return a URL as it may be shown: no user, no password, no options."""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{host}{port}/{url.database or ''}"


def take_lock(connection: Connection, key: tuple[int, int]) -> None:
    """Wait for an advisory lock and keep it until the transaction ends."""
    with waiting_for(f"advisory lock {key[0]}, {key[1]}"):
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:group, :name)"),
            {"group": key[0], "name": key[1]},
        )


def _create_engine(url: URL, location: str) -> Engine:
    engine = create_engine(
        url,
        connect_args=_connect_arguments(url),
        pool_size=4,
        max_overflow=60,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_pre_ping=True,
        json_serializer=_to_json,
        hide_parameters=True,
    )
    event.listen(engine, "do_connect", partial(_connect, location))
    event.listen(engine, "handle_error", _tell_lost)
    return engine


def _tell_lost(context: ExceptionContext) -> None:
    """Let a connection be replaced whose server said goodbye before it hung up."""
    if is_lost(context.original_exception):
        context.is_disconnect = True


def _connect_arguments(url: URL) -> dict[str, Any]:
    given = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "foresto_lab",
        "client_encoding": "utf8",
        "keepalives_idle": 30,
    }
    return {name: value for name, value in given.items() if name not in url.query}


def _connect(
    location: str, _dialect: Any, _record: Any, arguments: Any, options: Any
) -> Any:
    """Open a connection as this package needs it, or say why it cannot be."""
    import psycopg

    try:
        connection = psycopg.connect(*arguments, **options)
    except psycopg.Error as error:
        raise connection_fault(error, location) from None
    found = connection.info.server_version // 10_000
    if found < OLDEST_SERVER:
        connection.close()
        raise ServerVersionError(server=location, found=found, needed=OLDEST_SERVER)
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = False
    return connection


class _ArrowPool:
    """The idle ADBC connections of a process."""

    def __init__(self, url: URL, location: str) -> None:
        self._arguments = libpq_arguments(url) | _connect_arguments(url)
        self._location = location
        self._lock = threading.Lock()
        self._idle: list[tuple[ArrowConnection, float]] = []

    def take(self) -> ArrowConnection:
        """Return an idle connection that answers, or a new one."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                connection, since = self._idle.pop()
            if time.monotonic() - since < STALE_SECONDS or _answers(connection):
                return connection
        return self._open()

    def put(self, connection: ArrowConnection) -> None:
        """Keep a connection for the next who asks."""
        with self._lock:
            self._idle.append((connection, time.monotonic()))

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            with suppress(Exception):
                connection.close()

    def _open(self) -> ArrowConnection:
        from adbc_driver_postgresql import dbapi
        from psycopg.conninfo import make_conninfo

        address = make_conninfo(**self._arguments)
        try:
            connection = dbapi.connect(address, autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")
                # A plan of many months looks dear, and would be compiled for long.
                cursor.execute("SET jit = off")
        except Exception as error:
            if not is_driver_error(error):
                raise
            raise connection_fault(error, self._location) from None
        return connection


def _answers(connection: ArrowConnection) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchall()
    except Exception:
        with suppress(Exception):
            connection.close()
        return False
    return True


def _dispose(engines: PerProcess[Engine], pools: PerProcess[_ArrowPool]) -> None:
    engine = engines.pop()
    if engine is not None:
        with suppress(DBAPIError):
            engine.dispose()
    pool = pools.pop()
    if pool is not None:
        pool.close()
