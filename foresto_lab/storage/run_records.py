"""Rows of the run tables from records and artifacts, and records from rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.models import (
    RebalancingEvent,
    SimulationRun,
    SimulationSummary,
)
from foresto_lab.storage.processes import ProcessIdentity
from foresto_lab.storage.values import from_json_value, to_json_value
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    import pandas as pd

EVENTS_TABLE = "events"
EVENT_COLUMNS = tuple(
    column.name
    for column in RebalancingEvent.__table__.columns
    if column.name not in ("run_id", "sequence")
)
MEASURE_COLUMNS = tuple(
    column.name
    for column in SimulationSummary.__table__.columns
    if column.name not in ("run_id", "measures")
)


def run_row(
    record: RunRecord, process: ProcessIdentity, now: datetime
) -> SimulationRun:
    """Return the row of a run that begins now in this process."""
    return SimulationRun(**run_values(record, process, now))


def run_values(
    record: RunRecord, process: ProcessIdentity, now: datetime
) -> dict[str, Any]:
    """Return the columns of a run that begins now in this process."""
    return {
        "run_id": record.run_id,
        "kind": str(record.kind),
        "name": record.name,
        "request": to_json_value(record.request),
        "request_hash": record.request_hash,
        "status": str(RunStatus.RUNNING),
        "engine_version": record.engine_version,
        "git_commit": record.git_commit,
        "packages": dict(record.packages),
        "data_version": record.data_version,
        "snapshots": to_json_value(record.snapshots),
        "created_at": record.created_at,
        "created_by": record.created_by,
        "started_at": record.started_at or now,
        "expires_at": record.expires_at,
        "path_expires_at": record.path_expires_at,
        "heartbeat_at": now,
        "host": process.host,
        "process_id": process.process_id,
        "process_started_at": process.started_at,
    }


def run_record(row: SimulationRun, measures: Mapping[str, Any] | None) -> RunRecord:
    """Return the frozen snapshot of a row; ``measures`` is its stored summary."""
    return RunRecord(
        run_id=row.run_id,
        kind=RunKind(row.kind),
        name=row.name,
        request=MappingProxyType(from_json_value(row.request)),
        request_hash=row.request_hash,
        status=RunStatus(row.status),
        engine_version=row.engine_version,
        data_version=row.data_version,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        completed_at=row.completed_at,
        expires_at=row.expires_at,
        path_expires_at=row.path_expires_at,
        path_deleted_at=row.path_deleted_at,
        archive=row.archive,
        heartbeat_at=row.heartbeat_at,
        error_message=row.error_message,
        git_commit=row.git_commit,
        packages=MappingProxyType(row.packages),
        snapshots=MappingProxyType(from_json_value(row.snapshots)),
        summary=MappingProxyType(from_json_value(measures or {})),
    )


def run_process(row: SimulationRun) -> ProcessIdentity:
    """Return the process that a running row names."""
    return ProcessIdentity(
        row.host or "", row.process_id or 0, row.process_started_at or 0.0
    )


def summary_row(run_id: str, summary: Mapping[str, Any]) -> SimulationSummary:
    """Return the row of a run's summary; a measure that is no number stays empty."""
    columns = {name: _measure(summary.get(name)) for name in MEASURE_COLUMNS}
    return SimulationSummary(run_id=run_id, measures=to_json_value(summary), **columns)


def _measure(value: Any) -> float | None:
    plain = to_json_value(value)
    if isinstance(plain, bool) or not isinstance(plain, (int, float)):
        return None
    return plain if math.isfinite(plain) else None


def event_rows(run_id: str, artifacts: RunArtifacts) -> list[dict[str, Any]]:
    """Return the rows of a run's rebalancings; none for runs of another kind."""
    events = artifacts.tables.get(EVENTS_TABLE)
    if events is None or not set(EVENT_COLUMNS) <= set(events.columns):
        return []
    return [
        {"run_id": run_id, "sequence": sequence, **row}
        for sequence, row in enumerate(_plain_rows(events))
    ]


def _plain_rows(events: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: events[name].tolist() for name in EVENT_COLUMNS}
    columns["event_date"] = [_session(value) for value in columns["event_date"]]
    for name in ("before_weights", "after_weights"):
        columns[name] = [dict(value) for value in columns[name]]
    columns["trigger_type"] = [str(value) for value in columns["trigger_type"]]
    return [
        dict(zip(columns, values, strict=True))
        for values in zip(*columns.values(), strict=True)
    ]


def _session(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value.date() if isinstance(value, datetime) else value
