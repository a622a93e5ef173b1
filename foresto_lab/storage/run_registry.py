"""The registry of runs: what both stores share of the life of a run.

A store adds what a run computed: where it is kept, how completing and deleting stay
atomic, and what killed processes left behind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, insert, or_, select, update

from foresto_lab.errors import (
    CorruptStoreError,
    InputError,
    RunError,
    RunNotFoundError,
    RunNotReadableError,
)
from foresto_lab.runs.provenance import new_run_id
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.archives import read_archived
from foresto_lab.storage.artifacts import RUN_ID
from foresto_lab.storage.heartbeat import Heartbeat
from foresto_lab.storage.models import SimulationRun, SimulationSummary
from foresto_lab.storage.processes import PerProcess, this_process
from foresto_lab.storage.run_records import run_process, run_record, run_values
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.storage.database import Database

CRASH_MESSAGE = "The process that ran it is gone"
RUNNING, COMPLETED, FAILED = (
    str(RunStatus.RUNNING),
    str(RunStatus.COMPLETED),
    str(RunStatus.FAILED),
)


def utc_now() -> datetime:
    """Return this instant."""
    return datetime.now(UTC)


class RunRegistry(ABC):
    """What every ``RunStore`` does with the rows of runs; see its protocol.

    Parameters
    ----------
    database : Database
        The catalog.
    clock : callable
        Gives the instants that the store records.
    """

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._heartbeats = PerProcess(partial(Heartbeat, self._beat))

    # --- what a store adds ------------------------------------------------------------

    @abstractmethod
    def complete(self, run_id: str, artifacts: RunArtifacts) -> RunRecord:
        """Store the artifacts and make the run completed, atomically."""

    @abstractmethod
    def delete(self, run_id: str) -> None:
        """Delete the run and its artifacts, wholly or not at all."""

    @abstractmethod
    def fail_crashed(self, now: datetime) -> Sequence[RunRecord]:
        """Fail every running run whose process is gone; return those."""

    @abstractmethod
    def _is_kept(self, row: SimulationRun) -> bool:
        """Return whether a completed run's artifacts can be read here."""

    @abstractmethod
    def _read(self, row: SimulationRun) -> RunArtifacts:
        """Return the artifacts of a completed run."""

    # --- the life of a run ------------------------------------------------------------

    def begin(self, record: RunRecord) -> RunRecord:
        """Register a new run as running and keep its heartbeat from now on.

        An empty ``run_id`` is given one. Raises RunError when the id is taken.
        """
        now = self._clock()
        run_id = record.run_id or new_run_id(record.created_at)
        if not RUN_ID.fullmatch(run_id):
            raise InputError(
                message=f"Run id {run_id!r} cannot name a folder: use 4 to 40 letters, "
                "digits, hyphens and underscores."
            )
        values = run_values(replace(record, run_id=run_id), this_process(), now)
        query = insert(SimulationRun).values(
            values | {"heartbeat_at": self._heard_at()}
        )
        with self._database.writing() as session:
            if session.scalar(select(1).where(SimulationRun.run_id == run_id)):
                raise RunError(message=f"Run {run_id} exists already.", run_id=run_id)
            heard_at = session.scalar(query.returning(SimulationRun.heartbeat_at))
        self._heartbeats.get().keep(run_id)
        return run_record(SimulationRun(**values | {"heartbeat_at": heard_at}), None)

    def fail(self, run_id: str, error_message: str) -> RunRecord:
        """Make a running run failed, with the reason; a failed one stays as it is.

        Raises RunError when it is completed.
        """
        self._heartbeats.get().drop(run_id)
        with self._database.writing() as session:
            row = locked_row(session, run_id)
            if row.status != FAILED:
                require_running(session, run_id, "failed")
                row.status = FAILED
                row.error_message = error_message.replace("\0", "")
        return run_record(row, None)

    def _heard_at(self) -> Any:
        """Return the instant of a sign of life given now, or what computes it."""
        return self._clock()

    def _beat(self, run_ids: Sequence[str]) -> None:
        with self._database.writing() as session:
            session.execute(
                update(SimulationRun)
                .where(SimulationRun.run_id.in_(run_ids))
                .where(SimulationRun.status == RUNNING)
                .values(heartbeat_at=self._heard_at())
            )

    # --- reading ----------------------------------------------------------------------

    def find_completed(self, request_hash: str) -> RunRecord | None:
        """Return the newest completed, unexpired, readable run of this request."""
        expires_at = SimulationRun.expires_at
        query = (
            _rows()
            .where(SimulationRun.request_hash == request_hash)
            .where(SimulationRun.status == COMPLETED)
            .where(or_(expires_at.is_(None), expires_at > self._clock()))
            .order_by(None)
            .order_by(
                SimulationRun.completed_at.desc(), SimulationRun.created_at.desc()
            )
        )
        with self._database.reading() as session:
            for row, measures in session.execute(query):
                if self._is_kept(row):
                    return run_record(row, measures)
        return None

    def record(self, run_id: str) -> RunRecord:
        """Return the run with this id, or with the only id that begins so."""
        with self._database.reading() as session:
            found = _find(session, run_id)
            summary = session.get(SimulationSummary, found.run_id)
        return run_record(found, summary.measures if summary else None)

    def records(
        self,
        *,
        kind: RunKind | None = None,
        status: RunStatus | None = None,
        limit: int | None = None,
    ) -> Sequence[RunRecord]:
        """Return the runs, newest first."""
        query = _rows().limit(limit)
        if kind is not None:
            query = query.where(SimulationRun.kind == str(kind))
        if status is not None:
            query = query.where(SimulationRun.status == str(status))
        with self._database.reading() as session:
            return tuple(run_record(*found) for found in session.execute(query))

    def artifacts(self, run_id: str) -> RunArtifacts:
        """Return a completed run's tables and summary."""
        with self._database.reading() as session:
            row = _find(session, run_id)
        if row.status != COMPLETED or row.artifact_checksum is None:
            reason = f" ({row.error_message})" if row.error_message else ""
            raise RunNotReadableError(
                run_id=row.run_id, status=row.status, reason=reason
            )
        if row.path_deleted_at is not None:
            return read_archived(row)
        try:
            return self._read(row)
        except CorruptStoreError:
            with self._database.reading() as session:
                now = _find(session, row.run_id)
            if now.path_deleted_at is None:
                raise
            return read_archived(now)  # it was cleaned up while it was read


