"""The states of a table of series, as ``series_version`` lists them.

A state has a number, which counts the states of the table here, and a name, which is
the data version. Names follow from the content of the loads; after one was adopted
from another store its number and that within the name differ. A name that was adopted
twice for the same rows is listed twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from foresto_lab.errors import InputError, UnknownNameError, WriteConflictError
from foresto_lab.storage.data_versions import DataVersion, first
from foresto_lab.storage.postgresql.arrow_session import ArrowSession, literal
from foresto_lab.storage.waiting import waiting_for

LOCK_GROUP = 1718579813
"""The first number of all advisory locks of this package: "fore"."""


@dataclass(frozen=True, slots=True)
class SeriesState:
    """One state of a table.

    Attributes
    ----------
    number : int
        Its place among the table's states; 0 before the first load.
    name : str
        Its data version.
    marks : mapping
        By another table's name, the number of its state that the rows rest on.
    """

    number: int
    name: str
    marks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows a load changed, and their first and last date."""

    inserted: int = 0
    updated: int = 0
    first_date: date | None = None
    last_date: date | None = None

    def __bool__(self) -> bool:
        """Return whether any row was changed."""
        return bool(self.inserted or self.updated)

    def __add__(self, other: Changes) -> Changes:
        """Return the changes of both."""
        firsts = [d for d in (self.first_date, other.first_date) if d]
        lasts = [d for d in (self.last_date, other.last_date) if d]
        return Changes(
            self.inserted + other.inserted,
            self.updated + other.updated,
            min(firsts, default=None),
            max(lasts, default=None),
        )


def lock_table(session: ArrowSession, table: str, *, shared: bool = False) -> None:
    """Wait until nobody else writes a table, and keep it so to the transaction's end.

    Shared, the table is only kept from being written. Readers never ask.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with waiting_for(f"writing {table}"):
        session.value(f"SELECT {function}({LOCK_GROUP}, hashtext({literal(table)}))")


def newest_state(session: ArrowSession, table: str) -> SeriesState:
    """Return the state that a table is in."""
    row = session.row(
        "SELECT number, name, marks::text AS marks FROM series_version "
        f"WHERE table_name = {literal(table)} ORDER BY number DESC LIMIT 1"
    )
    if row is None:
        return SeriesState(0, first(table))
    return SeriesState(row["number"], row["name"], json.loads(row["marks"]))


def number_of(session: ArrowSession, table: str, data_version: str) -> int:
    """Return the number of the state that a data version names.

    Raises
    ------
    UnknownNameError
        The table never had this data version.
    """
    number = _find_number(session, table, data_version)
    if number is None:
        newest = newest_state(session, table).name
        raise UnknownNameError(
            kind="data version", given=data_version, allowed=(newest,)
        )
    return number


def _find_number(session: ArrowSession, table: str, data_version: str) -> int | None:
    try:
        DataVersion.parse(data_version)
    except InputError:
        return None
    if data_version == first(table):
        return 0
    number: int | None = session.value(
        f"SELECT max(number) FROM series_version WHERE table_name = {literal(table)} "
        f"AND name = {literal(data_version)}"
    )
    return number


def record_state(
    session: ArrowSession,
    table: str,
    state: SeriesState,
    *,
    changes: Changes | None = None,
    digest: str = "",
) -> None:
    """List a new state of a table."""
    changed = changes or Changes()
    values = (
        literal(table),
        literal(state.number),
        literal(state.name),
        literal(digest),
        "clock_timestamp()",
        literal(changed.inserted),
        literal(changed.updated),
        literal(changed.first_date) if changed.first_date else "NULL",
        literal(changed.last_date) if changed.last_date else "NULL",
        literal(json.dumps(dict(state.marks))),
    )
    session.execute(
        "INSERT INTO series_version (table_name, number, name, digest, committed_at, "
        "rows_inserted, rows_updated, first_date, last_date, marks) "
        f"VALUES ({', '.join(values)})"
    )


def replace_marks(
    session: ArrowSession, table: str, state: SeriesState, marks: Mapping[str, int]
) -> None:
    """Record that a state's rows rest on other states than was known."""
    session.execute(
        f"UPDATE series_version SET marks = {literal(json.dumps(dict(marks)))} "
        f"WHERE table_name = {literal(table)} AND number = {literal(state.number)}"
    )


def adopt_name(
    session: ArrowSession, table: str, name: str, only_from: str | None = None
) -> None:
    """Call the present state of a table by a name from now on.

    With ``only_from``, only while it is at that data version.

    Raises
    ------
    InputError
        It is no name of the table's, or names other rows of it.
    WriteConflictError
        The table is at another data version than ``only_from`` by now.
    """
    given = DataVersion.parse(name)
    if given.table != table:
        raise InputError(
            message=f"{name!r} names a state of {given.table}; rows of {table} cannot "
            "be called by it."
        )
    newest = newest_state(session, table)
    if newest.name == name:
        return
    if only_from not in (None, newest.name):
        raise WriteConflictError(path=table, attempts=1)
    named = _find_number(session, table, name)
    if named is not None and _rows_changed_after(session, table, named):
        raise InputError(
            message=f"{name!r} already names another state of {table} here, which is "
            f"at {newest.name}; a name is never given anew."
        )
    adopted = SeriesState(newest.number + 1, name, newest.marks)
    record_state(session, table, adopted)


def _rows_changed_after(session: ArrowSession, table: str, number: int) -> bool:
    return bool(
        session.value(
            "SELECT EXISTS (SELECT FROM series_version "
            f"WHERE table_name = {literal(table)} AND number > {literal(number)} "
            "AND rows_inserted + rows_updated > 0)"
        )
    )
