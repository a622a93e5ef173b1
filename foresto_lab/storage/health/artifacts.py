"""Artifacts that no run owns, and completed runs whose artifacts are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from foresto_lab.findings import Finding
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.storage.models import RunArtifact, SimulationRun
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
    from foresto_lab.storage.run_store import EmbeddedRunStore

    runs = evidence.storage.runs
    assert isinstance(runs, EmbeddedRunStore)
    with evidence.storage.database.reading() as session:
        kept = session.scalars(_kept_runs()).all()
    bereft = [run_id for run_id in kept if not runs.has_artifacts(run_id)]
    return runs.orphans(older_than=evidence.now), bereft


def _team(evidence: StoreEvidence) -> tuple[Sequence[str], Sequence[str]]:
    from foresto_lab.storage.postgresql.retention import orphans

    stored = exists().where(RunArtifact.run_id == SimulationRun.run_id)
    with evidence.storage.database.reading() as session:
        bereft = session.scalars(_kept_runs().where(~stored)).all()
    return orphans(evidence.storage.postgres), bereft
