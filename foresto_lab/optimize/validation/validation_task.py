"""What every validation searches on its train spans, what it chooses, how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator
from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.plan import SearchPlan
from foresto_lab.optimize.searching.executors import Executor
from foresto_lab.optimize.searching.objective import Objective
from foresto_lab.optimize.searching.progress import Observer, Progress, SearchStatus
from foresto_lab.optimize.searching.search import run_search

if TYPE_CHECKING:
    from foresto_lab.optimize.searching.checkpoint import Checkpoint
    from foresto_lab.optimize.searching.search_driver import Stop
    from foresto_lab.optimize.searching.search_outcome import SearchOutcome


@dataclass(frozen=True, eq=False, kw_only=True)
class ValidationTask:
    """What is searched on every train span, and by whom.

    Parameters
    ----------
    plan : SearchPlan
        Of several objectives, the first decides among those on the front.
    executor : Executor
    observer : callable, optional
        Told the progress over all train spans.
    stop : callable, optional
        Asked between batches.
    clock : callable
        Seconds that never go back.
    """

    plan: SearchPlan
    executor: Executor
    observer: Observer | None = None
    stop: Stop | None = None
    clock: Callable[[], float] = time.monotonic

    @property
    def objective(self) -> Objective:
        """What parameters are chosen by."""
        return self.plan.objectives[0]

    def describe(self, kind: str) -> dict[str, Any]:
        """Return what is asked as JSON-ready values."""
        asked = self.plan.to_dict()
        of_one_search = ("split", "top")
        kept = {name: asked[name] for name in asked if name not in of_one_search}
        return {**kept, "kind": kind}

    def search(
        self,
        evaluator: Evaluator,
        span: BarSpan | None = None,
        observer: Observer | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> SearchOutcome:
        """Search one train span."""
        plan = self.plan
        return run_search(
            evaluator,
            plan.space,
            plan.method,
            SearchTerms(plan.maximize, plan.seed),
            plan.objectives,
            plan.constraints,
            executor=self.executor,
            span=span,
            blocks=0,
            observer=observer,
            checkpoint=checkpoint,
            stop=self.stop,
            patience=plan.patience,
            clock=self.clock,
        )


@dataclass(frozen=True, eq=False)
class Choice:
    """What a search on a train span chose.

    Parameters
    ----------
    parameters : mapping, optional
        None where there is nothing to trade by.
    figures : mapping
        Of the best combination on the train span; empty where there is none.
    value : float
        Its first objective.
    """

    parameters: Mapping[str, Any] | None
    figures: Mapping[str, float]
    value: float


NO_CHOICE: Final = Choice(None, MappingProxyType({}), np.nan)


def chosen_by(outcome: SearchOutcome) -> Choice:
    """Return the best of a search.

    Nothing is chosen where no combination has a value and keeps every constraint, or
    where the best of them did not trade: cash is what it stands for.
    """
    best = outcome.best
    if best is None:
        return NO_CHOICE
    place = int(np.searchsorted(outcome.kept, best))
    value = outcome.objective_values[best, 0]
    parameters = outcome.combinations.row(best)
    return choice_of(parameters, outcome.evaluations, place, value)


def choice_of(
    parameters: Mapping[str, Any], told: Evaluations, place: int, value: float
) -> Choice:
    """Return the choice of a combination; cash where it did not trade."""
    figures = dict(zip(told.names, told.figures[place].tolist(), strict=True))
    idle = figures.get("total_trades") == 0.0
    return Choice(None if idle else parameters, figures, float(value))


@dataclass(eq=False)
class SpanProgress:
    """Adds up the progress of searches that follow each other."""

    observer: Observer | None
    searches: int
    clock: Callable[[], float]
    done: int = 0
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @classmethod
    def of(cls, task: ValidationTask, searches: int) -> Self:
        """Return the progress of a task that searches so often."""
        return cls(task.observer, searches, task.clock)

    def tell(self, progress: Progress) -> None:
        """Tell the progress of the search under way as that of all."""
        done = self.done + progress.done
        if progress.status != "running":
            self.done = done
        if self.observer is None:
            return
        elapsed = self.clock() - self.started
        total = None if progress.total is None else progress.total * self.searches
        left = None if total is None or not done else max(0, total - done)
        self.observer(
            replace(
                progress,
                done=done,
                total=total,
                elapsed=elapsed,
                remaining=None if left is None else left * elapsed / done,
                status="running",
            )
        )

    def finish(self, status: SearchStatus) -> None:
        """Tell that all is over."""
        if self.observer is not None:
            elapsed = self.clock() - self.started
            total = self.done if status == "complete" else None
            self.observer(Progress(self.done, total, np.nan, elapsed, 0.0, status))
