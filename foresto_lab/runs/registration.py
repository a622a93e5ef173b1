"""The life of a registered run of any kind: reuse, begin, complete or fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from foresto_lab._version import __version__
from foresto_lab.findings import Finding
from foresto_lab.runs.comparison import (
    Reproduction,
    compare_artifacts,
    count_values,
)
from foresto_lab.runs.observation import RunObserver, SilentObserver
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is registered: when, for how long, and whether at all."""

    now: Callable[[], datetime]
    ttl_days: int
    path_ttl_days: int
    use_store: bool = True
    force: bool = False
    observer: RunObserver = field(default_factory=SilentObserver)


@dataclass(frozen=True, slots=True)
class RunDraft:
    """What is known of a run before it computes anything."""

    kind: RunKind
    name: str
    request: Mapping[str, Any]
    request_hash: str
    data_version: str
    snapshots: Mapping[str, Any]


def find_kept(
    request_hash: str, *, runs: RunStore, options: RunOptions
) -> RunRecord | None:
    """Return the run that answers a request already, unless it is not to be reused."""
    if not options.use_store or options.force:
        return None
    kept = runs.find_completed(request_hash)
    if kept is not None:
        options.observer.run_reused(kept)
    return kept


def carry_out(
    draft: RunDraft,
    *,
    compute: Callable[[str | None], Result],
    to_artifacts: Callable[[Result], RunArtifacts],
    runs: RunStore,
    provenance: Provenance,
    options: RunOptions,
) -> Result:
    """Compute a run between its registration and its end; without a store, only so.

    Parameters
    ----------
    draft : RunDraft
    compute : callable
        Takes the run's id, None without a store; what it raises fails the run.
    to_artifacts : callable
        Gives what is kept of the result.
    """
    if not options.use_store:
        return compute(None)
    now = options.now()
    record = runs.begin(
        RunRecord(
            run_id=provenance.new_run_id(now),
            kind=draft.kind,
            name=draft.name,
            request=draft.request,
            request_hash=draft.request_hash,
            status=RunStatus.RUNNING,
            data_version=draft.data_version,
            created_at=now,
            started_at=now,
            expires_at=now + timedelta(days=options.ttl_days),
            path_expires_at=now + timedelta(days=options.path_ttl_days),
            snapshots=draft.snapshots,
            engine_version=provenance.engine_version,
            git_commit=provenance.git_commit,
            packages=provenance.packages,
            created_by=provenance.created_by,
        )
    )
    with options.observer.running(record, searched=not options.force):
        try:
            result = compute(record.run_id)
            runs.complete(record.run_id, to_artifacts(result))
        except BaseException as error:
            runs.fail(record.run_id, str(error) or type(error).__name__)
            raise
    return result


def reproduction_of(
    record: RunRecord, rerun: RunArtifacts, *, runs: RunStore
) -> Reproduction:
    """Return what a rerun gave beside what was recorded."""
    recorded = runs.artifacts(record.run_id)
    return Reproduction(
        run_id=record.run_id,
        data_version=record.data_version,
        engine_version=__version__,
        recorded_engine_version=record.engine_version,
        values_compared=count_values(recorded),
        differences=compare_artifacts(recorded, rerun),
    )


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Return findings as the table that is kept of them."""
    import pandas as pd

    plain = [finding.to_dict() for finding in findings]
    return pd.DataFrame({"finding": pd.Series(plain, dtype=object)})


def findings_of(artifacts: RunArtifacts) -> tuple[Finding, ...]:
    """Return the findings that were kept."""
    return tuple(map(Finding.from_dict, artifacts.tables["findings"]["finding"]))
