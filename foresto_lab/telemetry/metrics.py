"""The metrics that processes count, declared once: names, labels, meanings.

Counting is off until a folder for it is set, and then costs an addition in memory that
is mapped to a file: what a process counted is there for others at once, and stays when
it is killed. ``exposition`` adds up all processes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from foresto_lab.errors import SettingsError
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    from foresto_lab.settings import Settings
    from foresto_lab.telemetry.counts import ProcessCounts

Labels = tuple[str, ...]
RUN_SECONDS_BOUNDS: Final = (
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0),
)
LOAD_SECONDS_BOUNDS: Final = (
    *(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 120.0, 300.0, 900.0),
)


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that only grows.

    Attributes
    ----------
    name : str
        Ends in ``_total``.
    known : tuple of label values
        Shown as 0 before they first occur, so that a first time is an increase.
    """

    kind: ClassVar[str] = "counter"
    name: str
    meaning: str
    labels: Labels
    known: tuple[Labels, ...] = ()

    @property
    def family(self) -> str:
        """The name without its ending, as prometheus_client files it."""
        return self.name.removesuffix("_total")

    def add(self, amount: float = 1.0, /, **labels: str) -> None:
        """Count; does nothing while counting is off."""
        if _counting.counts is not None and amount:
            _counting.counts.add(self, _texts(self.labels, labels), amount)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often a quantity was at most each of its bounds, and the sum of it."""

    kind: ClassVar[str] = "histogram"
    name: str
    meaning: str
    labels: Labels
    bounds: tuple[float, ...]

    @property
    def family(self) -> str:
        """The name, as prometheus_client files it."""
        return self.name

    def observe(self, quantity: float, /, **labels: str) -> None:
        """Count one value; does nothing while counting is off."""
        if _counting.counts is not None:
            _counting.counts.observe(self, _texts(self.labels, labels), quantity)


def _texts(names: Labels, labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels in the order declared; each one is there."""
    return {name: str(labels[name]) for name in names}


_KINDS: Final = tuple(map(str, RunKind))
_ENDS: Final = (str(RunStatus.COMPLETED), str(RunStatus.FAILED))

RUNS: Final = Counter(
    "foresto_runs_total",
    "Registered runs that came to an end, reports among them.",
    ("kind", "status"),
    known=tuple(product(_KINDS, _ENDS)),
)
RUN_SECONDS: Final = Histogram(
    "foresto_run_duration_seconds",
    "Time from a run's registration to its end, completed or failed.",
    ("kind",),
    RUN_SECONDS_BOUNDS,
)
RUN_REUSE: Final = Counter(
    "foresto_run_reuse_total",
    "Requests answered by a kept run (cache hits).",
    ("kind",),
    known=((str(RunKind.SIMULATION),),),
)
RUN_REUSE_MISSES: Final = Counter(
    "foresto_run_reuse_misses_total",
    "Requests for which a kept run was looked for in vain (cache misses).",
    ("kind",),
    known=((str(RunKind.SIMULATION),),),
)
ROWS_LOADED: Final = Counter(
    "foresto_rows_loaded_total",
    "Rows that loads brought, by what they changed.",
    ("table", "change"),
    known=tuple(product(("daily_price",), ("inserted", "updated", "unchanged"))),
)
LOADS: Final = Counter(
    "foresto_loads_total",
    "Loads: refused ones broke a rule, failed ones an error stopped.",
    ("status",),
    known=(("loaded",), ("refused",), ("failed",)),
)
LOAD_SECONDS: Final = Histogram(
    "foresto_load_duration_seconds",
    "Time that a load took, whatever came of it.",
    (),
    LOAD_SECONDS_BOUNDS,
)
REPORTS: Final = Counter(
    "foresto_reports_total", "Reports made, by template.", ("kind", "status")
)

COUNTED: Final[Mapping[str, Counter | Histogram]] = {
    metric.name: metric
    for metric in (
        RUNS,
        RUN_SECONDS,
        RUN_REUSE,
        RUN_REUSE_MISSES,
        ROWS_LOADED,
        LOADS,
        LOAD_SECONDS,
        REPORTS,
    )
}
"""Every metric that processes count, by name."""


class _Counting:
    """Where this process counts; nowhere at first."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.counts: ProcessCounts | None = None


_counting = _Counting()


def configure_metrics(settings: Settings, home: Path) -> None:
    """Count into the folder that the settings name, from now on in this process.

    Raises
    ------
    SettingsError
        The folder cannot be written.
    """
    folder = metrics_folder(settings, home)
    if folder == _counting.folder:
        return
    before, _counting.counts = _counting.counts, None
    if before is not None:
        before.close()
    _counting.folder = folder
    _counting.counts = None if folder is None else _count_into(folder)


def metrics_folder(settings: Settings, home: Path) -> Path | None:
    """Return where processes count; a relative folder lies in the workspace."""
    given = settings.metrics_dir
    return None if given is None else (home / given.expanduser()).absolute()


def _count_into(folder: Path) -> ProcessCounts:
    from foresto_lab.telemetry.counts import ProcessCounts

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ProcessCounts(folder)
    except OSError as error:
        raise SettingsError(
            message=f"FORESTO_METRICS_DIR names {folder}, which cannot be written "
            f"({error.strerror}). Name a folder that you can write, or leave it out."
        ) from None
