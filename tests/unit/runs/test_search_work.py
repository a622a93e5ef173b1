"""Every trial counts once, whatever becomes of the search."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from foresto_lab.errors import DatabasePermissionError, DiskFullError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import Evaluations
from foresto_lab.optimize.searching.checkpoint import CheckpointPart, MemoryCheckpoint
from foresto_lab.optimize.searching.progress import Progress
from foresto_lab.runs.search_work import (
    WRITE_SECONDS,
    CountingCheckpoint,
    SearchWork,
    TrialCounter,
    counted,
)
from foresto_lab.runs.trials import TrialEntry, TrialTally

AT = datetime(2026, 1, 2, tzinfo=UTC)


class Ledger:
    """Keeps what is recorded, or cannot."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.recorded: list[TrialTally] = []

    def record(self, entry: TrialEntry) -> None:
        if self.fault is not None:
            raise self.fault
        self.recorded.append(entry.tally)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Evaluator:
    """Gives each combination its number as annual Sharpe ratio."""

    def evaluate(self, combinations: Combinations, **_: Any) -> Evaluations:
        sharpes = combinations.columns["sharpe"].astype(float)
        return Evaluations(("cagr", "sharpe"), np.column_stack([sharpes, sharpes]))


EVALUATOR: Any = Evaluator()


def some(*sharpes: float) -> Combinations:
    return Combinations({"sharpe": np.array(sharpes)})


def counter(ledger: Ledger, clock: Clock | None = None) -> TrialCounter:
    entry = TrialEntry("run-1", "dip", "[]", "grid", TrialTally(), AT)
    return TrialCounter(ledger, entry, 4.0, lambda: AT, clock or Clock())  # type: ignore[arg-type]


def ended(status: Any) -> Progress:
    return Progress(1, None, 1.0, 0.0, None, status)


def test_trials_are_counted_by_their_sharpe_per_bar_and_written_at_the_end() -> None:
    ledger = Ledger()
    with counted(SearchWork(), None, counter(ledger)) as work:
        work.executor.evaluate(EVALUATOR, some(2.0))
        work.executor.evaluate(EVALUATOR, some(6.0, np.nan))
    # Annual 2 and 6, of four bars a year: 1 and 3 a bar.
    assert ledger.recorded[-1] == TrialTally(3, 2, 2.0, 2.0)
    assert ledger.recorded == [TrialTally(1, 1, 1.0, 0.0), ledger.recorded[-1]]


def test_they_are_written_now_and_then_on_the_way() -> None:
    ledger, clock = Ledger(), Clock()
    with counted(SearchWork(), None, counter(ledger, clock)) as work:
        for _ in range(4):
            clock.now += WRITE_SECONDS / 2
            work.executor.evaluate(EVALUATOR, some(2.0))
    assert [tally.evaluated for tally in ledger.recorded] == [1, 3, 4]


def search_until(ledger: Ledger, fault: BaseException) -> None:
    with counted(SearchWork(), None, counter(ledger)) as work:
        work.executor.evaluate(EVALUATOR, some(2.0))
        work.executor.evaluate(EVALUATOR, some(3.0))
        raise fault


@pytest.mark.parametrize("fault", [RuntimeError(), KeyboardInterrupt()])
def test_a_search_that_fails_has_tried_what_it_tried(fault: BaseException) -> None:
    ledger = Ledger()
    with pytest.raises(type(fault)):
        search_until(ledger, fault)
    assert ledger.recorded[-1].evaluated == 2


def test_what_is_evaluated_after_the_search_is_no_trial() -> None:
    ledger, told = Ledger(), []
    work_given = SearchWork(observer=told.append)
    with counted(work_given, None, counter(ledger)) as work:
        work.executor.evaluate(EVALUATOR, some(2.0))
        work.observer(ended("running"))
        work.executor.evaluate(EVALUATOR, some(3.0))
        work.observer(ended("complete"))
        work.executor.evaluate(EVALUATOR, some(4.0, 5.0))
    assert ledger.recorded[-1].evaluated == 2
    assert len(told) == 2


def test_stretches_that_are_pooled_are_one_trial() -> None:
    ledger = Ledger()
    with counted(SearchWork(), None, counter(ledger)) as work:
        asked = some(2.0, 4.0)
        for _ in range(3):
            work.executor.evaluate(EVALUATOR, asked)
        work.counter.settle([6.0, 10.0])
    assert ledger.recorded[-1] == TrialTally(2, 2, 4.0, 2.0)


def test_parts_that_were_written_down_count_once() -> None:
    ledger, kept = Ledger(), MemoryCheckpoint()
    asked = some(2.0, 6.0)
    kept.write(CheckpointPart(0, asked, EVALUATOR.evaluate(asked)))
    counting = counter(ledger)
    assert len(list(CountingCheckpoint(kept, counting).read())) == 1
    assert counting.tally == TrialTally(2, 2, 2.0, 2.0)


def test_a_ledger_that_fails_on_the_way_is_asked_again() -> None:
    ledger = Ledger(DiskFullError(path="there"))
    with counted(SearchWork(), None, counter(ledger)) as work:
        work.executor.evaluate(EVALUATOR, some(2.0))
        ledger.fault = None
    assert ledger.recorded[-1].evaluated == 1
    full = Ledger(DiskFullError(path="there"))
    with (
        pytest.raises(DiskFullError),
        counted(SearchWork(), None, counter(full)) as work,
    ):
        work.executor.evaluate(EVALUATOR, some(2.0))


def test_who_may_only_read_can_search_without_keeping() -> None:
    refused = Ledger(DatabasePermissionError(server="db", reason="not yours"))
    with counted(SearchWork(), None, counter(refused), is_registered=False) as work:
        work.executor.evaluate(EVALUATOR, some(2.0))
    with (
        pytest.raises(DatabasePermissionError),
        counted(SearchWork(), None, counter(refused)) as work,
    ):
        work.executor.evaluate(EVALUATOR, some(2.0))
