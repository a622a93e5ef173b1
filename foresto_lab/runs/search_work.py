"""How a search is carried out: by whom, counted where, and written down on the way.

None of it changes a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np

from foresto_lab.errors import StorageError
from foresto_lab.optimize.searching.executors import Executor, LocalExecutor
from foresto_lab.runs.trials import TrialEntry, TrialTally

if TYPE_CHECKING:
    from foresto_lab.optimize.combinations import Combinations
    from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator
    from foresto_lab.optimize.searching.checkpoint import Checkpoint, CheckpointPart
    from foresto_lab.optimize.searching.progress import Observer, Progress
    from foresto_lab.optimize.searching.search_driver import Stop
    from foresto_lab.runs.trials import TrialLedger

WRITE_SECONDS: Final = 0.5
"""The least time between two writings of what is counted."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class KeptSearch(Protocol):
    """What one search has written down; a ``Checkpoint``, or one for each window."""

    @property
    def run_id(self) -> str:
        """The run that the search began as."""

    @property
    def checkpoint(self) -> Checkpoint:
        """Where its trials are."""

    def window(self, number: int) -> Checkpoint:
        """Return where the trials of one window of it are."""


class SearchCheckpoints(Protocol):
    """Keeps what searches under way have evaluated, by request hash."""

    def search(
        self, request_hash: str, run_id: str, *, resume: bool = True
    ) -> AbstractContextManager[KeptSearch | None]:
        """Give what a search may write, None while another process has it."""

    def remove(self, request_hash: str) -> None:
        """Remove what is kept of a search: it is complete."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchWork:
    """Who evaluates, who is told, and what stops it."""

    executor: Executor = field(default_factory=LocalExecutor)
    observer: Observer | None = None
    stop: Stop | None = None
    resume: bool = True


class TrialCounter:
    """Counts what a search evaluates, and writes it into the ledger as it goes.

    Parameters
    ----------
    ledger : TrialLedger
    entry : TrialEntry
        Of the search, nothing counted yet.
    periods_per_year : float
        By which annual Sharpe ratios become those of a bar.
    now : callable
        Gives the instant of an entry.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        ledger: TrialLedger,
        entry: TrialEntry,
        periods_per_year: float,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._entry = entry
        self._scale = math.sqrt(periods_per_year)
        self._now = now
        self._clock = clock
        self._written_at = -math.inf
        self._counting = True
        self._unwritten = False

    @property
    def tally(self) -> TrialTally:
        """What was counted so far."""
        return self._entry.tally

    def add(self, evaluations: Evaluations) -> None:
        """Count trials, unless the search is over; ``write`` puts them down."""
        if self._counting and len(evaluations):
            sharpes = _sharpes(evaluations) / self._scale
            tally = self._entry.tally.merge(TrialTally.of(sharpes))
            self._entry = replace(self._entry, tally=tally)
            self._unwritten = True

    def settle(self, sharpes: Any) -> None:
        """Take annual Sharpe ratios in place of those of the same trials so far."""
        tally = TrialTally.of(np.asarray(sharpes, dtype=np.float64) / self._scale)
        if tally.evaluated >= self.tally.evaluated:
            self._entry = replace(self._entry, tally=tally)
            self._unwritten = True

    def write(self) -> None:
        """Write what was counted, if there is anything new."""
        if self._unwritten:
            self._ledger.record(replace(self._entry, recorded_at=self._now()))
            self._unwritten = False
            self._written_at = self._clock()

    def write_now_and_then(self) -> None:
        """Write what was counted, unless it was only just written."""
        if self._clock() - self._written_at >= WRITE_SECONDS:
            self.try_to_write()

    def try_to_write(self) -> None:
        """Write what was counted; a store that cannot take it is tried again later."""
        with suppress(StorageError):
            self.write()

    def stop(self) -> None:
        """Count no more: what is evaluated now is no trial."""
        self._counting = False


def _sharpes(evaluations: Evaluations) -> Any:
    """Return annual Sharpe ratios, by whichever name they go; NaN where there are none.

    Portfolios and backtests call them otherwise.
    """
    for name in ("sharpe", "sharpe_ratio"):
        if name in evaluations.names:
            return evaluations.column(name)
    return np.full(len(evaluations), np.nan)


class CountingExecutor:
    """Evaluates as another executor does, and counts every trial.

    Combinations that are evaluated on one stretch of bars after another, to be pooled,
    are tried once.
    """

    def __init__(self, executor: Executor, counter: TrialCounter) -> None:
        self._executor = executor
        self._counter = counter
        self._last: Combinations | None = None

    @property
    def workers(self) -> int:
        """How many combinations or items are worked on at the same time."""
        return self._executor.workers

    def evaluate(
        self,
        evaluator: Evaluator,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the figures of the combinations."""
        told = self._executor.evaluate(
            evaluator, combinations, span=span, blocks=blocks
        )
        if combinations is not self._last:
            self._counter.add(told)
            self._counter.write_now_and_then()
        self._last = combinations
        return told

    def map(
        self, function: Callable[[Item], Answer], items: Iterable[Item]
    ) -> Iterator[Answer]:
        """Yield what a function says of each item, in their order."""
        return self._executor.map(function, items)

    def close(self) -> None:
        """End the workers that the other one started."""
        self._executor.close()


class CountingCheckpoint:
    """A checkpoint of which what is read counts too: it was evaluated once."""

    def __init__(self, checkpoint: Checkpoint, counter: TrialCounter) -> None:
        self._checkpoint = checkpoint
        self._counter = counter

    def read(self) -> Iterator[CheckpointPart]:
        """Yield the parts that were written whole."""
        for part in self._checkpoint.read():
            self._counter.add(part.evaluations)
            yield part

    def write(self, part: CheckpointPart) -> None:
        """Keep a part."""
        self._checkpoint.write(part)


@dataclass(frozen=True, slots=True, eq=False)
class CountedWork:
    """What a search is handed so that every trial counts."""

    executor: Executor
    observer: Observer
    kept: KeptSearch | None
    counter: TrialCounter

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where trials are written down; None for nowhere."""
        if self.kept is None:
            return None
        return CountingCheckpoint(self.kept.checkpoint, self.counter)

    def window(self, number: int) -> Checkpoint:
        """Return where the trials of a window are written down."""
        from foresto_lab.optimize.searching.checkpoint import MemoryCheckpoint

        if self.kept is None:
            return MemoryCheckpoint()
        return CountingCheckpoint(self.kept.window(number), self.counter)


@contextmanager
def counted(
    work: SearchWork,
    kept: KeptSearch | None,
    counter: TrialCounter,
    *,
    is_registered: bool = True,
) -> Iterator[CountedWork]:
    """Give the work with every trial counted, also of a search that fails.

    Parameters
    ----------
    is_registered : bool
        False: who may only read the store can search, and nothing is counted.

    Raises
    ------
    StorageError
        The ledger could not take the trials in the end.
    """

    def observe(progress: Progress) -> None:
        if progress.status != "running":
            counter.stop()
        if work.observer is not None:
            work.observer(progress)

    try:
        yield CountedWork(
            CountingExecutor(work.executor, counter), observe, kept, counter
        )
    except BaseException:
        counter.try_to_write()
        raise
    with suppress(*([] if is_registered else [PermissionError])):
        counter.write()
