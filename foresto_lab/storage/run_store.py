"""Runs in the embedded store: rows in the catalog, artifacts in folders beside it.

How completing stays atomic: the folder is staged and flushed to the disk first. Then,
holding the catalog's write lock, it is moved under the run's id and the row becomes
completed. A process killed before the commit leaves a running row, whatever became of
the folder; the next ``fail_crashed`` fails the row and removes the folder. Deleting
works the same way round: until the commit the run is there, and a folder that was moved
away is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.artifacts import RunFolders, remove_tree, run_of
from foresto_lab.storage.models import (
    BacktestTrade,
    OptimizationResult,
    RebalancingEvent,
    SimulationRun,
)
from foresto_lab.storage.run_records import (
    backtest_row,
    event_rows,
    optimization_rows,
    run_record,
    summary_row,
    trade_rows,
)
from foresto_lab.storage.run_registry import (
    COMPLETED,
    CRASH_MESSAGE,
    FAILED,
    RUNNING,
    RunRegistry,
    ids_with_status,
    is_gone,
    locked_row,
    require_running,
    utc_now,
    with_status,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.storage.database import Database


class EmbeddedRunStore(RunRegistry):
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
        super().__init__(database, clock=clock)
        self._folders = RunFolders(folder)

    # --- the end of a run -------------------------------------------------------------

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
            row = require_running(session, run_id, "completed")
            row.status = COMPLETED
            row.completed_at = self._clock()
            row.artifact_checksum = checksum
            summary = summary_row(run_id, artifacts.summary)
            session.add(summary)
            session.flush()
            events = event_rows(run_id, artifacts)
            if events:
                session.connection().execute(insert(RebalancingEvent), events)
            backtest = backtest_row(row, artifacts)
            if backtest is not None:
                session.add(backtest)
                session.flush()
                trades = trade_rows(run_id, artifacts)
                if trades:
                    session.connection().execute(insert(BacktestTrade), trades)
            tried = optimization_rows(row, artifacts)
            if tried:
                session.connection().execute(insert(OptimizationResult), tried)
            self._folders.publish(staged, run_id)
            moves.append(partial(self._withdraw, run_id))
        return run_record(row, summary.measures)

    def _withdraw(self, run_id: str) -> None:
        discarded = self._folders.discard(run_id)
        if discarded is not None:
            remove_tree(discarded)

    def delete(self, run_id: str) -> None:
        """Delete the run and its artifacts, wholly or not at all."""
        discarded: Path | None = None
        with self._moving() as moves, self._database.writing() as session:
            session.delete(locked_row(session, run_id))
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

    # --- cleaning up ------------------------------------------------------------------

    def drop_series(self, run_id: str, now: datetime) -> None:
        """Delete what a run computed; its row and its summary stay."""
        discarded: Path | None = None
        with self._moving() as moves, self._database.writing() as session:
            row = locked_row(session, run_id)
            if row.path_deleted_at is None:
                row.path_deleted_at = now
                session.flush()
                discarded = self._folders.discard(run_id)
                if discarded is not None:
                    moves.append(partial(self._folders.restore, discarded))
        if discarded is not None:
            remove_tree(discarded)

    def orphans(self, *, older_than: datetime) -> tuple[str, ...]:
        """Return the folders without a run that were last changed before an instant."""
        with self._database.reading() as session:
            known = set(session.scalars(select(SimulationRun.run_id)))
        lost = (name for name in self._folders.run_ids() if name not in known)
        return tuple(name for name in lost if self._is_older(name, older_than))

    def _is_older(self, name: str, instant: datetime) -> bool:
        with suppress(FileNotFoundError):
            return self._folders.folder(name).stat().st_mtime < instant.timestamp()
        return False  # somebody has removed it meanwhile

    def remove_orphans(self, names: Sequence[str]) -> None:
        """Remove folders without a run."""
        for name in names:
            discarded = self._folders.discard(name)
            if discarded is not None:
                remove_tree(discarded)

    # --- crashes ----------------------------------------------------------------------

    def fail_crashed(self, now: datetime) -> Sequence[RunRecord]:
        """Fail every running run whose process is gone; return those.

        What killed processes left in the folders is put right along with it.
        """
        with self._database.reading() as session:
            running = session.scalars(with_status(RUNNING)).all()
        alive = {row.run_id for row in running if not is_gone(row, now)}
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
            gone = [r for r in session.scalars(with_status(RUNNING)) if is_gone(r, now)]
            for row in gone:
                row.status = FAILED
                row.error_message = CRASH_MESSAGE
                self._folders.discard(row.run_id)
            session.flush()
            removable = [*self._abandoned(session), *self._settle_discarded(session)]
        for folder in removable:
            remove_tree(folder)
        return tuple(run_record(row, None) for row in gone)

    def _abandoned(self, session: Session) -> list[Path]:
        """Return the staged folders of runs that are not running."""
        running = set(session.scalars(ids_with_status(RUNNING)))
        return [f for f in self._folders.staged() if run_of(f) not in running]

    def _settle_discarded(self, session: Session) -> list[Path]:
        """Put back what an uncommitted deletion moved away; return the rest."""
        removable = []
        for folder in self._folders.discarded():
            run = session.get(SimulationRun, run_of(folder))
            kept = (
                run is not None
                and run.status == COMPLETED
                and run.path_deleted_at is None
            )
            if kept and not self._folders.folder(run_of(folder)).exists():
                self._folders.restore(folder)
            else:
                removable.append(folder)
        return removable

    # --- reading ----------------------------------------------------------------------

    def has_artifacts(self, run_id: str) -> bool:
        """Return whether every file of a run is there."""
        return self._folders.present(run_id)

    def _is_kept(self, row: SimulationRun) -> bool:
        return row.path_deleted_at is None and self.has_artifacts(row.run_id)

    def _read(self, row: SimulationRun) -> RunArtifacts:
        assert row.artifact_checksum is not None
        return self._folders.load(row.run_id, row.artifact_checksum)
