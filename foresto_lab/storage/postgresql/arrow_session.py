"""Statements whose rows come and go as Arrow tables, by PostgreSQL's binary COPY.

COPY takes no parameters, so values are written into the statements, as literals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import sql

from foresto_lab.errors import ForestoError

if TYPE_CHECKING:
    import pyarrow as pa
    from adbc_driver_manager.dbapi import Cursor

    from foresto_lab.storage.postgresql.database import PostgresDatabase


class ArrowSession:
    """A connection that takes statements and tables; one thread uses it."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def execute(self, *statements: str) -> None:
        """Execute statements that return nothing."""
        for statement in statements:
            self._cursor.execute(statement)

    def fetch(self, statement: str) -> pa.Table:
        """Return the rows of a query."""
        self._cursor.execute(statement)
        return self._cursor.fetch_arrow_table()

    def row(self, statement: str) -> dict[str, Any] | None:
        """Return the first row of a query; None when there is none."""
        found = self.fetch(statement).to_pylist()
        return found[0] if found else None

    def value(self, statement: str) -> Any:
        """Return the first value of a query's first row."""
        row = self.row(statement)
        return None if row is None else next(iter(row.values()))

    def copy(self, rows: pa.Table, table: str, *, temporary: bool = False) -> None:
        """Append rows to a table by COPY."""
        schema = {"db_schema_name": "pg_temp"} if temporary else {}
        self._cursor.adbc_ingest(table, rows, mode="append", **schema)


@contextmanager
def arrow_session(database: PostgresDatabase) -> Iterator[ArrowSession]:
    """Give a session in which every statement stands for itself.

    What is refused by its user, not by the server, leaves the connection in use: to
    open another takes a tenth of a second.
    """
    refusal = None
    with database.arrow_connection() as connection, connection.cursor() as cursor:
        try:
            yield ArrowSession(cursor)
        except ForestoError as error:
            refusal = error
    if refusal is not None:
        raise refusal


@contextmanager
def arrow_transaction(database: PostgresDatabase) -> Iterator[ArrowSession]:
    """Give a session whose statements take effect together, or not at all.

    Each statement sees what others committed before it.
    """
    with _transaction(database, "READ COMMITTED READ WRITE") as session:
        yield session


@contextmanager
def arrow_snapshot(database: PostgresDatabase) -> Iterator[ArrowSession]:
    """Give a session whose queries all see one state of the database."""
    with _transaction(database, "REPEATABLE READ READ ONLY") as session:
        yield session


@contextmanager
def _transaction(database: PostgresDatabase, level: str) -> Iterator[ArrowSession]:
    with arrow_session(database) as session:
        session.execute(f"BEGIN ISOLATION LEVEL {level}")
        try:
            yield session
        except ForestoError:
            session.execute("ROLLBACK")
            raise
        session.execute("COMMIT")


def literal(value: str | int | date) -> str:
    """Return a value as it is written in a statement."""
    return sql.Literal(value).as_string(None)


def literal_texts(values: Iterable[str]) -> str:
    """Return texts as an array is written in a statement."""
    return f"ARRAY[{', '.join(map(literal, values))}]::text[]"


def can_be_stored(value: str) -> bool:
    """Return whether PostgreSQL can hold a text, so that asking for it is allowed."""
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
