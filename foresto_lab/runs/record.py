"""A run as its readers see it: a frozen snapshot, never a database row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One registered run. Instants are UTC; ``request`` is the normalised request."""

    run_id: str
    kind: RunKind
    name: str
    request: Mapping[str, Any]
    request_hash: str
    status: RunStatus
    engine_version: str
    data_version: str
    created_at: datetime
    created_by: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    path_expires_at: datetime | None = None
    """When the run's series may be deleted; its summary stays until it expires."""
    path_deleted_at: datetime | None = None
    """When its series were cleaned up; then ``archive`` may hold them."""
    archive: str | None = None
    heartbeat_at: datetime | None = None
    error_message: str | None = None
    git_commit: str | None = None
    packages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    snapshots: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Definitions that the run used (scenario, rule, template), as they were."""
    summary: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RunArtifacts:
    """The tables of a run, by name (``path``, ``events``), and its summary.

    Tables round-trip exactly: dtypes, index, the bits of every float. Columns holding
    mappings (an event's weights) come back as dicts.
    """

    tables: Mapping[str, pd.DataFrame]
    summary: Mapping[str, Any]
