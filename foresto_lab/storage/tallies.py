"""Counting what the catalog holds, by the database itself: no row leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from foresto_lab.runs.tally import LoadTally, RunTally, StoreTally
from foresto_lab.storage.models import SimulationRun, SourceLoadHistory
from foresto_lab.storage.processes import HEARTBEAT_BOUND
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.storage.database import Database


def read_tally(database: Database, now: datetime) -> StoreTally:
    """Return what a store knows in numbers: of one state of it, changing nothing."""
    with database.reading() as session:
        return StoreTally(tally_runs(session, now), tally_loads(session))


def tally_runs(session: Session, now: datetime) -> RunTally:
    """Return the registered runs by number, as of an instant."""
    run = SimulationRun
    grouped = select(
        run.kind, run.status, func.count(), func.max(run.completed_at)
    ).group_by(run.kind, run.status)
    rows = session.execute(grouped).all()
    silent = select(func.count()).where(
        run.status == str(RunStatus.RUNNING),
        func.coalesce(run.heartbeat_at, run.created_at) < now - HEARTBEAT_BOUND,
    )
    return RunTally(
        counts=MappingProxyType(
            {(RunKind(kind), RunStatus(status)): n for kind, status, n, _ in rows}
        ),
        last_completed=MappingProxyType(
            {
                RunKind(kind): completed_at
                for kind, status, _, completed_at in rows
                if status == str(RunStatus.COMPLETED) and completed_at is not None
            }
        ),
        silent=session.scalar(silent) or 0,
    )


def tally_loads(session: Session) -> Sequence[LoadTally]:
    """Return the loads by table and by how they ended."""
    load = SourceLoadHistory
    rows = (load.rows_inserted, load.rows_updated, load.rows_unchanged)
    query = (
        select(
            load.table_name,
            load.status,
            func.max(load.loaded_at),
            func.count(),
            *(func.coalesce(func.sum(column), 0) for column in rows),
        )
        .group_by(load.table_name, load.status)
        .order_by(load.table_name, load.status)
    )
    return tuple(
        LoadTally(table, status, last_at, *map(int, counts))
        for table, status, last_at, *counts in session.execute(query)
    )
