"""Loads as they are told about: log lines, and counts by what they changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import DataFileError, QualityError, RestatedHistoryError
from foresto_lab.telemetry.context import bound
from foresto_lab.telemetry.logs import get_logger
from foresto_lab.telemetry.metrics import LOAD_SECONDS, LOADS, ROWS_LOADED

if TYPE_CHECKING:
    from foresto_lab.market.protocols import LoadOutcome

log = get_logger(__name__)
_REFUSALS = (DataFileError, QualityError, RestatedHistoryError)


class WatchedLoad:
    """What becomes known about a load while it goes on."""

    def __init__(self) -> None:
        self.outcome: LoadOutcome | None = None
        self.facts: dict[str, Any] = {}

    def note(self, outcome: LoadOutcome, **facts: Any) -> None:
        """Note what the load changed, and what else its line is to tell."""
        self.outcome = outcome
        self.facts.update(facts)


@contextmanager
def watching_load(source: str, table: str) -> Iterator[WatchedLoad]:
    """Tell of a load from its beginning to its end, and count it.

    An error that passes through is its end; one about the rows is a refusal.
    """
    load = WatchedLoad()
    with bound(source=source, table=table):
        log.info("load started")
        began = time.perf_counter()
        try:
            yield load
        except BaseException as error:
            status = "refused" if isinstance(error, _REFUSALS) else "failed"
            log.failure(
                f"load {status}", error, duration=_count(status, began), **load.facts
            )
            raise
        finished = {"duration": _count("loaded", began), **load.facts}
        if load.outcome is not None:
            finished |= count_rows(table, load.outcome)
        log.info("load finished", **finished)


def count_rows(table: str, outcome: LoadOutcome) -> dict[str, Any]:
    """Count a load's rows; return them as facts of a line."""
    changes = {
        "inserted": outcome.rows_inserted,
        "updated": outcome.rows_updated,
        "unchanged": outcome.rows_unchanged,
    }
    for change, rows in changes.items():
        ROWS_LOADED.add(rows, table=table, change=change)
    return {
        "rows": outcome.rows_received,
        **{f"rows_{change}": rows for change, rows in changes.items()},
        "data_version": outcome.data_version,
    }


def _count(status: str, began: float) -> float:
    seconds = time.perf_counter() - began
    LOADS.add(status=status)
    LOAD_SECONDS.observe(seconds)
    return round(seconds, 6)
