"""The loop of a search: batches of about a second, between which it can be stopped."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator
from foresto_lab.optimize.method import Search
from foresto_lab.optimize.searching.executors import Executor
from foresto_lab.optimize.searching.objective import (
    MetricConstraint,
    Objective,
    feasible_trials,
    objective_values,
)
from foresto_lab.optimize.searching.preference import best_first
from foresto_lab.optimize.searching.progress import Observer, Progress, SearchStatus
from foresto_lab.optimize.searching.repeats import Repeats
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.optimize.searching.search_store import SearchStore
from foresto_lab.optimize.searching.trials import Batch, TrialMemory
from foresto_lab.types import Float64Array1D

Stop: TypeAlias = Callable[[], SearchStatus | None]
"""Asked between batches whether to stop, and as what."""

FIRST_BATCH: Final = 64
"""Combinations of the first batch, for each worker."""
QUICK_SECONDS, SLOW_SECONDS = 0.25, 1.5
"""A batch that takes less is followed by a larger one, one that takes more by less."""


@dataclass(eq=False)
class _Pace:
    """How many combinations go into a batch; it changes no number."""

    workers: int
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = FIRST_BATCH * self.workers

    def learn(self, count: int, seconds: float) -> None:
        """Take how long a batch took."""
        if seconds < QUICK_SECONDS and count >= self.size:
            self.size *= 4
        elif seconds > SLOW_SECONDS:
            self.size = max(self.workers, self.size // 2)


@dataclass(eq=False, kw_only=True)
class SearchDriver:
    """One search under way."""

    search: Search
    evaluator: Evaluator
    objectives: tuple[Objective, ...]
    constraints: tuple[MetricConstraint, ...]
    maximize: tuple[bool, ...]
    executor: Executor
    span: BarSpan | None
    blocks: int
    observer: Observer | None
    store: SearchStore
    stop: Stop | None
    patience: int | None
    memory: TrialMemory
    repeats: Repeats
    clock: Callable[[], float]
    asked: int = 0
    improved_at: int = 0
    best: float = math.nan
    resumed: int = 0
    started: float = 0.0

    def run(self) -> SearchOutcome:
        """Search, and return what was found until it ended or was stopped."""
        self._pace = _Pace(self.executor.workers)
        self.started = self.clock()
        try:
            status = self._search() or "complete"
        except KeyboardInterrupt:
            status = "cancelled"
        finally:
            self.store.flush()
        self._tell(status)
        return self._outcome(status)

    # --- the loop -------------------------------------------------------------------

    def _search(self) -> SearchStatus | None:
        """Ask and tell until the method is through; return what stopped it."""
        stopped = self._asked_to_stop()
        while stopped is None and (asked := self.search.ask()) is not None:
            stopped = self._answer(asked)
        return stopped

    def _answer(self, asked: Combinations) -> SearchStatus | None:
        """Evaluate what is new and tell the method what all are worth."""
        fresh, places = self.repeats.recognise(asked)
        stopped = self._evaluate(asked.take(fresh))
        if stopped is not None:
            return stopped
        self.asked += len(asked) - len(fresh)
        self.search.tell(asked, *self.repeats.answer(places))
        self._tell("running")
        return "early stop" if self._left() == 0 else None

    def _evaluate(self, wanted: Combinations) -> SearchStatus | None:
        """Evaluate combinations in batches; return what stopped it on the way."""
        done = 0
        while done < len(wanted):
            batch = self._next_batch(wanted.take(slice(done, None)))
            done += len(batch.values)
            self._take(batch)
            if done < len(wanted):
                self._tell("running")
            if self._left() == 0:
                return "early stop"
            if (stopped := self._asked_to_stop()) is not None:
                return stopped
        return None

    def _next_batch(self, wanted: Combinations) -> Batch:
        """Return the first of these with what they are worth."""
        most = len(wanted) if (left := self._left()) is None else left
        wanted = wanted.take(slice(0, most))
        told = self.store.take(wanted, self.blocks)
        if told is not None:
            wanted = wanted.take(slice(0, len(told)))
            self.resumed += len(told)
        else:
            wanted = wanted.take(slice(0, self._pace.size))
            told = self._evaluated(wanted)
            self.store.record(wanted, told)
        values = objective_values(self.objectives, told)
        return Batch(wanted, told, values, feasible_trials(self.constraints, told))

    def _evaluated(self, wanted: Combinations) -> Evaluations:
        before = self.clock()
        told = self.executor.evaluate(
            self.evaluator, wanted, span=self.span, blocks=self.blocks
        )
        self._pace.learn(len(wanted), self.clock() - before)
        return told

    def _take(self, batch: Batch) -> None:
        """Remember a batch, and since when nothing better was found."""
        self.memory.add(batch)
        self.repeats.learn(batch.values, batch.feasible)
        first = np.where(batch.feasible, batch.values[:, 0], np.nan)
        place, best = _first_best(first, more=self.maximize[0])
        if place is not None and _is_better(best, self.best, more=self.maximize[0]):
            self.best, self.improved_at = best, self.asked + place + 1
        self.asked += len(first)

    # --- when to stop ---------------------------------------------------------------

    def _left(self) -> int | None:
        """Return how many may be asked before patience is out; None without any."""
        if self.patience is None:
            return None
        return max(0, self.improved_at + self.patience - self.asked)

    def _asked_to_stop(self) -> SearchStatus | None:
        return self.stop() if self.stop is not None else None

    # --- what is told ---------------------------------------------------------------

    def _tell(self, status: Literal["running"] | SearchStatus) -> None:
        if self.observer is None:
            return
        elapsed = self.clock() - self.started
        total = self.search.total
        self.observer(
            Progress(
                done=self.asked,
                total=total,
                best=self.best,
                elapsed=elapsed,
                remaining=self._remaining(elapsed, total, status),
                status=status,
            )
        )

    def _remaining(
        self, elapsed: float, total: int | None, status: str
    ) -> float | None:
        """Return the seconds to go if the rest takes as long as what was evaluated."""
        worked = self.asked - self.resumed
        if status != "running":
            return 0.0
        if total is None or worked <= 0:
            return None
        return max(0, total - self.asked) * elapsed / worked

    def _outcome(self, status: SearchStatus) -> SearchOutcome:
        values, feasible = self.memory.values(), self.memory.feasible()
        kept = self.memory.figures(self.evaluator.names)
        return SearchOutcome(
            combinations=self.memory.combinations(),
            objective_values=values,
            feasible=feasible,
            order=best_first(values, feasible, self.maximize),
            sharpes=self.memory.sharpes(),
            kept=kept.places,
            evaluations=kept.evaluations,
            blocks=self.memory.block_sums(),
            generations=self.search.generations(),
            status=status,
            elapsed=self.clock() - self.started,
            evaluated=len(self.memory),
            asked=self.asked,
            resumed=self.resumed,
            span=self.span,
            findings=self.store.findings,
        )


def _first_best(values: Float64Array1D, *, more: bool) -> tuple[int | None, float]:
    """Return the place of the first best value and the value; NaN is none."""
    if np.isnan(values).all():
        return None, math.nan
    place = int(np.nanargmax(values) if more else np.nanargmin(values))
    return place, float(values[place])


def _is_better(value: float, than: float, *, more: bool) -> bool:
    return math.isnan(than) or (value > than if more else value < than)
