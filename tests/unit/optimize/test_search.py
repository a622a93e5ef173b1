"""The loop of a search: stopped, interrupted, gone on with, and always the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from foresto_lab.errors import DiskFullError, ObjectiveError
from foresto_lab.optimize.evaluation import Evaluations
from foresto_lab.optimize.methods import parse_method
from foresto_lab.optimize.searching.checkpoint import CheckpointPart, MemoryCheckpoint
from foresto_lab.optimize.searching.executors import LocalExecutor
from foresto_lab.optimize.searching.progress import Progress
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.optimize.searching.stopping import stop_when
from foresto_lab.optimize.searching.trials import Batch, TrialMemory
from tests.unit.optimize.searched import GRID, Hill, figures_of, plan_of

METHODS = {
    "grid": {},
    "random": {"trials": 60},
    "genetic": {"trials": 120},
    "nsga2": {"trials": 120},
    "tpe": {"trials": 40},
}


trials = import_module("foresto_lab.optimize.searching.trials")
DRIVER = import_module("foresto_lab.optimize.searching.search_driver")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches as small as these have batches to stop between."""
    monkeypatch.setattr(DRIVER, "FIRST_BATCH", 8)
    monkeypatch.setattr(DRIVER, "QUICK_SECONDS", 0.0)


