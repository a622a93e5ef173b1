"""Runs as they are told about: log lines with the run's id, and counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from foresto_lab.telemetry.context import bound
from foresto_lab.telemetry.logs import get_logger
from foresto_lab.telemetry.metrics import (
    RUN_REUSE,
    RUN_REUSE_MISSES,
    RUN_SECONDS,
    RUNS,
)
from foresto_lab.types import RunStatus

if TYPE_CHECKING:
    from foresto_lab.runs.record import RunRecord

log = get_logger(__name__)


class RunTelemetry:
    """The workbench's ``RunObserver``; its protocol states the contract."""

    def run_reused(self, record: RunRecord) -> None:
        """Count a cache hit."""
        RUN_REUSE.add(kind=record.kind)
        if log.is_on("INFO"):
            log.info("run reused", run_id=record.run_id, **_identity(record))

    @contextmanager
    def running(self, record: RunRecord, *, searched: bool) -> Iterator[None]:
        """Bind the run's id to every line inside; time the run and count its end."""
        if searched:
            RUN_REUSE_MISSES.add(kind=record.kind)
        with bound(run_id=record.run_id):
            log.info("run started", **_identity(record))
            began = time.perf_counter()
            try:
                yield
            except BaseException as error:
                seconds = self._count(record, RunStatus.FAILED, began)
                log.failure("run failed", error, duration=seconds, **_identity(record))
                raise
            seconds = self._count(record, RunStatus.COMPLETED, began)
            log.info("run completed", duration=seconds, **_identity(record))

    @staticmethod
    def _count(record: RunRecord, status: RunStatus, began: float) -> float:
        seconds = time.perf_counter() - began
        RUNS.add(kind=record.kind, status=status)
        RUN_SECONDS.observe(seconds, kind=record.kind)
        return round(seconds, 6)


def _identity(record: RunRecord) -> dict[str, Any]:
    return {
        "kind": str(record.kind),
        "name": record.name,
        "request_hash": record.request_hash,
    }


def tell_crashed(record: RunRecord) -> None:
    """Tell of a run that was found running without its process, and failed."""
    log.warning(
        "crashed run failed",
        run_id=record.run_id,
        **_identity(record),
        created_at=record.created_at,
        heartbeat_at=record.heartbeat_at,
        reason=record.error_message,
    )
    RUNS.add(kind=record.kind, status=RunStatus.FAILED)
