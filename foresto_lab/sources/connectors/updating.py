"""Many symbols, one after the other: what is done stays done, whatever comes after."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pyarrow as pa

from foresto_lab.errors import (
    ForestoError,
    ProviderUnreachableError,
    RateLimitedError,
    StorageError,
)
from foresto_lab.sources.connectors.jobs import Job
from foresto_lab.sources.connectors.report import (
    SymbolUpdate,
    UpdateReport,
    failed_update,
    not_tried,
)
from foresto_lab.telemetry.logs import get_logger

log = get_logger(__name__)

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being asked for, and how many of how many symbols are done."""

UNREACHED_IN_A_ROW = 2
"""So many symbols without an answer, and a provider is not asked for the others."""


def no_progress(step: str, done: int, total: int) -> None:
    """Tell nobody."""


def checksum_of(table: pa.Table) -> str:
    """Return the SHA-256 of rows, as the history keeps it of a file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def run_jobs(
    jobs: Sequence[Job],
    update: Callable[[Job], SymbolUpdate],
    progress: Progress,
    *,
    dry_run: bool = False,
) -> UpdateReport:
    """Update one symbol after the other; an error of one leaves the others be.

    A provider that has had enough of requests, or that could not be reached for two
    symbols in a row, is not asked for the rest. An error of the store ends it all.
    Ctrl-C does too: what was stored stays, and the report says so.
    """
    done: list[SymbolUpdate] = []
    refusing: dict[str, str] = {}
    unreached: dict[str, int] = {}
    interrupted = False
    for place, job in enumerate(jobs):
        progress(job.title, place, len(jobs))
        if interrupted:
            done.append(not_tried(job, "the update was stopped before it."))
            continue
        if reason := refusing.get(job.source) or refusing.get("*"):
            done.append(not_tried(job, reason))
            continue
        try:
            done.append(update(job))
            unreached[job.source] = 0
        except KeyboardInterrupt:
            interrupted = True
            done.append(not_tried(job, "the update was stopped at it."))
        except ForestoError as error:
            done.append(failed_update(error, job))
            log.failure("symbol not updated", error, symbol=job.symbol)
            if isinstance(error, ProviderUnreachableError):
                unreached[job.source] = unreached.get(job.source, 0) + 1
            if _ends_asking(error, unreached.get(job.source, 0)):
                refusing[job.source] = f"{job.source} was not asked any more."
            if isinstance(error, StorageError):
                refusing["*"] = "the store could not be written."
    progress("", len(jobs), len(jobs))
    return UpdateReport(tuple(done), interrupted=interrupted, dry_run=dry_run)


def _ends_asking(error: ForestoError, unreached: int) -> bool:
    return isinstance(error, RateLimitedError) or unreached >= UNREACHED_IN_A_ROW