def _rows() -> Select[SimulationRun, dict[str, Any]]:
    """Return the query for runs with their stored summaries, newest first."""
    return (
        select(SimulationRun, SimulationSummary.measures)
        .outerjoin(SimulationSummary, SimulationSummary.run_id == SimulationRun.run_id)
        .order_by(SimulationRun.created_at.desc(), SimulationRun.run_id.desc())
    )


def with_status(status: str) -> Select[SimulationRun]:
    """Return the query for the runs of a status."""
    return select(SimulationRun).where(SimulationRun.status == status)


def ids_with_status(status: str) -> Select[str]:
    """Return the query for the ids of the runs of a status."""
    return select(SimulationRun.run_id).where(SimulationRun.status == status)


def is_gone(row: SimulationRun, now: datetime) -> bool:
    """Return whether the process of a running run certainly runs no longer."""
    heartbeat = row.heartbeat_at or row.created_at
    return run_process(row).is_gone(heartbeat, now)


def require_running(session: Session, run_id: str, wanted: str) -> SimulationRun:
    """Return the locked row of a running run; raise RunError for another one's."""
    row = locked_row(session, run_id)
    if row.status != RUNNING:
        reason = f" ({row.error_message})" if row.error_message else ""
        raise RunError(
            message=f"Run {run_id} is {row.status}{reason} and cannot become {wanted}; "
            "only a running run can.",
            run_id=run_id,
            status=row.status,
        )
    return row


def locked_row(session: Session, run_id: str) -> SimulationRun:
    """Return a run's row, which nobody else changes until the transaction ends."""
    row = session.get(SimulationRun, run_id, with_for_update=True)
    if row is None:
        raise RunNotFoundError(run_id=run_id, reason="none has this id.")
    return row


def _find(session: Session, run_id: str) -> SimulationRun:
    """Return the row with this id, or with the only id that begins so."""
    exact = session.get(SimulationRun, run_id) if run_id else None
    if exact is not None:
        return exact
    query = (
        select(SimulationRun)
        .where(SimulationRun.run_id.startswith(run_id, autoescape=True))
        .order_by(SimulationRun.run_id)
        .limit(4)
    )
    found = session.scalars(query).all() if run_id else []
    if len(found) == 1:
        return found[0]
    raise RunNotFoundError(run_id=run_id, reason=_why_not_found(found))


def _why_not_found(found: Sequence[SimulationRun]) -> str:
    if not found:
        return "none has this id, nor one that begins so."
    begin = ", ".join(row.run_id for row in found[:3])
    more = " and more" if len(found) > 3 else ""
    return f"several begin so: {begin}{more}. Type one more of its characters."
