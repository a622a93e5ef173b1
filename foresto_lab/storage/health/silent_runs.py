"""Runs that are said to be running and give no sign of life."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from foresto_lab.findings import Finding
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.types import RunStatus, Severity


def check_silent_runs(evidence: StoreEvidence) -> Iterator[Finding]:
    """Yield one finding a running run whose last heartbeat is too old."""
    allowed = timedelta(minutes=evidence.limits.silent_minutes)
    for record in evidence.storage.runs.records(status=RunStatus.RUNNING):
        heard = record.heartbeat_at or record.created_at
        if evidence.now - heard > allowed:
            yield Finding(
                "SILENT_RUN",
                Severity.ERROR,
                f"It is running since {record.created_at:%Y-%m-%d %H:%M} UTC and gave "
                f"its last sign of life at {heard:%H:%M} UTC.",
                where=record.run_id,
                fix="Its process is most likely gone: any `foresto` command that opens "
                "the workspace marks it failed.",
            )
