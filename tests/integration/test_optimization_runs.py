"""Searches as runs: kept, found, gone on with, reproduced, on both stores."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

import foresto_lab as fl
from foresto_lab.errors import (
    DiskFullError,
    ObjectiveError,
    ReproductionError,
    RunNotReadableError,
    SpaceError,
    UnknownNameError,
)
from foresto_lab.lab import Lab
from foresto_lab.optimize.searching.progress import Progress
from foresto_lab.storage import checkpoints
from foresto_lab.storage.models import OptimizationResult as Row
from foresto_lab.types import RunKind

SPACE = {"fast_period": range(3, 12, 2), "slow_period": (5, 20, 5)}
ASKED: dict[str, Any] = {
    "symbols": "AAA",
    "constraints": ["fast_period < slow_period", "total_trades >= 1"],
    "progress": False,
}
TRIALS = 15
"""Of 5 x 4 points, those with the fast average below the slow one: 1, 4, 5, 5."""
LATEST = 180.0
"""Seconds until a process must have begun; kernels may compile for long."""


def load(
    lab: Lab, folder: Path, bars: int = 400, symbols: tuple[str, ...] = ("AAA",)
) -> None:
    """Give a workspace made-up daily candles."""
    tables = []
    for place, symbol in enumerate(symbols):
        random = np.random.default_rng(7 + place)
        close = 100 * np.exp(np.cumsum(random.normal(0.0004, 0.012, bars)))
        opened = close * np.exp(random.normal(0, 0.002, bars))
        tables.append(
            pd.DataFrame(
                {
                    "symbol": symbol,
                    "timeframe": "1d",
                    "open_time": pd.date_range("2022-01-03", periods=bars, tz="UTC"),
                    "open": opened,
                    "high": np.maximum(opened, close) * 1.004,
                    "low": np.minimum(opened, close) * 0.996,
                    "close": close,
                    "volume": 1000.0,
                }
            )
        )
    path = folder / "candles.parquet"
    pd.concat(tables).to_parquet(path)
    lab.load_candles(path)


@pytest.fixture
def lab(either_lab: Lab, tmp_path: Path) -> Lab:
    load(either_lab, tmp_path)
    return either_lab


@pytest.fixture
def new_lab(tmp_path: Path) -> Callable[[str], Lab]:
    """Return what opens an embedded workspace with candles, by a name."""

    def opened(name: str, **options: Any) -> Lab:
        folder = tmp_path / name
        is_new = not folder.exists()
        lab = fl.open_lab(folder)
        if is_new:
            load(lab, folder, **options)
        return lab

    return opened


def same(left: Any, right: Any) -> None:
    """Require that two results say the same, to the last bit."""
    pd.testing.assert_frame_equal(left.trials, right.trials, check_exact=True)
    pd.testing.assert_series_equal(left.statistics, right.statistics, check_exact=True)
    assert left.verdict == right.verdict
    assert (left.status, left.evaluated) == (right.status, right.evaluated)
    assert np.array_equal(left.sharpes, right.sharpes, equal_nan=True)


def rows(lab: Lab, run_id: str) -> list[Row]:
    with lab.storage.database.reading() as session:
        query = select(Row).where(Row.run_id == run_id).order_by(Row.trial)
        return list(session.scalars(query))


def evaluated(lab: Lab) -> list[int]:
    return [int(count) for count in lab.trials()["evaluated"]]


# --- kept and found -----------------------------------------------------------------


def test_a_search_is_kept_found_and_restored_bit_for_bit(lab: Lab) -> None:
    result = lab.optimize("sma_cross", SPACE, **ASKED)
    assert result.evaluated == TRIALS
    assert result.run_id is not None
    record = lab.run_record(result.run_id)
    assert record.kind is RunKind.OPTIMIZATION
    assert record.request_hash == result.request_hash
    assert record.summary["sharpe"] == result.best_metrics["sharpe"]
    assert record.summary["verdict"] == result.verdict.level
    again = lab.optimize("sma_cross", SPACE, workers=None, time_limit=60, **ASKED)
    assert again.run_id == result.run_id
    for kept in (again, lab.run(result.run_id)):
        same(kept, result)
        assert kept.space == result.space
        assert kept.method == result.method
        assert kept.best == result.best
        assert [str(c) for c in kept.constraints] == ["total_trades >= 1"]
        trade = kept.run(0)
        assert trade.metrics["sharpe"] == result.run(0).metrics["sharpe"]
    other = lab.optimize("sma_cross", SPACE, "random", trials=5, **ASKED)
    assert other.run_id != result.run_id
    assert other.evaluated == 5


def test_it_has_the_numbers_of_the_pure_core(lab: Lab) -> None:
    result = lab.optimize("sma_cross", SPACE, **ASKED)
    candles = lab.candles("AAA", "1d")
    pure = fl.optimize(
        candles, "sma_cross", SPACE, constraints=ASKED["constraints"], progress=False
    )
    pd.testing.assert_frame_equal(result.trials, pure.trials, check_exact=True)


def test_it_reproduces_to_the_last_bit_and_tries_nothing_new(lab: Lab) -> None:
    options: dict[str, Any] = {"split": (0.6, 0.2, 0.2), "seed": 3, "top": 4}
    run = lab.optimize("sma_cross", SPACE, "random", trials=12, **options, **ASKED)
    before = evaluated(lab)
    found = lab.reproduce(str(run.run_id))
    assert found.identical, str(found)
    assert found.values_compared > 12 * 30
    assert evaluated(lab) == before
    restored = lab.run(str(run.run_id))
    assert restored.parts is not None
    pd.testing.assert_frame_equal(restored.parts, run.parts, check_exact=True)
    assert restored.split == run.split


def test_trials_are_rows_with_rank_and_figures(lab: Lab) -> None:
    result = lab.optimize("sma_cross", SPACE, **ASKED)
    stored = rows(lab, str(result.run_id))
    assert [row.trial for row in stored] == list(range(TRIALS))
    best = next(row for row in stored if row.rank == 1)
    assert best.parameters == result.best
    assert best.sharpe == best.objective == result.best_metrics["sharpe"]
    assert best.total_trades == result.best_metrics["total_trades"]
    by_trial = result.trials.set_index("trial")
    for row in stored:
        counts = by_trial.loc[row.trial, "feasible"]
        assert (row.rank is not None) == (counts and row.objective is not None)
    lab.delete_run(str(result.run_id))
    assert rows(lab, str(result.run_id)) == []


def test_several_symbols_are_searched_each_on_its_own_account(
    either_lab: Lab, tmp_path: Path
) -> None:
    load(either_lab, tmp_path, symbols=("AAA", "BBB"))
    asked = {**ASKED, "symbols": ["AAA", "BBB"]}
    result = either_lab.optimize("sma_cross", SPACE, aggregate="min", **asked)
    alone = {
        symbol: either_lab.optimize("sma_cross", SPACE, **{**ASKED, "symbols": symbol})
        for symbol in ("AAA", "BBB")
    }
    returns = [
        each.trials.set_index("trial")["total_return"].sort_index()
        for each in (result, *alone.values())
    ]
    least = np.minimum(returns[1], returns[2])
    assert returns[0].tolist() == least.tolist()
    assert lab_reproduces(either_lab, result)


def lab_reproduces(lab: Lab, result: Any) -> bool:
    return lab.reproduce(str(result.run_id)).identical


# --- the ledger ---------------------------------------------------------------------


def test_every_trial_is_in_the_ledger_over_methods_and_runs(lab: Lab) -> None:
    first = lab.optimize("sma_cross", SPACE, **ASKED)
    assert first.statistics["prior_trials"] == 0
    lab.optimize("sma_cross", SPACE, **ASKED)  # found, and so no trial
    lab.backtest("sma_cross", symbols="AAA")
    lab.backtest("sma_cross", symbols="AAA")
    lab.optimize("rsi_reversal", {"rsi_period": (5, 9)}, symbols="AAA", progress=False)
    second = lab.optimize("SMA_CROSS", SPACE, "random", trials=4, save=False, **ASKED)
    assert second.run_id is None
    assert second.statistics["prior_trials"] == TRIALS + 1
    table = lab.trials("sma_cross", symbols="AAA")
    assert table["evaluated"].tolist() == [TRIALS, 1, 4]
    assert table["method"].tolist() == ["grid", "backtest", "random"]
    sharpes = first.trials["sharpe"] / np.sqrt(first.periods_per_year)
    assert table["sharpe_mean"][0] == pytest.approx(sharpes.mean(), rel=1e-12)
    assert table["sharpe_variance"][0] == pytest.approx(sharpes.var(), rel=1e-12)
    lab.delete_run(str(first.run_id))
    assert lab.trials("sma_cross")["evaluated"].sum() == TRIALS + 5
    third = lab.optimize("sma_cross", SPACE, force=True, **ASKED)
    assert third.statistics["prior_trials"] == TRIALS + 5


def fail_after(calls: int) -> Callable[[Any], float]:
    seen = 0

    def objective(figures: Any) -> float:
        nonlocal seen
        seen += 1
        if seen > calls:
            raise RuntimeError("enough")
        return float(figures["sharpe"])

    return objective


def test_a_search_that_fails_has_tried_what_it_tried(lab: Lab) -> None:
    with pytest.raises(ObjectiveError, match="enough"):
        lab.optimize("sma_cross", SPACE, objective=fail_after(3), **ASKED)
    (record,) = lab.run_records(kind="optimization")
    assert record.status == "failed"
    assert evaluated(lab) == [TRIALS]
    with pytest.raises(RunNotReadableError):
        lab.run(record.run_id)


def test_functions_as_objectives_are_told_apart_by_their_code(lab: Lab) -> None:
    def asked(weight: float) -> Any:
        return lab.optimize(
            "sma_cross", SPACE, objective=lambda f: weight * f["cagr"], **ASKED
        )

    first, other, again = asked(1.0), asked(-1.0), asked(1.0)
    assert first.run_id == again.run_id != other.run_id
    with pytest.raises(ReproductionError, match="is a function"):
        lab.reproduce(str(first.run_id))


# --- stopped and gone on with -------------------------------------------------------


class CancelAfter:
    """Cancels a search once it has told so many batches."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def observe(self, progress: Progress) -> None:
        self.left -= 1

    def __call__(self) -> bool:
        return self.left <= 0