class Ticks:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self, step: float = 1.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def assert_same(one: SearchOutcome, other: SearchOutcome) -> None:
    """Two searches found the same trials, bit for bit."""
    assert one.combinations.names == other.combinations.names
    for name, column in one.combinations.columns.items():
        np.testing.assert_array_equal(column, other.combinations.columns[name])
    for field in ("objective_values", "feasible", "order", "sharpes", "kept"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    np.testing.assert_array_equal(one.evaluations.figures, other.evaluations.figures)
    assert (one.blocks is None) == (other.blocks is None)
    if one.blocks is not None and other.blocks is not None:
        for a, b in zip(one.blocks, other.blocks, strict=True):
            np.testing.assert_array_equal(a, b)
    assert (one.status, one.evaluated, one.asked) == (
        other.status,
        other.evaluated,
        other.asked,
    )


def test_a_grid_finds_the_best_point_worked_out_by_hand() -> None:
    outcome = plan_of().search()
    assert outcome.status == "complete"
    assert outcome.evaluated == len(outcome) == outcome.asked == 200
    assert outcome.best is not None
    assert outcome.combinations.row(outcome.best) == {"x": 12, "y": 7}
    assert outcome.objective_values[outcome.best, 0] == 3.0
    row = outcome.evaluations.figures[outcome.best].tolist()
    assert row == list(figures_of(12, 7))


def test_trials_without_a_value_rank_last() -> None:
    outcome = plan_of().search()
    without = set(np.flatnonzero(np.isnan(outcome.objective_values[:, 0])).tolist())
    assert len(without) == 20
    assert set(outcome.order[-20:].tolist()) == without


def test_constraints_of_both_kinds_leave_what_they_should() -> None:
    plan = plan_of(constraints=["x < y", "max_drawdown > -0.1", "total_trades >= 30"])
    outcome = plan.search()
    assert all(row["x"] < row["y"] for row in outcome.combinations.rows())
    feasible = {
        (row["x"], row["y"])
        for row, counts in zip(
            outcome.combinations.rows(), outcome.feasible, strict=True
        )
        if counts
    }
    assert feasible == {(x, y) for x in range(5) for y in range(6, 10)}
    assert outcome.best is not None
    assert outcome.combinations.row(outcome.best) == {"x": 4, "y": 7}


@pytest.mark.parametrize("name", METHODS)
def test_batches_of_any_size_find_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search() -> SearchOutcome:
        objective = ["sharpe_ratio", "-volatility"] if name == "nsga2" else "sharpe"
        plan = plan_of(method=name, objective=objective, seed=3, **METHODS[name])
        return plan.search()

    whole = search()
    monkeypatch.setattr(DRIVER, "FIRST_BATCH", 1_000)
    assert_same(whole, search())


def test_no_combination_is_evaluated_twice() -> None:
    hill = Hill()
    outcome = plan_of(hill, method="genetic", trials=400, seed=1).search()
    assert len(set(hill.asked)) == len(hill.asked) == outcome.evaluated
    assert outcome.asked > outcome.evaluated


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("share", [0.0, 0.4, 0.8])
def test_a_search_gone_on_with_is_as_if_never_cut_short(
    name: str, share: float
) -> None:
    def plan(hill: Hill) -> Any:
        objective = ["sharpe_ratio", "-volatility"] if name == "nsga2" else "sharpe"
        return plan_of(hill, method=name, objective=objective, seed=5, **METHODS[name])

    whole = plan(Hill()).search()
    checkpoint = MemoryCheckpoint()
    first = Hill(before=_kill_at(share * whole.evaluated))
    with pytest.raises(SystemExit):
        plan(first).search(checkpoint=checkpoint)
    again = Hill()
    gone_on = plan(again).search(checkpoint=checkpoint)
    assert_same(whole, gone_on)
    assert gone_on.resumed == len(first.asked)
    assert not set(first.asked) & set(again.asked)
    if whole.generations is not None:
        assert whole.generations.equals(gone_on.generations)


def _kill_at(count: float) -> Callable[[int], None]:
    def end(asked: int) -> None:
        if asked >= count:
            raise SystemExit

    return end


def test_a_checkpoint_of_another_search_is_left_alone() -> None:
    checkpoint = MemoryCheckpoint()
    plan_of(method="random", trials=50, seed=1).search(checkpoint=checkpoint)
    hill = Hill()
    outcome = plan_of(hill, method="random", trials=50, seed=2).search(
        checkpoint=checkpoint
    )
    assert outcome.resumed == 0
    assert len(hill.asked) == 50


def test_parts_are_written_as_time_goes_by_and_follow_each_other() -> None:
    checkpoint = MemoryCheckpoint()
    plan_of().search(checkpoint=checkpoint, clock=Ticks(4.0))
    assert len(checkpoint.parts) > 1
    assert [part.number for part in checkpoint.parts] == list(
        range(len(checkpoint.parts))
    )
    assert sum(map(len, checkpoint.parts)) == 200


class FullDisk(MemoryCheckpoint):
    def write(self, part: CheckpointPart) -> None:
        raise DiskFullError(path="/data", message="No space is left in /data.")


def test_a_full_disk_does_not_end_the_search() -> None:
    outcome = plan_of().search(checkpoint=FullDisk())
    assert outcome.evaluated == 200
    (finding,) = outcome.findings
    assert finding.code == "CHECKPOINT_NOT_WRITTEN"
    assert "/data" in finding.message


# --- stopping -------------------------------------------------------------------------


def test_an_event_cancels_between_batches() -> None:
    event = threading.Event()
    hill = Hill(before=lambda asked: event.set() if asked else None)
    stop = stop_when(event, None, Ticks())
    outcome = plan_of(hill).search(stop=stop)
    assert outcome.status == "cancelled"
    assert 0 < outcome.evaluated < 200
    assert outcome.best is not None


def test_a_search_that_is_cancelled_before_it_begins_is_empty() -> None:
    outcome = plan_of().search(stop=lambda: "cancelled")
    assert (outcome.status, len(outcome), outcome.best) == ("cancelled", 0, None)
    assert outcome.evaluations.figures.shape == (0, 4)


def test_a_time_limit_stops_it() -> None:
    clock = Ticks()
    outcome = plan_of().search(stop=stop_when(None, 5.0, clock), clock=clock)
    assert outcome.status == "time limit"
    assert 0 < outcome.evaluated < 200


class Interrupted(LocalExecutor):
    """Ctrl-C while the third batch is evaluated."""

    calls = 0

    def evaluate(self, *given: Any, **terms: Any) -> Evaluations:
        self.calls += 1
        if self.calls == 3:
            raise KeyboardInterrupt
        return super().evaluate(*given, **terms)


def test_an_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DRIVER, "FIRST_BATCH", 10)
    checkpoint = MemoryCheckpoint()
    outcome = plan_of().search(executor=Interrupted(), checkpoint=checkpoint)
    assert outcome.status == "cancelled"
    assert outcome.evaluated == 10 + 10
    assert sum(map(len, checkpoint.parts)) == outcome.evaluated


def test_patience_ends_it_at_the_same_trial_whatever_the_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = plan_of(method="random", trials=200, seed=2, patience=30)
    outcome = plan.search()
    values = outcome.objective_values[:, 0]
    last_better = int(np.nanargmax(values))
    assert outcome.status == "early stop"
    assert len(outcome) == last_better + 1 + 30
    monkeypatch.setattr(DRIVER, "FIRST_BATCH", 7)
    assert_same(outcome, plan.search())


