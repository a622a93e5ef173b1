"""What the catalog is asked at every scrape: its runs and loads, counted there.

So a scrape without any living process is meaningful. A database that does not answer is
itself an answer: it is down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from foresto_lab._version import __version__
from foresto_lab.runs.tally import LoadTally, RunTally, StoreTally
from foresto_lab.telemetry.logs import get_logger
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    from prometheus_client import Metric

log = get_logger(__name__)
SLOW_SECONDS: Final = 2.0
"""A catalog that takes longer to answer a scrape is told of."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that the catalog is asked for at a scrape."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


DATABASE_UP: Final = Gauge(
    "foresto_database_up", "1 when the workspace's database answered this scrape."
)
READ_SECONDS: Final = Gauge(
    "foresto_catalog_read_seconds", "Time that the database took for this scrape."
)
CATALOG_RUNS: Final = Gauge(
    "foresto_catalog_runs", "Registered runs there are now.", ("kind", "status")
)
LAST_COMPLETED: Final = Gauge(
    "foresto_catalog_last_completed_timestamp_seconds",
    "When the newest completed run was completed.",
    ("kind",),
)
SILENT_RUNS: Final = Gauge(
    "foresto_catalog_silent_runs",
    "Running runs without a sign of life for more than two minutes.",
)
CATALOG_LOADS: Final = Gauge(
    "foresto_catalog_loads", "Loads in the load history.", ("table", "status")
)
CATALOG_ROWS: Final = Gauge(
    "foresto_catalog_rows_loaded",
    "Rows of the loads in the load history, by what they changed.",
    ("table", "change"),
)
LAST_LOAD: Final = Gauge(
    "foresto_catalog_last_load_timestamp_seconds",
    "When the newest load of a table was loaded.",
    ("table",),
)
BUILD_INFO: Final = Gauge("foresto_build_info", "Always 1.", ("version",))

ASKED: Final = (
    DATABASE_UP,
    READ_SECONDS,
    CATALOG_RUNS,
    LAST_COMPLETED,
    SILENT_RUNS,
    CATALOG_LOADS,
    CATALOG_ROWS,
    LAST_LOAD,
    BUILD_INFO,
)
"""Every metric that is asked for at a scrape."""

Labels = tuple[str, ...]
Samples = Mapping[Labels, float]


class CatalogCollector:
    """A collector that asks the catalog, one scrape at a time.

    Parameters
    ----------
    tally : callable
        Counts what the catalog holds; an error means that it is down.
    """

    def __init__(self, tally: Callable[[], StoreTally]) -> None:
        self._tally = tally
        self._lock = threading.Lock()
        self._was_up = True

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering asks nothing."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, as far as the database answers."""
        began = time.perf_counter()
        with self._lock:
            found = self._ask()
        seconds = time.perf_counter() - began
        if seconds > SLOW_SECONDS:
            log.warning("catalog slow", seconds=round(seconds, 3))
        yield _gauge_family(BUILD_INFO, {(__version__,): 1.0})
        yield _gauge_family(DATABASE_UP, {(): float(found is not None)})
        yield _gauge_family(READ_SECONDS, {(): seconds})
        if found is not None:
            yield from _run_families(found.runs)
            yield from _load_families(found.loads)

    def _ask(self) -> StoreTally | None:
        try:
            found = self._tally()
        except Exception as error:  # whatever it is, the scrape is answered
            if self._was_up:
                log.warning("database down", error=error)
            self._was_up = False
            return None
        self._was_up = True
        return found


def _run_families(runs: RunTally) -> Iterator[Metric]:
    every: dict[Labels, float] = {
        (str(kind), str(status)): float(runs.counts.get((kind, status), 0))
        for kind in RunKind
        for status in RunStatus
    }
    yield _gauge_family(CATALOG_RUNS, every)
    yield _gauge_family(
        LAST_COMPLETED,
        {(str(kind),): at.timestamp() for kind, at in runs.last_completed.items()},
    )
    yield _gauge_family(SILENT_RUNS, {(): float(runs.silent)})


def _load_families(loads: Sequence[LoadTally]) -> Iterator[Metric]:
    yield _gauge_family(
        CATALOG_LOADS, {(load.table, load.status): float(load.loads) for load in loads}
    )
    done = [load for load in loads if load.status == "loaded"]
    rows: dict[Labels, float] = {
        (load.table, change): float(getattr(load, f"rows_{change}"))
        for load in done
        for change in ("inserted", "updated", "unchanged")
    }
    yield _gauge_family(CATALOG_ROWS, rows)
    yield _gauge_family(
        LAST_LOAD, {(load.table,): load.last_at.timestamp() for load in done}
    )


def _gauge_family(gauge: Gauge, samples: Samples) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=gauge.labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family
