"""The trial ledger in the catalog's database, embedded or a team's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from foresto_lab.runs.trials import TrialEntry, TrialTally, shares_symbol
from foresto_lab.storage.models import TrialLedger

if TYPE_CHECKING:
    from foresto_lab.storage.database import Database

FACTS = ("run_id", "family", "data", "method")
TALLY = ("evaluated", "measured", "sharpe_mean", "sharpe_squares")


class DatabaseTrialLedger:
    """The ``TrialLedger`` of a store; the protocol states its contract.

    Parameters
    ----------
    database : Database
        The catalog.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, entry: TrialEntry) -> None:
        """Write what a search has evaluated so far, unless more is known of it."""
        values = _values(entry)
        with self._database.writing() as session:
            connection = session.connection()
            statement = _insert(connection.dialect.name).values(values)
            changed = {name: values[name] for name in values if name != "run_id"}
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["run_id"],
                    set_=changed,
                    where=TrialLedger.evaluated <= values["evaluated"],
                )
            )

    def tally(
        self, family: str, data: str, *, without: str | None = None
    ) -> TrialTally:
        """Return all trials of a family on data that shares a symbol with this."""
        query = (
            select(TrialLedger)
            .where(TrialLedger.family == family)
            .order_by(TrialLedger.run_id)
        )
        with self._database.reading() as session:
            entries = [_entry(row) for row in session.scalars(query)]
        tallies = (
            entry.tally
            for entry in entries
            if entry.run_id != without and shares_symbol(entry.data, data)
        )
        return reduce(TrialTally.merge, tallies, TrialTally())

    def entries(
        self, family: str | None = None, data: str | None = None
    ) -> Sequence[TrialEntry]:
        """Return the entries, the oldest first."""
        query = select(TrialLedger).order_by(
            TrialLedger.recorded_at, TrialLedger.run_id
        )
        if family is not None:
            query = query.where(TrialLedger.family == family)
        if data is not None:
            query = query.where(TrialLedger.data == data)
        with self._database.reading() as session:
            return tuple(map(_entry, session.scalars(query)))


def _insert(dialect: str) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as into_postgresql

        return into_postgresql(TrialLedger)
    from sqlalchemy.dialects.sqlite import insert as into_sqlite

    return into_sqlite(TrialLedger)


def _values(entry: TrialEntry) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in FACTS},
        **{name: getattr(entry.tally, name) for name in TALLY},
        "recorded_at": entry.recorded_at,
    }


def _entry(row: TrialLedger) -> TrialEntry:
    return TrialEntry(
        **{name: getattr(row, name) for name in FACTS},
        tally=TrialTally(*(getattr(row, name) for name in TALLY)),
        recorded_at=row.recorded_at,
    )
