"""The catalog's SQLite file: connections, transactions, and what they promise.

- Readers never wait for writers nor writers for readers (write-ahead log).
- A write takes the write lock when it begins, so it never fails half way because
  somebody else wrote first; it waits its turn, up to ``LOCK_WAIT_SECONDS``.
- A committed transaction survives a power failure (``synchronous=FULL``).
- One Database serves any number of threads. A forked child opens connections of its
  own; the parent's are never touched there.
"""

from __future__ import annotations

import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from json import JSONEncoder
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.processes import PerProcess
from foresto_lab.storage.waiting import waiting_for

LOCK_WAIT_SECONDS = 120
_WRITES = "foresto_writes"
_to_json = JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode


class SqliteDatabase:
    """A SQLite file with the catalog's tables, opened at its first use.

    Parameters
    ----------
    path : Path
        The file; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = PerProcess(partial(_create_engine, path))
        weakref.finalize(self, _dispose, self._engine)

    def __repr__(self) -> str:
        return f"SqliteDatabase({str(self.path)!r})"

    @property
    def dialect(self) -> Literal["sqlite"]:
        """Return ``sqlite``."""
        return "sqlite"

    @property
    def location(self) -> str:
        """Return the file's path."""
        return str(self.path)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one unchanging state of the catalog."""
        with storage_faults(self.path), Session(self._engine.get()) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose changes are committed together at its end, or none is.

        It holds the write lock from its beginning.
        """
        engine = self._engine.get().execution_options(**{_WRITES: True})
        with (
            storage_faults(self.path),
            Session(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.connection()
            yield session

    def writing_alone(self) -> AbstractContextManager[Session]:
        """Give a writing session; SQLite lets in only one at a time as it is."""
        return self.writing()

    def use_write_ahead_log(self) -> None:
        """Switch the file to its write-ahead log, where it then stays.

        The switch needs the file alone for a moment and SQLite does not queue for it,
        so it is tried until it succeeds.
        """
        with storage_faults(self.path), self._engine.get().connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            if raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                _insist(lambda: raw.execute("PRAGMA journal_mode = WAL"))

    def close(self) -> None:
        """Close this process's connections; the next use opens new ones."""
        _dispose(self._engine)


def _create_engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": LOCK_WAIT_SECONDS},
        pool_size=4,
        max_overflow=60,
        pool_timeout=LOCK_WAIT_SECONDS,
        json_serializer=_to_json,
    )
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _dispose(engines: PerProcess[Engine]) -> None:
    engine = engines.pop()
    if engine is not None:
        engine.dispose()


def _prepare_connection(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours to say, see _begin
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    with waiting_for("the catalog's write lock"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _insist(attempt: Any) -> None:
    """Repeat what SQLite refuses as busy without waiting for it."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            attempt()
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorname.startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return