def test_a_cancelled_search_is_kept_marked_and_gone_on_with(
    lab: Lab, new_lab: Callable[..., Lab]
) -> None:
    space = {"fast_period": range(2, 22), "slow_period": (50, 99)}
    asked = {**ASKED, "constraints": ()}
    cancel = CancelAfter(2)
    partial = lab.optimize(
        "sma_cross", space, cancel=cancel, **{**asked, "progress": cancel.observe}
    )
    assert partial.status == "cancelled"
    assert 0 < partial.evaluated < 20 * 50
    record = lab.run_record(str(partial.run_id))
    assert record.status == "completed"
    assert record.summary["status"] == "cancelled"
    assert evaluated(lab) == [partial.evaluated]
    with pytest.raises(ReproductionError, match="stopped before its end"):
        lab.reproduce(str(partial.run_id))
    whole = lab.optimize("sma_cross", space, **asked)
    assert whole.status == "complete"
    assert whole.run_id != partial.run_id
    assert whole.outcome.resumed == partial.evaluated
    assert evaluated(lab) == [20 * 50]
    assert lab.storage.checkpoints.waiting() == ()
    straight = new_lab("straight").optimize("sma_cross", space, **asked)
    same(whole, straight)
    assert lab.optimize("sma_cross", space, **asked).run_id == whole.run_id
    assert lab_reproduces(lab, whole)