def test_a_broken_objective_is_said_and_what_was_evaluated_written_down() -> None:
    def broken(figures: dict[str, float]) -> float:
        raise RuntimeError("oh")

    checkpoint = MemoryCheckpoint()
    with pytest.raises(ObjectiveError, match="oh"):
        plan_of(objective=broken).search(checkpoint=checkpoint)
    assert sum(map(len, checkpoint.parts)) > 0


# --- what is told ---------------------------------------------------------------------


def test_progress_goes_up_to_the_total_and_ends_with_the_status() -> None:
    told: list[Progress] = []
    plan_of().search(observer=told.append, clock=Ticks())
    assert [progress.done for progress in told] == sorted(p.done for p in told)
    last = told[-1]
    assert (last.done, last.total, last.status) == (200, 200, "complete")
    assert (last.best, last.remaining, last.fraction) == (3.0, 0.0, 1.0)
    halfway = told[0]
    assert halfway.status == "running"
    assert halfway.remaining is not None
    expected = (200 - halfway.done) * halfway.elapsed / halfway.done
    assert halfway.remaining == expected


def test_what_an_observer_raises_ends_the_search() -> None:
    def tell(progress: Progress) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        plan_of().search(observer=tell)


# --- very many trials -----------------------------------------------------------------


def test_of_very_many_trials_the_best_keep_their_figures() -> None:
    from foresto_lab.optimize.method import SearchTerms
    from foresto_lab.optimize.searching.search import run_search

    plan = plan_of()
    all_of_them = plan.search()
    few = run_search(
        plan.evaluator,
        plan.space,
        parse_method({"name": "grid", "chunk": 30}),
        SearchTerms((True,)),
        plan.objectives,
        keep=40,
    )
    np.testing.assert_array_equal(few.objective_values, all_of_them.objective_values)
    np.testing.assert_array_equal(few.order, all_of_them.order)
    np.testing.assert_array_equal(few.sharpes, all_of_them.sharpes)
    assert few.kept.tolist() == sorted(few.order[:40].tolist())
    wanted = all_of_them.evaluations.figures[few.kept]
    np.testing.assert_array_equal(few.evaluations.figures, wanted)
    assert few.evaluations.block_sums is None
    assert few.blocks is not None
    assert len(few.blocks.places) == 200  # an even draw of 8,192 is all of them
    x = few.combinations.columns["x"][few.blocks.places]
    np.testing.assert_array_equal(few.blocks.sums[:, 0, 0], x)


@pytest.mark.parametrize("moment", ["_draw", "_forget", "_starts"])
def test_a_batch_that_was_cut_off_half_way_does_not_count(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = TrialMemory((True,), keep=20)
    outcome = plan_of().search()
    batches = [_batch_of(outcome, slice(n, n + 30)) for n in range(0, 90, 30)]
    for batch in batches[:2]:
        memory.add(batch)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    if moment == "_starts":
        monkeypatch.setattr(trials, "_sharpes", cut)
    else:
        monkeypatch.setattr(memory, moment, cut)
    with pytest.raises(KeyboardInterrupt):
        memory.add(batches[2])
    monkeypatch.undo()
    count = 90 if moment == "_forget" else 60
    assert len(memory) == len(memory.values()) == len(memory.combinations()) == count
    kept = memory.figures(outcome.evaluations.names)
    assert len(kept.places) == 20
    assert kept.places.max() < count
    drawn = memory.block_sums()
    assert drawn is not None
    assert drawn.places.tolist() == list(range(count))


def _batch_of(outcome: SearchOutcome, rows: slice) -> Batch:
    told = outcome.evaluations
    assert told.block_sums is not None
    return Batch(
        outcome.combinations.take(rows),
        Evaluations(
            told.names, told.figures[rows], told.block_sums[rows], told.block_lengths
        ),
        outcome.objective_values[rows],
        outcome.feasible[rows],
    )


def test_an_even_draw_runs_along_with_no_period_of_the_grid() -> None:
    from foresto_lab.optimize.searching.trials import _lots

    drawn = np.sort(np.argsort(_lots(np.arange(2**16)))[:4096])
    shares = np.bincount(drawn % 16, minlength=16) / len(drawn)
    assert np.abs(shares - 1 / 16).max() < 0.02


def test_the_grid_of_the_tests_is_what_it_says() -> None:
    assert len(GRID["x"]) * len(GRID["y"]) == 200
