"""Cleaning up: series whose time is over, runs that expired, and what nobody owns.

A run's series (its path and tables) are kept for a time, its row and summary longer.
Where an archive is given, every run is written there, and read back, before anything
of it is deleted. Killed in between, a cleanup is simply run again.

On PostgreSQL series go by the month: when the month in which they expired is over, its
partition is dropped, whatever its size. In the embedded store each run is a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from foresto_lab.errors import RunError
from foresto_lab.storage.archives import Archive
from foresto_lab.storage.models import SimulationRun
from foresto_lab.telemetry.logs import get_logger
from foresto_lab.types import RunStatus

if TYPE_CHECKING:
    from foresto_lab.storage.workspace import Storage

ORPHAN_AGE = timedelta(days=1)
"""How long what nobody owns is left alone: a run may be about to own it."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CleanupReport:
    """What a cleanup did, or would do.

    Attributes
    ----------
    paths : tuple of str
        Runs whose series were deleted; their rows and summaries stay.
    runs : tuple of str
        Runs that were deleted with all they had.
    waiting : tuple of str
        Runs whose series have expired and go when their month is over.
    waiting_until : date or None
        The first day on which some of these go.
    partitions : tuple of str
        Partitions that were dropped; PostgreSQL only.
    orphans : tuple of str
        Artifacts without a run that were removed.
    archive : str or None
        Where the runs were archived.
    dry_run : bool
        Whether nothing was changed.
    """

    paths: tuple[str, ...]
    runs: tuple[str, ...]
    waiting: tuple[str, ...]
    waiting_until: date | None
    partitions: tuple[str, ...]
    orphans: tuple[str, ...]
    archive: str | None
    dry_run: bool

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.paths or self.runs or self.partitions or self.orphans)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "paths": list(self.paths),
            "runs": list(self.runs),
            "waiting": list(self.waiting),
            "waiting_until": self.waiting_until and self.waiting_until.isoformat(),
            "partitions": list(self.partitions),
            "orphans": list(self.orphans),
            "archive": self.archive,
            "dry_run": self.dry_run,
        }

    def __str__(self) -> str:
        """Return the report as lines of text."""
        does = "would be " if self.dry_run else ""
        lines = [
            f"Series of {len(self.paths):,} runs {does}deleted; their summaries stay.",
            f"{len(self.runs):,} expired runs {does}deleted.",
        ]
        if self.partitions:
            lines.append(f"Partitions {does}dropped: {', '.join(self.partitions)}.")
        if self.orphans:
            lines.append(
                f"{len(self.orphans):,} artifacts without a run {does}removed."
            )
        if self.waiting:
            lines.append(
                f"{len(self.waiting):,} more have expired and go with their month, "
                f"from {self.waiting_until} on."
            )
        if self.archive:
            lines.append(f"Archive: {self.archive}.")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class CleanupPlan:
    """What is due at an instant."""

    paths: tuple[str, ...]
    runs: tuple[str, ...]
    waiting: tuple[str, ...]
    waiting_until: date | None
    partitions: tuple[str, ...]
    orphans: tuple[str, ...]

    @property
    def archived(self) -> tuple[str, ...]:
        """The runs that lose something, in the order they are archived."""
        return tuple(dict.fromkeys((*self.paths, *self.runs)))


def plan_cleanup(storage: Storage, now: datetime) -> CleanupPlan:
    """Return what is due: nothing is changed."""
    bound = _bound(storage, now)
    with storage.database.reading() as session:
        rows = session.scalars(
            select(SimulationRun)
            .where(
                SimulationRun.status.in_(
                    [str(RunStatus.COMPLETED), str(RunStatus.FAILED)]
                )
            )
            .order_by(SimulationRun.run_id)
        ).all()
    runs = [row.run_id for row in rows if row.expires_at and row.expires_at <= now]
    ended = [
        row
        for row in rows
        if row.run_id not in set(runs)
        and row.status == str(RunStatus.COMPLETED)
        and row.path_deleted_at is None
        and row.path_expires_at is not None
        and row.path_expires_at <= now
    ]
    waiting = [
        row for row in ended if row.path_expires_at and row.path_expires_at > bound
    ]
    return CleanupPlan(
        paths=tuple(row.run_id for row in ended if row not in waiting),
        runs=tuple(runs),
        waiting=tuple(row.run_id for row in waiting),
        waiting_until=_next_month(bound) if waiting else None,
        partitions=_due_partitions(storage, bound.date()),
        orphans=_orphans(storage, now),
    )


