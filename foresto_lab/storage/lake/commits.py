"""Commits under competition: tried again when lost, cleaned up after when failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from foresto_lab.errors import WriteConflictError
from foresto_lab.storage.lake.data_files import DataFiles
from foresto_lab.storage.lake.delta_calls import LostRaceError
from foresto_lab.storage.lake.delta_log import DeltaLog
from foresto_lab.storage.lake.snapshot import Change
from foresto_lab.storage.lake.turn import writing_turn
from foresto_lab.telemetry import get_logger

ATTEMPTS = 60
"""Lost races after which a load gives up; each waits up to a second."""

Result = TypeVar("Result")

events = get_logger(__name__)


def retrying_commit(log: DeltaLog, attempt: Callable[[], Result]) -> Result:
    """Return what an attempt at a commit gives, tried again as long as it loses races.

    Raises
    ------
    WriteConflictError
        Every attempt lost.
    """

    def tell(state: RetryCallState) -> None:
        events.warning(
            "commit lost a race", path=log.table, attempt=state.attempt_number
        )

    attempts = Retrying(
        retry=retry_if_exception_type(LostRaceError),
        wait=wait_random_exponential(multiplier=0.01, max=1.0),
        stop=stop_after_attempt(ATTEMPTS),
        before_sleep=tell,
    )
    with writing_turn(log.table):
        try:
            return attempts(attempt)
        except RetryError:
            raise WriteConflictError(path=str(log.table), attempts=ATTEMPTS) from None


def commit_or_discard(log: DeltaLog, files: DataFiles, change: Change) -> None:
    """Commit a change; when that fails, delete the files written for it."""
    try:
        log.commit(change)
    except BaseException:
        if not log.names_files_of(change):
            files.discard(change.added)
        raise
