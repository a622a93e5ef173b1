"""Artifacts that no run owns, and completed runs whose artifacts are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from foresto_lab.findings import Finding
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.storage.models import (
    BacktestEquity,
    RunArtifact,
    SimulationPath,
    SimulationRun,
)
from foresto_lab.types import RunStatus, Severity

if TYPE_CHECKING:
    from sqlalchemy import Select

MAX_SAMPLES = 10


def check_artifacts(evidence: StoreEvidence) -> Iterator[Finding]:
    """Yield a finding over the orphans and one over the runs that lost theirs.

    A run whose series were cleaned up after their time has lost nothing.
    """
    team = evidence.storage.database.dialect == "postgresql"
    orphans, bereft = (_team if team else _embedded)(evidence)
    if orphans:
        yield Finding(
            "ORPHAN_ARTIFACT",
            Severity.WARNING,
            f"The artifacts of {len(orphans):,} runs that are not registered take up "
            "room.",
            fix="Run `foresto db cleanup`.",
            count=len(orphans),
            samples=tuple(orphans[:MAX_SAMPLES]),
        )
    if bereft:
        yield Finding(
            "ARTIFACT_MISSING",
            Severity.ERROR,
            f"{len(bereft):,} completed runs have no artifacts and cannot be read.",
            fix="Restore them from a backup, or run them again with --force.",
            count=len(bereft),
            samples=tuple(bereft[:MAX_SAMPLES]),
        )


def _kept_runs() -> Select[str]:
    """Return the query for the runs whose series should be there."""
    return (
        select(SimulationRun.run_id)
        .where(SimulationRun.status == str(RunStatus.COMPLETED))
        .where(SimulationRun.path_deleted_at.is_(None))
        .order_by(SimulationRun.run_id)
    )


def _embedded(evidence: StoreEvidence) -> tuple[Sequence[str], Sequence[str]]:
    from foresto_lab.storage.artifacts import RunFolders
    from foresto_lab.storage.workspace import DATA_FOLDER, RUNS_FOLDER

    folders = RunFolders(evidence.storage.home / DATA_FOLDER / RUNS_FOLDER)
    with evidence.storage.database.reading() as session:
        kept = session.scalars(_kept_runs()).all()
        known = set(session.scalars(select(SimulationRun.run_id)))
    orphans = [name for name in folders.run_ids() if name not in known]
    return orphans, [run_id for run_id in kept if not folders.present(run_id)]


def _team(evidence: StoreEvidence) -> tuple[Sequence[str], Sequence[str]]:
    with evidence.storage.database.reading() as session:
        bereft = session.scalars(
            _kept_runs().where(~exists().where(_owner(RunArtifact)))
        ).all()
        orphans: set[str] = set()
        for series in (SimulationPath, BacktestEquity):
            owned = exists().where(_owner(series))
            orphans.update(
                session.scalars(select(series.run_id).where(~owned).distinct())
            )
    return sorted(orphans), bereft


def _owner(table: type[RunArtifact | SimulationPath | BacktestEquity]) -> Any:
    return SimulationRun.run_id == table.run_id
