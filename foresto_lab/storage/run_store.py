"""Runs in the embedded store: rows in the catalog, artifacts in folders beside it.

How completing stays atomic: the folder is staged and flushed to the disk first. Then,
holding the catalog's write lock, it is moved under the run's id and the row becomes
completed. A process killed before the commit leaves a running row, whatever became of
the folder; the next ``fail_crashed`` fails the row and removes the folder. Deleting
works the same way round: until the commit the run is there, and a folder that was moved
away is put back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, insert, or_, select, update

from foresto_lab.errors import (
    InputError,
    RunError,
    RunNotFoundError,
    RunNotReadableError,
)
from foresto_lab.runs.provenance import new_run_id
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.artifacts import RunFolders, remove_tree, run_of
from foresto_lab.storage.heartbeat import Heartbeat
from foresto_lab.storage.models import (
    RebalancingEvent,
    SimulationRun,
    SimulationSummary,
)
from foresto_lab.storage.processes import PerProcess, this_process
from foresto_lab.storage.run_records import (
    event_rows,
    run_process,
    run_record,
    run_row,
    summary_row,
)
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.storage.database import Database

CRASH_MESSAGE = "The process that ran it is gone"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,39}")
_RUNNING, _COMPLETED, _FAILED = (
    str(RunStatus.RUNNING),
    str(RunStatus.COMPLETED),
    str(RunStatus.FAILED),
)


def utc_now() -> datetime:
    """Return this instant."""
    return datetime.now(UTC)


class EmbeddedRunStore:
    """The ``RunStore`` of a workspace; the protocol states its contract.

    Parameters
    ----------
    database : Database
        The catalog.
    folder : Path
        Where the artifacts are.
    clock : callable
        Gives the instants that the store records.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._folders = RunFolders(folder)
        self._clock = clock
        self._heartbeats = PerProcess(partial(Heartbeat, self._beat))

    # --- the life of a run ------------------------------------------------------------

    def begin(self, record: RunRecord) -> RunRecord:
        """Register a new run as running and keep its heartbeat from now on.

        An empty ``run_id`` is given one. Raises RunError when the id is taken.
        """
        now = self._clock()
        run_id = record.run_id or new_run_id(record.created_at)
        if not _RUN_ID.fullmatch(run_id):
            raise InputError(
                message=f"Run id {run_id!r} cannot name a folder: use 4 to 40 letters, "
                "digits, hyphens and underscores."
            )
        row = run_row(replace(record, run_id=run_id), this_process(), now)
        with self._database.writing() as session:
            if session.get(SimulationRun, run_id) is not None:
                raise RunError(message=f"Run {run_id} exists already.", run_id=run_id)
            session.add(row)
        self._heartbeats.get().keep(run_id)
        return run_record(row, None)

    def complete(self, run_id: str, artifacts: RunArtifacts) -> RunRecord:
        """Store the artifacts and make the run completed, atomically.

        Raises RunError when the run is not running any more.
        """
        try:
            staged, checksum = self._folders.stage(run_id, artifacts)
            try:
                return self._publish(run_id, staged, checksum, artifacts)
            finally:
                remove_tree(staged)
        finally:
            self._heartbeats.get().drop(run_id)

    def _publish(
        self, run_id: str, staged: Path, checksum: str, artifacts: RunArtifacts
    ) -> RunRecord:
        with self._moving() as moves, self._database.writing() as session:
            row = _require_running(session, run_id, "completed")
            row.status = _COMPLETED
            row.completed_at = self._clock()
            row.artifact_checksum = checksum
            summary = summary_row(run_id, artifacts.summary)
            session.add(summary)
            session.flush()
            events = event_rows(run_id, artifacts)
            if events:
                session.connection().execute(insert(RebalancingEvent), events)
            self._folders.publish(staged, run_id)
            moves.append(partial(self._withdraw, run_id))
        return run_record(row, summary.measures)

    def _withdraw(self, run_id: str) -> None:
        discarded = self._folders.discard(run_id)
        if discarded is not None:
            remove_tree(discarded)

    def fail(self, run_id: str, error_message: str) -> RunRecord:
        """Make a running run failed, with the reason; a failed one stays as it is.

        Raises RunError when it is completed.
        """
        self._heartbeats.get().drop(run_id)
        with self._database.writing() as session:
            row = _get(session, run_id)
            if row.status != _FAILED:
                _require_running(session, run_id, "failed")
                row.status = _FAILED
                row.error_message = error_message
        return run_record(row, None)

    def delete(self, run_id: str) -> None:
        """Delete the run and its artifacts, wholly or not at all."""
        discarded: Path | None = None
        with self._moving() as moves, self._database.writing() as session:
            session.delete(_get(session, run_id))
            session.flush()
            discarded = self._folders.discard(run_id)
            if discarded is not None:
                moves.append(partial(self._folders.restore, discarded))
        self._heartbeats.get().drop(run_id)
        if discarded is not None:
            remove_tree(discarded)

    @staticmethod
    @contextmanager
    def _moving() -> Iterator[list[Callable[[], None]]]:
        """Collect how to take back the moves of folders, should the commit fail."""
        take_back: list[Callable[[], None]] = []
        try:
            yield take_back
        except BaseException:
            for step in reversed(take_back):
                step()
            raise

    # --- crashes ----------------------------------------------------------------------

    def fail_crashed(self, now: datetime) -> Sequence[RunRecord]:
        """Fail every running run whose process is gone; return those.

        What killed processes left in the folders is put right along with it.
        """
        with self._database.reading() as session:
            running = session.scalars(_with_status(_RUNNING)).all()
        alive = {row.run_id for row in running if not _is_gone(row, now)}
        leftovers = [
            folder
            for folder in (*self._folders.staged(), *self._folders.discarded())
            if run_of(folder) not in alive
        ]
        if len(alive) == len(running) and not leftovers:
            return ()
        return self._clean_up(now)

    def _clean_up(self, now: datetime) -> Sequence[RunRecord]:
        with self._database.writing_alone() as session:
            gone = [
                r for r in session.scalars(_with_status(_RUNNING)) if _is_gone(r, now)
            ]
            for row in gone:
                row.status = _FAILED
                row.error_message = CRASH_MESSAGE
                self._folders.discard(row.run_id)
            session.flush()
            removable = [*self._abandoned(session), *self._settle_discarded(session)]
        for folder in removable:
            remove_tree(folder)
        return tuple(run_record(row, None) for row in gone)

    def _abandoned(self, session: Session) -> list[Path]:
        """Return the staged folders of runs that are not running."""
        running = set(session.scalars(_ids_with_status(_RUNNING)))
        return [f for f in self._folders.staged() if run_of(f) not in running]

    def _settle_discarded(self, session: Session) -> list[Path]:
        """Put back what an uncommitted deletion moved away; return the rest."""
        removable = []
        for folder in self._folders.discarded():
            run = session.get(SimulationRun, run_of(folder))
            kept = run is not None and run.status == _COMPLETED
            if kept and not self._folders.folder(run_of(folder)).exists():
                self._folders.restore(folder)
            else:
                removable.append(folder)
        return removable

    def _beat(self, run_ids: Sequence[str]) -> None:
        with self._database.writing() as session:
            session.execute(
                update(SimulationRun)
                .where(SimulationRun.run_id.in_(run_ids))
                .where(SimulationRun.status == _RUNNING)
                .values(heartbeat_at=self._clock())
            )

    # --- reading ----------------------------------------------------------------------

    def find_completed(self, request_hash: str) -> RunRecord | None:
        """Return the newest completed, unexpired, readable run of this request."""
        expires_at = SimulationRun.expires_at
        query = (
            _rows()
            .where(SimulationRun.request_hash == request_hash)
            .where(SimulationRun.status == _COMPLETED)
            .where(or_(expires_at.is_(None), expires_at > self._clock()))
            .order_by(None)
            .order_by(
                SimulationRun.completed_at.desc(), SimulationRun.created_at.desc()
            )
        )
        with self._database.reading() as session:
            for row, measures in session.execute(query):
                if self._folders.present(row.run_id):
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
        if row.status != _COMPLETED or row.artifact_checksum is None:
            reason = f" ({row.error_message})" if row.error_message else ""
            raise RunNotReadableError(
                run_id=row.run_id, status=row.status, reason=reason
            )
        return self._folders.load(row.run_id, row.artifact_checksum)