def test_a_time_limit_keeps_what_was_found(new_lab: Callable[..., Lab]) -> None:
    lab = new_lab("home")
    space = {"fast_period": range(2, 22), "slow_period": (50, 99)}
    partial = lab.optimize(
        "sma_cross", space, time_limit=1e-6, symbols="AAA", progress=False
    )
    assert partial.status == "time limit"
    assert partial.evaluated < 20 * 50
    restored = lab.run(str(partial.run_id))
    assert restored.is_partial
    assert restored.evaluated == partial.evaluated


def test_a_full_disk_keeps_what_was_written(
    new_lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = new_lab("home")

    write = checkpoints.write_flushed

    def full(path: Path, content: bytes) -> None:
        if len(content) < 100:  # what names the search finds room
            return write(path, content)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patched:
        patched.setattr("foresto_lab.storage.artifacts.write_flushed", full)
        with pytest.raises(DiskFullError, match="No room left on the disk"):
            lab.optimize("sma_cross", SPACE, **ASKED)
    assert len(lab.storage.checkpoints.waiting()) == 1
    assert evaluated(lab) == [TRIALS]
    whole = lab.optimize("sma_cross", SPACE, **ASKED)
    assert whole.outcome.resumed == TRIALS
    assert evaluated(lab) == [TRIALS]
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write_flushed", full)
        warned = lab.optimize("sma_cross", SPACE, "random", trials=3, seed=1, **ASKED)
    assert "CHECKPOINT_NOT_WRITTEN" in {finding.code for finding in warned.findings}


COMMAND = (
    *("optimize", "sma_cross", "--symbol", "AAA", "--json"),
    *("-p", "fast_period=2:21", "-p", "slow_period=50:89"),
)
SPACE_OF_COMMAND = {"fast_period": range(2, 22), "slow_period": (50, 89)}


def started(home: Path, *words: str) -> subprocess.Popen[str]:
    module = "tests.integration.search_worker"
    return subprocess.Popen(
        [sys.executable, "-m", module, "--home", str(home), *words],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_parts(lab: Lab, process: subprocess.Popen[str], count: int) -> None:
    """Wait until a search has written so many parts down."""
    end = time.monotonic() + LATEST
    root = lab.storage.checkpoints.root
    while len(list(root.rglob("part-*.parquet"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "no part was written"
        time.sleep(0.02)


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_process_is_gone_on_with_to_the_same_end(
    new_lab: Callable[..., Lab], tmp_path: Path, stop: signal.Signals
) -> None:
    lab = new_lab("home")
    process = started(lab.home, *COMMAND)
    try:
        wait_for_parts(lab, process, 2)
        process.send_signal(stop)
        said, complained = process.communicate(timeout=LATEST)
    finally:
        process.kill()
    if stop is signal.SIGINT:
        assert process.returncode == 130, complained
        assert '"status": "cancelled"' in said
    again = fl.open_lab(lab.home)
    (record,) = again.run_records(kind="optimization")
    killed = stop is signal.SIGKILL
    assert record.status == ("failed" if killed else "completed")
    before = evaluated(again)
    assert 0 < before[0] < 20 * 40
    options: dict[str, Any] = {"symbols": "AAA", "progress": False}
    whole = again.optimize("sma_cross", SPACE_OF_COMMAND, **options)
    assert whole.status == "complete"
    assert whole.outcome.resumed >= 2 * 64
    assert evaluated(again) == [20 * 40]
    straight = new_lab("straight").optimize("sma_cross", SPACE_OF_COMMAND, **options)
    same(whole, straight)


# --- what cannot be -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "options", "kind", "said"),
    [
        ({}, {}, SpaceError, "empty"),
        ({"fast_perod": (2, 5)}, {}, UnknownNameError, "fast_period"),
        ({"fast_period": (5, 2)}, {}, SpaceError, "fast_period"),
        (SPACE, {"objective": "sharpo"}, UnknownNameError, "sharpe"),
        (SPACE, {"symbols": "ZZZ"}, UnknownNameError, "ZZZ"),
        (
            {"fast_period": (2, 5)},
            {"constraints": "fast_period > 9"},
            SpaceError,
            "fast_period > 9",
        ),
    ],
)
def test_nothing_is_registered_of_what_cannot_be(
    new_lab: Callable[..., Lab],
    space: Any,
    options: dict[str, Any],
    kind: type[Exception],
    said: str,
) -> None:
    lab = new_lab("home")
    with pytest.raises(kind, match=said):
        lab.optimize("sma_cross", space, **{**ASKED, "constraints": (), **options})
    assert list(lab.run_records()) == []
    assert evaluated(lab) == []
