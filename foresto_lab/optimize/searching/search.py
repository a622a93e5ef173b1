"""A search: ask a method for combinations, evaluate them, tell it what they are worth.

What is found depends on the space, the method, the seed and the data alone: not on who
evaluates, in what batches, or whether the search was cut short and gone on with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from foresto_lab.optimize.evaluation import BarSpan, Evaluator
from foresto_lab.optimize.method import Method, SearchTerms
from foresto_lab.optimize.searching.checkpoint import Checkpoint
from foresto_lab.optimize.searching.executors import Executor, LocalExecutor
from foresto_lab.optimize.searching.objective import MetricConstraint, Objective
from foresto_lab.optimize.searching.progress import Observer
from foresto_lab.optimize.searching.repeats import NoRepeats, RepeatMemory
from foresto_lab.optimize.searching.search_driver import SearchDriver, Stop
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.optimize.searching.search_store import SearchStore
from foresto_lab.optimize.searching.trials import KEEP, TrialMemory

if TYPE_CHECKING:
    from foresto_lab.optimize.spaces.space import Space

DISTINCT: Final = frozenset({"grid", "random"})
"""Ways to search that ask no combination twice, so that none need be looked up."""
BLOCKS: Final = 16
"""Blocks of bars that returns are summed over, for what is said of overfitting."""


def run_search(
    evaluator: Evaluator,
    space: Space,
    method: Method,
    terms: SearchTerms,
    objectives: Sequence[Objective],
    constraints: Sequence[MetricConstraint] = (),
    *,
    executor: Executor | None = None,
    span: BarSpan | None = None,
    blocks: int = BLOCKS,
    observer: Observer | None = None,
    checkpoint: Checkpoint | None = None,
    checkpoint_seconds: float = 10.0,
    stop: Stop | None = None,
    patience: int | None = None,
    keep: int = KEEP,
    clock: Callable[[], float] = time.monotonic,
) -> SearchOutcome:
    """Search a space until the method is through, or something stops it.

    Parameters
    ----------
    terms : SearchTerms
        ``maximize`` is that of the objectives.
    executor : Executor, optional
        Who evaluates; by default this process.
    span : BarSpan, optional
        Bars to search on; by default all.
    blocks : int
        Blocks of bars to sum returns over; 0 for none.
    observer : callable, optional
        Told the ``Progress`` after each batch.
    checkpoint : Checkpoint, optional
        What it holds is not evaluated again; what is evaluated goes there every
        ``checkpoint_seconds``, and at the end.
    stop : callable, optional
        Asked between batches, which take about a second.
    patience : int, optional
        Combinations asked without a better first objective after which the search
        stops early.
    keep : int
        Of more than twice as many trials, how many keep all figures.

    Returns
    -------
    SearchOutcome
        Also after an interrupt (Ctrl-C): then of all whole batches.

    Raises
    ------
    SpaceError
        The space cannot be searched this way.
    UnknownNameError
        The evaluator has no such parameter.
    ObjectiveError
        A user's function failed.
    ClusterError
        Workers were lost for good.
    """
    driver = SearchDriver(
        search=method.start(space, terms),
        evaluator=evaluator,
        objectives=tuple(objectives),
        constraints=tuple(constraints),
        maximize=terms.maximize,
        executor=executor or LocalExecutor(),
        span=span,
        blocks=blocks,
        observer=observer,
        store=SearchStore(checkpoint, checkpoint_seconds, clock),
        stop=stop,
        patience=patience,
        memory=TrialMemory(terms.maximize, keep),
        repeats=NoRepeats() if method.name in DISTINCT else RepeatMemory(),
        clock=clock,
    )
    return driver.run()
