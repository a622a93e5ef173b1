"""What a store knows in numbers: its runs and its loads, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from foresto_lab.types import RunKind, RunStatus


@dataclass(frozen=True, slots=True)
class RunTally:
    """The registered runs by number. Instants are UTC."""

    counts: Mapping[tuple[RunKind, RunStatus], int]
    last_completed: Mapping[RunKind, datetime]
    """When the newest completed run of each kind was completed."""
    silent: int
    """Running ones that have shown no sign of life for too long."""


@dataclass(frozen=True, slots=True)
class LoadTally:
    """The loads of one table that ended in one way, by number."""

    table: str
    status: str
    """``loaded`` or ``refused``."""
    last_at: datetime
    loads: int
    rows_inserted: int
    rows_updated: int
    rows_unchanged: int


@dataclass(frozen=True, slots=True)
class StoreTally:
    """What a store knows in numbers at one instant."""

    runs: RunTally
    loads: Sequence[LoadTally]
