"""What is chosen on the train groups of every split of a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.method import Search, SearchTerms
from foresto_lab.optimize.searching.objective import feasible_trials, objective_values
from foresto_lab.optimize.searching.preference import best_first
from foresto_lab.optimize.searching.progress import Progress, SearchStatus
from foresto_lab.optimize.validation.pooling import PooledExecutor, pooled_figures
from foresto_lab.optimize.validation.purged_groups import GroupSplit
from foresto_lab.optimize.validation.validation_task import (
    NO_CHOICE,
    Choice,
    SpanProgress,
    ValidationTask,
    choice_of,
    chosen_by,
)
from foresto_lab.types import Float64Array1D, Float64Array2D

_HEEDLESS: Final = frozenset({"grid", "random"})
"""Ways to search that ask the same combinations whatever they are told."""
_HELD: Final = 100_000
"""Combinations times spans whose figures are held at once."""


@dataclass(frozen=True, eq=False)
class SplitSearches:
    """What was chosen for each split.

    Parameters
    ----------
    choices : tuple of Choice
    sharpes : (n_trials,)
        Of every combination on the train bars of every split.
    status : str
    """

    choices: tuple[Choice, ...]
    sharpes: Float64Array1D
    status: SearchStatus


def search_splits(task: ValidationTask, splits: Sequence[GroupSplit]) -> SplitSearches:
    """Search the train groups of every split.

    A grid and random search ask the same combinations for each split, so each group is
    swept once, or up to four times where it is cut differently, however many splits
    there are. Other ways to search go through the train groups of each split anew.
    """
    if task.plan.method.name in _HEEDLESS and task.plan.patience is None:
        return _Shared(task, tuple(splits)).run()
    return _one_by_one(task, splits)


def _one_by_one(task: ValidationTask, splits: Sequence[GroupSplit]) -> SplitSearches:
    progress = SpanProgress.of(task, len(splits))
    choices: list[Choice] = []
    sharpes: list[Float64Array1D] = []
    status: SearchStatus = "complete"
    for split in splits:
        pooled = PooledExecutor(task.executor, split.train)
        outcome = replace(task, executor=pooled).search(
            task.plan.evaluator, None, progress.tell
        )
        sharpes.append(outcome.sharpes)
        if outcome.status not in ("complete", "early stop"):
            status = outcome.status
            break
        choices.append(chosen_by(outcome))
    choices += [NO_CHOICE] * (len(splits) - len(choices))
    progress.finish(status)
    return SplitSearches(tuple(choices), np.concatenate(sharpes), status)


@dataclass(eq=False)
class _Best:
    """The best combination of a split so far."""

    combination: Combinations
    figures: Evaluations
    values: Float64Array2D
    feasible: bool


@dataclass(eq=False)
class _Shared:
    """One search for all splits; spans that splits have in common are swept once."""

    task: ValidationTask
    splits: tuple[GroupSplit, ...]
    best: dict[int, _Best] = field(default_factory=dict)
    sharpes: list[Float64Array1D] = field(default_factory=list)
    done: int = 0

    def run(self) -> SplitSearches:
        plan, started = self.task.plan, self.task.clock()
        search = plan.method.start(plan.space, SearchTerms(plan.maximize, plan.seed))
        try:
            status: SearchStatus = self._go_through(search, started) or "complete"
        except KeyboardInterrupt:
            status = "cancelled"
        self._tell(search.total, started, status)
        choices = [self._choice(split.number) for split in self.splits]
        sharpes = np.concatenate([np.empty(0), *self.sharpes])
        return SplitSearches(tuple(choices), sharpes, status)

    def _go_through(self, search: Search, started: float) -> SearchStatus | None:
        """Ask for all combinations; return what stopped it."""
        status = self._stopped()
        while status is None and (asked := search.ask()) is not None:
            status = self._take_all(asked, search.total, started)
            values = np.full((len(asked), len(self.task.plan.objectives)), np.nan)
            search.tell(asked, values, np.ones(len(asked), dtype=np.bool_))
        return status

    def _take_all(
        self, asked: Combinations, total: int | None, started: float
    ) -> SearchStatus | None:
        spans = {span for split in self.splits for span in split.train}
        size = max(64, _HELD // len(spans))
        for first in range(0, len(asked), size):
            chunk = asked.take(slice(first, first + size))
            self._take(chunk, sorted(spans, key=lambda span: (span.first, span.last)))
            self.done += len(chunk)
            self._tell(total, started, "running")
            if (status := self._stopped()) is not None:
                return status
        return None

    def _take(self, chunk: Combinations, spans: Sequence[BarSpan]) -> None:
        evaluator = self.task.plan.evaluator
        told = {
            span: self.task.executor.evaluate(evaluator, chunk, span=span, blocks=1)
            for span in spans
        }
        for split in self.splits:
            pooled = pooled_figures(
                [told[span] for span in split.train],
                [len(span) for span in split.train],
                evaluator.periods_per_year,
            )
            self.sharpes.append(pooled.column("sharpe"))
            self._learn(split.number, chunk, pooled)

    def _learn(self, number: int, chunk: Combinations, pooled: Evaluations) -> None:
        """Keep the best of a chunk if nothing before it was better."""
        plan = self.task.plan
        values = objective_values(plan.objectives, pooled)
        feasible = feasible_trials(plan.constraints, pooled)
        first = int(best_first(values, feasible, plan.maximize)[0])
        found = _Best(
            chunk.take(slice(first, first + 1)),
            Evaluations(pooled.names, pooled.figures[first : first + 1]),
            values[first : first + 1],
            bool(feasible[first]),
        )
        before = self.best.get(number)
        if before is not None:
            both = np.concatenate([before.values, found.values])
            kept = np.array([before.feasible, found.feasible])
            if best_first(both, kept, plan.maximize)[0] == 0:
                found = before
        self.best[number] = found

    def _choice(self, number: int) -> Choice:
        best = self.best.get(number)
        if best is None or not best.feasible or np.isnan(best.values).any():
            return NO_CHOICE
        return choice_of(best.combination.row(0), best.figures, 0, best.values[0, 0])

    def _stopped(self) -> SearchStatus | None:
        return None if self.task.stop is None else self.task.stop()

    def _tell(self, total: int | None, started: float, status: str) -> None:
        if self.task.observer is None:
            return
        elapsed = self.task.clock() - started
        left = None if total is None else max(0, total - self.done)
        remaining = (
            None if left is None or not self.done else left * elapsed / self.done
        )
        self.task.observer(
            Progress(
                done=self.done,
                total=total,
                best=np.nan,
                elapsed=elapsed,
                remaining=0.0 if status != "running" else remaining,
                status=status,  # type: ignore[arg-type]
            )
        )
