"""Cleaning up: series whose time is over, runs that expired, and what nobody owns.

A run's series (its path and tables) are kept for a time, its row and summary longer.
Where an archive is given, every run is written there, and read back, before anything
of it is deleted. Killed in between, a cleanup is simply run again.

On PostgreSQL series go by the month: when the month in which they expired is over, its
partition is dropped, whatever its size. In the embedded store each run is a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from foresto_lab.errors import RunNotFoundError, RunNotReadableError
from foresto_lab.runs.record import RunArtifacts
from foresto_lab.storage.archives import Archive
from foresto_lab.storage.models import SimulationRun
from foresto_lab.storage.run_registry import COMPLETED, FAILED, utc_now
from foresto_lab.telemetry.logs import get_logger

if TYPE_CHECKING:
    from sqlalchemy import Select

    from foresto_lab.storage.run_store import EmbeddedRunStore
    from foresto_lab.storage.workspace import Storage

ORPHAN_AGE = timedelta(days=1)
"""How long what nobody owns is left alone: a run may be about to own it."""

SEARCH_AGE = timedelta(days=30)
"""How long a stopped search can be gone on with."""

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
    searches : tuple of str
        Stopped searches, by their request hashes, whose written trials were removed:
        nobody went on with them. The trial ledger keeps what they tried.
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
    searches: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to do."""
        done = (self.paths, self.runs, self.partitions, self.orphans, self.searches)
        return not any(done)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "paths": list(self.paths),
            "runs": list(self.runs),
            "waiting": list(self.waiting),
            "waiting_until": self.waiting_until and self.waiting_until.isoformat(),
            "partitions": list(self.partitions),
            "orphans": list(self.orphans),
            "searches": list(self.searches),
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
        if self.searches:
            lines.append(
                f"What {len(self.searches):,} stopped searches had written down "
                f"{does}removed."
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
    searches: tuple[str, ...] = ()

    @property
    def archived(self) -> tuple[str, ...]:
        """The runs that lose something, in the order they are archived."""
        return tuple(dict.fromkeys((*self.paths, *self.runs)))


def plan_cleanup(storage: Storage, now: datetime) -> CleanupPlan:
    """Return what is due: nothing is changed."""
    bound = _bound(storage, now)
    with storage.database.reading() as session:
        runs = session.scalars(
            _ids().where(
                SimulationRun.status.in_([COMPLETED, FAILED]),
                SimulationRun.expires_at <= now,
            )
        ).all()
        ended = session.execute(
            _ids(SimulationRun.path_expires_at).where(
                SimulationRun.status == COMPLETED,
                SimulationRun.path_deleted_at.is_(None),
                SimulationRun.path_expires_at <= now,
                or_(SimulationRun.expires_at.is_(None), SimulationRun.expires_at > now),
            )
        ).all()
    paths = tuple(run_id for run_id, expired_at in ended if expired_at <= bound)
    waiting = tuple(run_id for run_id, expired_at in ended if expired_at > bound)
    return CleanupPlan(
        paths=paths,
        runs=tuple(runs),
        waiting=waiting,
        waiting_until=_next_month(bound) if waiting else None,
        partitions=_due_partitions(storage, bound.date()),
        orphans=_orphans(storage, now),
        searches=storage.checkpoints.outdated(now - SEARCH_AGE),
    )


def _ids(*more: Any) -> Select[Any]:
    return select(SimulationRun.run_id, *more).order_by(SimulationRun.run_id)


def clean_up(
    storage: Storage,
    *,
    now: datetime | None = None,
    archive: Path | None = None,
    dry_run: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> CleanupReport:
    """Delete what is due, archiving it first where an archive is given.

    Parameters
    ----------
    storage : Storage
        Of a workspace or a team; dropping partitions needs their owner's rights.
    now : datetime, optional
        The instant to judge by, aware. Left out, it is the server's where there is
        one: a client whose clock is ahead would delete what is still to be kept.
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
    now = now or _present(storage)
    plan = plan_cleanup(storage, now)
    tell = progress or (lambda *_: None)
    folder = None if archive is None else Archive(archive)
    if not dry_run:
        if folder is not None:
            _archive(storage, plan.archived, folder, tell)
        partitions = _delete(storage, plan, now, tell)
        for request_hash in plan.searches:
            storage.checkpoints.remove(request_hash)
        log.info(
            "store cleaned up",
            paths=len(plan.paths),
            runs=len(plan.runs),
            partitions=list(partitions),
            orphans=len(plan.orphans),
            searches=len(plan.searches),
        )
    return CleanupReport(
        paths=plan.paths,
        runs=plan.runs,
        waiting=plan.waiting,
        waiting_until=plan.waiting_until,
        partitions=plan.partitions if dry_run else partitions,
        orphans=plan.orphans,
        archive=None if folder is None else str(folder.folder),
        dry_run=dry_run,
        searches=plan.searches,
    )


def _archive(
    storage: Storage,
    run_ids: Sequence[str],
    archive: Archive,
    tell: Callable[[str, int, int], None],
) -> None:
    """Write runs into an archive, and note in their rows where their series are."""
    for place, run_id in enumerate(run_ids):
        tell("archive", place, len(run_ids))
        with suppress(RunNotFoundError):  # another cleanup was quicker
            _archive_run(storage, run_id, archive)
    tell("archive", len(run_ids), len(run_ids))


def _archive_run(storage: Storage, run_id: str, archive: Archive) -> None:
    record = storage.runs.record(run_id)
    try:
        artifacts = storage.runs.artifacts(run_id)
    except RunNotReadableError:  # it failed, or its series are gone already
        archive.put(record, RunArtifacts({}, record.summary))
        return
    archive.put(record, artifacts)
    with storage.database.writing() as session:
        session.execute(
            update(SimulationRun)
            .where(SimulationRun.run_id == run_id)
            .values(archive=str(archive.folder))
        )


def _delete(
    storage: Storage,
    plan: CleanupPlan,
    now: datetime,
    tell: Callable[[str, int, int], None],
) -> tuple[str, ...]:
    """Delete what is due; return the partitions that were dropped."""
    partitions: tuple[str, ...] = ()
    if storage.database.dialect == "postgresql":
        from foresto_lab.storage.postgresql.retention import drop_months, drop_orphans

        partitions = drop_months(storage.postgres, plan.partitions, plan.paths, now)
        drop_orphans(storage.postgres, plan.orphans)
    else:
        embedded = _embedded(storage)
        for place, run_id in enumerate(plan.paths):
            tell("delete series", place, len(plan.paths))
            with suppress(RunNotFoundError):
                embedded.drop_series(run_id, now)
        embedded.remove_orphans(plan.orphans)
    for place, run_id in enumerate(plan.runs):
        tell("delete runs", place, len(plan.runs))
        with suppress(RunNotFoundError):
            storage.runs.delete(run_id)
    tell("delete runs", len(plan.runs), len(plan.runs))
    return partitions


def _present(storage: Storage) -> datetime:
    """Return this instant, by the clock that all who share the store have."""
    if storage.database.dialect == "sqlite":
        return utc_now()
    with storage.database.reading() as session:
        at: datetime = session.scalars(select(func.clock_timestamp())).one()
    return at.astimezone(UTC)


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
    return _embedded(storage).orphans(older_than=now - ORPHAN_AGE)


def _embedded(storage: Storage) -> EmbeddedRunStore:
    from foresto_lab.storage.run_store import EmbeddedRunStore

    assert isinstance(storage.runs, EmbeddedRunStore)
    return storage.runs
