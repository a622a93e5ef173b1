"""Dropping the months that are over, and rows that no run owns.

Marking the runs and dropping the partitions are one transaction, so that no run is
ever said to be readable that is not. Dropping takes the parent tables for an instant:
it waits for readers ``LOCK_WAIT`` at a time, as who comes after it waits behind it,
lets them through, and tries again. (Detaching concurrently would not wait, but cannot
be part of that transaction.) A run that was completed late, when its month was over,
keeps that month for the next cleanup.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from psycopg import sql
from sqlalchemy import delete, select, text
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from foresto_lab.errors import WriteConflictError
from foresto_lab.storage.models import (
    BacktestEquity,
    SimulationPath,
    SimulationRun,
)
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.partitions import EXPIRY_TABLES, list_partitions

LOCK_WAIT = "250ms"
PATIENCE_SECONDS = 60.0
_SERIES = (SimulationPath, BacktestEquity)
_MARK = text(
    "UPDATE simulation_run SET path_deleted_at = :now "
    "WHERE run_id = ANY(:runs) AND path_deleted_at IS NULL"
)
_DELETE_ARTIFACTS = text("DELETE FROM run_artifact WHERE run_id = ANY(:runs)")
_LOCK = text(
    f"LOCK TABLE ONLY {', ONLY '.join(EXPIRY_TABLES)} IN ACCESS EXCLUSIVE MODE"
)
"""Who is completing a run has committed by then, or finds the month gone."""

_MONTHS_IN_USE = text(
    """
    SELECT DISTINCT to_char(path_expires_at AT TIME ZONE 'UTC', 'YYYY"m"MM')
    FROM simulation_run
    WHERE status = 'completed' AND path_deleted_at IS NULL
        AND path_expires_at <= :now
    """
)


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
) -> tuple[str, ...]:
    """Drop partitions, and note in the rows of their runs that the series are gone.

    Returns
    -------
    tuple of str
        The partitions that were dropped: all but those with series of other runs.

    Raises
    ------
    WriteConflictError
        Readers held a partition all the time; nothing was changed.
    """
    if not partitions and not run_ids:
        return ()
    attempts = Retrying(
        retry=retry_if_exception_type(WriteConflictError),
        stop=stop_after_delay(PATIENCE_SECONDS),
        wait=wait_random(0.25, 1.0),
        reraise=True,
    )
    dropped: tuple[str, ...] = attempts(
        _drop_once, database, partitions, list(run_ids), now
    )
    return dropped


def _drop_once(
    database: PostgresDatabase,
    partitions: Sequence[str],
    run_ids: list[str],
    now: datetime,
) -> tuple[str, ...]:
    with database.writing_alone() as session:
        connection = session.connection()
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'"))
        given = {"runs": run_ids, "now": now}
        connection.execute(_MARK, given)
        connection.execute(_DELETE_ARTIFACTS, given)
        if not partitions:
            return ()
        connection.execute(_LOCK)
        kept = {
            f"y{month}" for month in connection.execute(_MONTHS_IN_USE, given).scalars()
        }
        dropped = tuple(p for p in partitions if p.rpartition("_")[2] not in kept)
        for name in dropped:
            statement = sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name))
            connection.exec_driver_sql(statement.as_string(None))
    return dropped


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