def _rows() -> Select[SimulationRun, dict[str, Any]]:
    """Return the query for runs with their stored summaries, newest first."""
    return (
        select(SimulationRun, SimulationSummary.measures)
        .outerjoin(SimulationSummary, SimulationSummary.run_id == SimulationRun.run_id)
        .order_by(SimulationRun.created_at.desc(), SimulationRun.run_id.desc())
    )


def _with_status(status: str) -> Select[SimulationRun]:
    return select(SimulationRun).where(SimulationRun.status == status)


def _ids_with_status(status: str) -> Select[str]:
    return select(SimulationRun.run_id).where(SimulationRun.status == status)


def _is_gone(row: SimulationRun, now: datetime) -> bool:
    heartbeat = row.heartbeat_at or row.created_at
    return run_process(row).is_gone(heartbeat, now)


def _require_running(session: Session, run_id: str, wanted: str) -> SimulationRun:
    row = _get(session, run_id)
    if row.status != _RUNNING:
        reason = f" ({row.error_message})" if row.error_message else ""
        raise RunError(
            message=f"Run {run_id} is {row.status}{reason} and cannot become {wanted}; "
            "only a running run can.",
            run_id=run_id,
            status=row.status,
        )
    return row


def _get(session: Session, run_id: str) -> SimulationRun:
    row = session.get(SimulationRun, run_id)
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