def clean_up(
    storage: Storage,
    *,
    now: datetime,
    archive: Path | None = None,
    dry_run: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> CleanupReport:
    """Delete what is due, archiving it first where an archive is given.

    Parameters
    ----------
    storage : Storage
        Of a workspace or a team; dropping partitions needs their owner's rights.
    now : datetime
        The instant to judge by, aware.
    archive : Path, optional
        The folder that runs are written to before they are deleted.
    dry_run : bool
        Only say what would be done.
    progress : callable, optional
        Called with what is done, how many are done, and of how many.

    Raises
    ------
    DiskFullError, WorkspaceReadOnlyError
        The archive cannot take a run; what was not archived was not deleted.
    WriteConflictError
        Readers kept a partition from being dropped; run it again.
    """
    plan = plan_cleanup(storage, now)
    tell = progress or (lambda *_: None)
    folder = None if archive is None else Archive(archive)
    if not dry_run:
        if folder is not None:
            _archive(storage, plan.archived, folder, tell)
        _delete(storage, plan, now, tell)
        log.info(
            "store cleaned up",
            paths=len(plan.paths),
            runs=len(plan.runs),
            partitions=list(plan.partitions),
            orphans=len(plan.orphans),
        )
    return CleanupReport(
        paths=plan.paths,
        runs=plan.runs,
        waiting=plan.waiting,
        waiting_until=plan.waiting_until,
        partitions=plan.partitions,
        orphans=plan.orphans,
        archive=None if folder is None else str(folder.folder),
        dry_run=dry_run,
    )


def _archive(
    storage: Storage,
    run_ids: Sequence[str],
    archive: Archive,
    tell: Callable[[str, int, int], None],
) -> None:
    """Write runs into an archive and note in their rows where they are."""
    for place, run_id in enumerate(run_ids):
        tell("archive", place, len(run_ids))
        record = storage.runs.record(run_id)
        if record.status is not RunStatus.COMPLETED or record.path_deleted_at:
            continue
        archive.put(record, storage.runs.artifacts(run_id))
        with storage.database.writing() as session:
            session.execute(
                update(SimulationRun)
                .where(SimulationRun.run_id == run_id)
                .values(archive=str(archive.folder))
            )
    tell("archive", len(run_ids), len(run_ids))


def _delete(
    storage: Storage,
    plan: CleanupPlan,
    now: datetime,
    tell: Callable[[str, int, int], None],
) -> None:
    if storage.database.dialect == "postgresql":
        from foresto_lab.storage.postgresql.retention import drop_months, drop_orphans

        drop_months(storage.postgres, plan.partitions, plan.paths, now)
        drop_orphans(storage.postgres, plan.orphans)
    else:
        from foresto_lab.storage.run_store import EmbeddedRunStore

        assert isinstance(storage.runs, EmbeddedRunStore)
        for place, run_id in enumerate(plan.paths):
            tell("delete series", place, len(plan.paths))
            storage.runs.drop_series(run_id, now)
        storage.runs.remove_orphans(plan.orphans)
    for place, run_id in enumerate(plan.runs):
        tell("delete runs", place, len(plan.runs))
        try:
            storage.runs.delete(run_id)
        except RunError:
            continue  # another cleanup was quicker
    tell("delete runs", len(plan.runs), len(plan.runs))


def _bound(storage: Storage, now: datetime) -> datetime:
    """Return until when series must have expired to go now."""
    if storage.database.dialect == "sqlite":
        return now
    today = now.astimezone(UTC)
    month = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return month - timedelta(microseconds=1)


def _next_month(bound: datetime) -> date:
    first = bound + timedelta(microseconds=1)
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _due_partitions(storage: Storage, last_day: date) -> tuple[str, ...]:
    if storage.database.dialect != "postgresql":
        return ()
    from foresto_lab.storage.postgresql.retention import months_over

    return months_over(storage.postgres, last_day)


def _orphans(storage: Storage, now: datetime) -> tuple[str, ...]:
    if storage.database.dialect == "postgresql":
        from foresto_lab.storage.postgresql.retention import orphans

        return orphans(storage.postgres)
    from foresto_lab.storage.run_store import EmbeddedRunStore

    assert isinstance(storage.runs, EmbeddedRunStore)
    return storage.runs.orphans(older_than=now - ORPHAN_AGE)
