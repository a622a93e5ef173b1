"""Dropping the months that are over, and rows that no run owns.

Marking the runs and dropping the partition are one transaction, so no run is ever said
to be readable that is not. Dropping takes the parent table for an instant: it waits for
readers at most ``LOCK_WAIT`` at a time, as those who come after it wait behind it, and
tries again. (Detaching concurrently would not wait, but cannot be part of that
transaction.)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from psycopg import sql
from sqlalchemy import delete, select, text, update
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from foresto_lab.errors import WriteConflictError
from foresto_lab.storage.models import (
    BacktestEquity,
    RunArtifact,
    SimulationPath,
    SimulationRun,
)
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.partitions import EXPIRY_TABLES, list_partitions

LOCK_WAIT = "2s"
ATTEMPTS = 20
_SERIES = (SimulationPath, BacktestEquity)


def months_over(database: PostgresDatabase, last_day: date) -> tuple[str, ...]:
    """Return the partitions of expiring series that end by the day after a day."""
    with database.connection() as connection:
        return tuple(
            partition.name
            for partition in list_partitions(connection, EXPIRY_TABLES)
            if partition.end_day is not None and partition.first_day <= last_day
        )


def drop_months(
    database: PostgresDatabase,
    partitions: Sequence[str],
    run_ids: Sequence[str],
    now: datetime,
) -> None:
    """Drop partitions, and note in the rows of their runs that the series are gone.

    Raises
    ------
    WriteConflictError
        Readers held a partition all the time; nothing was changed.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(WriteConflictError),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random(0.05, 0.5),
        reraise=True,
    )
    if partitions or run_ids:
        attempts(_drop_once, database, partitions, run_ids, now)


def _drop_once(
    database: PostgresDatabase,
    partitions: Sequence[str],
    run_ids: Sequence[str],
    now: datetime,
) -> None:
    with database.writing_alone() as session:
        connection = session.connection()
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'"))
        session.execute(
            update(SimulationRun)
            .where(SimulationRun.run_id.in_(run_ids))
            .where(SimulationRun.path_deleted_at.is_(None))
            .values(path_deleted_at=now)
        )
        session.execute(delete(RunArtifact).where(RunArtifact.run_id.in_(run_ids)))
        for name in partitions:
            statement = sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name))
            connection.exec_driver_sql(statement.as_string(None))


def orphans(database: PostgresDatabase) -> tuple[str, ...]:
    """Return the runs that there are rows of series of, and no run."""
    found: set[str] = set()
    with database.reading() as session:
        for table in _SERIES:
            owned = select(SimulationRun.run_id).where(
                SimulationRun.run_id == table.run_id
            )
            query = select(table.run_id).where(~owned.exists()).distinct()
            found.update(session.scalars(query))
    return tuple(sorted(found))


def drop_orphans(database: PostgresDatabase, run_ids: Sequence[str]) -> None:
    """Delete rows of series whose runs are not there."""
    if not run_ids:
        return
    with database.writing() as session:
        for table in _SERIES:
            owned = select(SimulationRun.run_id).where(
                SimulationRun.run_id == table.run_id
            )
            session.execute(
                delete(table)
                .where(table.run_id.in_(run_ids))
                .where(~owned.exists())
                .execution_options(synchronize_session=False)
            )
