"""Hold a store against every check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from foresto_lab.findings import Finding, sort_findings
from foresto_lab.storage.health.artifacts import check_artifacts
from foresto_lab.storage.health.evidence import StoreEvidence, gather
from foresto_lab.storage.health.history_gaps import check_history_gaps
from foresto_lab.storage.health.missing_returns import check_missing_returns
from foresto_lab.storage.health.partition_headroom import check_partition_headroom
from foresto_lab.storage.health.report import HealthLimits, HealthReport
from foresto_lab.storage.health.silent_runs import check_silent_runs
from foresto_lab.storage.health.stale_instruments import check_stale_instruments
from foresto_lab.storage.health.unpriced_instruments import check_unpriced_instruments

if TYPE_CHECKING:
    from foresto_lab.storage.workspace import Storage

HealthCheck = Callable[[StoreEvidence], Iterable[Finding]]

HEALTH_CHECKS: Mapping[str, HealthCheck] = MappingProxyType(
    {
        "history gaps": check_history_gaps,
        "stale instruments": check_stale_instruments,
        "missing returns": check_missing_returns,
        "unpriced instruments": check_unpriced_instruments,
        "partition headroom": check_partition_headroom,
        "silent runs": check_silent_runs,
        "artifacts": check_artifacts,
    }
)
"""Every check by name; adding one adds a line here and a file beside."""


def check_health(
    storage: Storage, *, now: datetime, limits: HealthLimits | None = None
) -> HealthReport:
    """Return the state of a store; nothing is changed.

    Parameters
    ----------
    storage : Storage
        Of a workspace or a team.
    now : datetime
        The instant to judge by, aware.
    limits : HealthLimits, optional
        From when on a thing is worth telling.
    """
    evidence = gather(storage, now, limits or HealthLimits())
    found = [finding for check in HEALTH_CHECKS.values() for finding in check(evidence)]
    simulated = {s for s, item in evidence.instruments.items() if item.simulated}
    return HealthReport(
        store=storage.location,
        checked_at=now,
        data_version=evidence.data_version,
        findings=sort_findings(found),
        coverage=evidence.coverage,
        partitions=evidence.partitions,
        simulated=not simulated.isdisjoint(evidence.coverage["symbol"]),
    )
