"""Workers of this machine and of a scheduler: the same numbers, whatever is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

import foresto_lab as fl
from foresto_lab.cluster import DaskExecutor
from foresto_lab.cluster.connection import connect
from foresto_lab.errors import (
    AmountError,
    ClusterUnreachableError,
    InputError,
    UnknownNameError,
    WorkerLostError,
)
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan
from tests.unit.cluster.deadly import Deadly, reciprocal, slow_square, wait_until
from tests.unit.optimize.searched import Hill, SlowHill, plan_of

POINTS = Combinations({"x": np.arange(60) % 20, "y": np.arange(60) // 20})


@pytest.fixture(scope="module")
def pair() -> Iterator[DaskExecutor]:
    with DaskExecutor(workers=2) as executor:
        yield executor


def processes_of(executor: DaskExecutor) -> tuple[int, ...]:
    local = executor._connection.local
    assert local is not None
    return local.processes


def test_workers_say_what_this_process_says(pair: DaskExecutor) -> None:
    span = BarSpan(10, 300)
    here = Hill().evaluate(POINTS, span=span, blocks=4)
    there = pair.evaluate(Hill(), POINTS, span=span, blocks=4)
    assert there.names == here.names
    np.testing.assert_array_equal(there.figures, here.figures)
    np.testing.assert_array_equal(there.block_sums, here.block_sums)
    np.testing.assert_array_equal(there.block_lengths, here.block_lengths)


def test_nothing_and_one_combination_are_evaluated_too(pair: DaskExecutor) -> None:
    assert pair.evaluate(Hill(), POINTS.take(slice(0, 0))).figures.shape == (0, 4)
    assert pair.evaluate(Hill(), POINTS.take(slice(0, 1))).figures.shape == (1, 4)


def test_what_is_wrong_with_a_combination_comes_back_as_it_is(
    pair: DaskExecutor,
) -> None:
    with pytest.raises(UnknownNameError, match="parameter"):
        pair.evaluate(Hill(), Combinations({"z": np.arange(3)}))


def test_a_function_is_mapped_in_the_order_of_its_items(pair: DaskExecutor) -> None:
    assert list(pair.map(slow_square, range(9))) == [n * n for n in range(9)]
    assert dict(pair.completed(slow_square, [4, 5])) == {0: 16, 1: 25}
    with pytest.raises(ZeroDivisionError):
        list(pair.map(reciprocal, [1, 0, 2]))


def test_the_data_are_sent_once(
    pair: DaskExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    send = pair._connection.send
    monkeypatch.setattr(
        pair._connection, "send", lambda held: [sent.append(held), send(held)][1]
    )
    hill = Hill()
    for _ in range(3):
        pair.evaluate(hill, POINTS)
    assert len(sent) == 1


@pytest.mark.parametrize("name", ["grid", "genetic", "tpe"])
def test_a_search_is_the_same_with_and_without_workers(
    pair: DaskExecutor, name: str
) -> None:
    terms = {} if name == "grid" else {"trials": 60}
    here = plan_of(method=name, seed=4, **terms).search()
    there = plan_of(method=name, seed=4, **terms).search(executor=pair)
    for field in ("objective_values", "order", "feasible", "sharpes"):
        np.testing.assert_array_equal(getattr(here, field), getattr(there, field))
    assert list(here.combinations.rows()) == list(there.combinations.rows())


@pytest.mark.parametrize("count", [1, 8])
def test_any_number_of_workers_gives_the_same(count: int) -> None:
    here = plan_of(method="random", trials=150, seed=9).search()
    with DaskExecutor(workers=count) as executor:
        assert executor.workers == count
        there = plan_of(method="random", trials=150, seed=9).search(executor=executor)
    np.testing.assert_array_equal(here.objective_values, there.objective_values)
    np.testing.assert_array_equal(here.order, there.order)


# --- lost workers ---------------------------------------------------------------------


@pytest.mark.parametrize("victims", [1, 2])
def test_killed_workers_lose_nothing_and_come_back(
    pair: DaskExecutor, victims: int
) -> None:
    before = processes_of(pair)

    def kill() -> None:
        for process in before[:victims]:
            os.kill(process, signal.SIGKILL)

    timer = threading.Timer(0.3, kill)
    timer.start()
    hill = SlowHill(seconds=0.2)
    told = pair.evaluate(hill, POINTS)
    timer.join()
    np.testing.assert_array_equal(told.figures, Hill().evaluate(POINTS).figures)
    wait_until(lambda: not set(processes_of(pair)) & set(before[:victims]))


def test_a_worker_that_dies_every_time_is_said(pair: DaskExecutor) -> None:
    with pytest.raises(WorkerLostError, match="ended again and again"):
        pair.evaluate(Deadly(), POINTS)
    told = pair.evaluate(Hill(), POINTS)
    np.testing.assert_array_equal(told.figures, Hill().evaluate(POINTS).figures)


def test_a_cancelled_search_leaves_the_workers_to_the_next(pair: DaskExecutor) -> None:
    answers = pair.completed(slow_square, range(50))
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert list(pair.map(slow_square, [3])) == [9]


# --- what is started and ended --------------------------------------------------------


def test_nothing_stays_after_the_end() -> None:
    with DaskExecutor(workers=2) as executor:
        pids = processes_of(executor)
        address = executor.address
        local = executor._connection.local
        assert local is not None
        folder = Path(local._folder.name)
        assert folder.exists()
        listening = [
            c for c in psutil.Process().net_connections() if c.status == "LISTEN"
        ]
        assert {c.laddr.ip for c in listening} <= {"127.0.0.1"}
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not folder.exists()
    host, port = address.removeprefix("tcp://").split(":")
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0
    assert not local._watch.is_alive()
    executor.close()  # again: nothing


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "starts.py"  # on purpose without a __main__ guard
    script.write_text(
        "import time\n"
        "from foresto_lab.cluster import DaskExecutor\n"
        "executor = DaskExecutor(workers=1)\n"
        "print(*executor._connection.local.processes, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        pid = int(started.stdout.readline())
        assert psutil.pid_exists(pid)
        started.kill()
    wait_until(lambda: not psutil.pid_exists(pid))


# --- a scheduler that runs already ----------------------------------------------------


def test_a_scheduler_that_runs_is_used_and_left_running(pair: DaskExecutor) -> None:
    with DaskExecutor(pair.address) as guest:
        assert guest.workers == 2
        told = guest.evaluate(Hill(), POINTS)
    np.testing.assert_array_equal(told.figures, Hill().evaluate(POINTS).figures)
    assert pair.evaluate(Hill(), POINTS).figures.shape == (60, 4)


def test_an_address_without_a_scheduler_is_said_in_time() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ClusterUnreachableError, match=r"No Dask scheduler.*2 s"):
            DaskExecutor(address, timeout=2)


@pytest.mark.parametrize("address", ["", "no such host", "tcp://", "tcp://a:b"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ClusterUnreachableError, match="No Dask scheduler"):
        DaskExecutor(address, timeout=2)


def test_a_scheduler_without_workers_is_said() -> None:
    from foresto_lab.cluster.local import _start_scheduler

    scheduler = _start_scheduler()
    try:
        with pytest.raises(ClusterUnreachableError, match="had no worker for 1 s"):
            connect(scheduler.scheduler_address, None, timeout=1)
    finally:
        scheduler.close()


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_a_number_of_workers_is_whole_and_above_zero(workers: Any) -> None:
    with pytest.raises(AmountError, match="workers"):
        DaskExecutor(workers=workers)


def test_an_address_and_a_number_of_workers_exclude_each_other() -> None:
    with pytest.raises(InputError, match="leave the number out"):
        DaskExecutor("tcp://127.0.0.1:1", workers=2)


# --- a real strategy ------------------------------------------------------------------


def test_a_strategy_is_searched_with_the_same_result(
    pair: DaskExecutor, candles: pd.DataFrame
) -> None:
    space = {"fast_period": range(3, 12), "slow_period": range(10, 40, 5)}
    here = fl.optimize(candles, "sma_cross", space)
    there = fl.optimize(candles, "sma_cross", space, executor=pair)
    pd.testing.assert_frame_equal(here.trials, there.trials)
    assert here.request_hash == there.request_hash


def test_a_script_searches_its_own_strategy_on_workers() -> None:
    script = Path(__file__).with_name("own_strategy_script.py")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300
    )
    assert done.stdout == "the same 15\n", done.stderr
    assert done.stderr == ""


def test_what_cannot_be_sent_is_said(pair: DaskExecutor) -> None:
    hill = Hill()
    hill.before = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(InputError, match="Hill cannot be sent to workers"):
        pair.evaluate(hill, POINTS)


@pytest.fixture
def candles() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.01, 600)))
    before = np.concatenate([[100.0], close[:-1]])
    return pd.DataFrame(
        {
            "open": before,
            "high": np.maximum(before, close) * 1.002,
            "low": np.minimum(before, close) * 0.998,
            "close": close,
            "volume": 1.0,
        },
        index=pd.date_range("2022-01-01", periods=600, freq="h", tz="UTC"),
    )
