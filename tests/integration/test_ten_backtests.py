"""Ten processes that backtest on one workspace at once, and those that are killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

import foresto_lab as fl
from foresto_lab.errors import RunNotReadableError
from foresto_lab.storage.copying import copy_store
from foresto_lab.storage.models import BacktestRun, BacktestTrade
from tests.integration.backtest_workers import (
    TURNS,
    backtest_in_turn,
    stop_before_the_commit,
    stop_while_computing,
)
from tests.integration.forked import Forks, kill
from tests.integration.test_backtest_runs import DIP, candles

PROCESSES = 10


@pytest.fixture(scope="module")
def workers() -> Iterator[Forks]:
    with Forks(
        "psutil",
        "foresto_lab.storage.workspace",
        "foresto_lab.storage.tables",
        "foresto_lab.runs.backtest",
        "foresto_lab.preflight.strategy",
    ) as workers:
        yield workers


def filled(home: Path, url: str | None) -> fl.Lab:
    lab = fl.open_lab(home, url)
    lab.storage.candles.load_candles(candles("AAA", 1))
    return lab


def count(lab: fl.Lab, model: type) -> int:
    with lab.storage.database.reading() as session:
        return int(session.scalar(select(func.count()).select_from(model)) or 0)


def test_ten_backtests_at_once(
    workers: Forks, tmp_path: Path, either_new_store: str | None
) -> None:
    lab = filled(tmp_path, either_new_store)
    for number in range(PROCESSES):
        workers.start(backtest_in_turn, str(tmp_path), either_new_store, number)
    assert [workers.hear() for _ in range(PROCESSES)] == ["ready"] * PROCESSES
    (tmp_path / "go").touch()
    told = dict(workers.hear() for _ in range(PROCESSES))
    assert set(told) == set(range(PROCESSES))

    worth = {run_id: end for done in told.values() for run_id, end in done.items()}
    assert len(worth) == PROCESSES * TURNS
    runs = lab.runs(kind="backtest")
    assert set(runs["status"]) == {"completed"}
    assert set(worth) <= set(runs.index)
    alone = set(runs.index) - set(worth)  # one hyperrsi, or one of each that raced
    assert 1 <= len(alone) <= PROCESSES
    assert len(set(runs.loc[list(alone), "request_hash"])) == 1
    for run_id, end in list(worth.items())[::7]:
        assert lab.run(run_id).equity["equity"].iloc[-1] == end
    assert lab.reproduce(next(iter(worth))).identical
    assert count(lab, BacktestRun) == len(runs)
    stored = lab.storage.registry.definitions()
    assert len(stored) == PROCESSES
    assert {item.version for item in stored} == {"1.0.0"}


@pytest.mark.parametrize("stop", [stop_while_computing, stop_before_the_commit])
def test_a_killed_backtest_is_a_failed_run(
    workers: Forks,
    tmp_path: Path,
    either_new_store: str | None,
    stop: Callable[[str, str | None], None],
) -> None:
    filled(tmp_path, either_new_store).storage.close()
    worker = workers.start(stop, str(tmp_path), either_new_store)
    assert workers.hear() in ("computing", "writing")
    kill(worker)

    lab = fl.open_lab(tmp_path, either_new_store)
    (record,) = lab.run_records()
    assert (str(record.kind), str(record.status)) == ("backtest", "failed")
    assert record.error_message == "The process that ran it is gone"
    with pytest.raises(RunNotReadableError):
        lab.run(record.run_id)
    assert (count(lab, BacktestRun), count(lab, BacktestTrade)) == (0, 0)
    again = lab.backtest("hyperrsi", symbols=["AAA"], timeframe="1h")
    assert again.run_id != record.run_id
    assert count(lab, BacktestTrade) == len(again.trades) > 0


def test_both_stores_give_the_same_backtest(tmp_path: Path, team_url: str) -> None:
    labs = [filled(tmp_path / "one", None), filled(tmp_path / "team", team_url)]
    for strategy in ("hyperrsi", DIP):
        one, team = (
            lab.backtest(strategy, symbols=["AAA"], timeframe="1h") for lab in labs
        )
        assert one.request_hash == team.request_hash
        pd.testing.assert_frame_equal(one.trades, team.trades, check_exact=True)
        pd.testing.assert_frame_equal(one.equity, team.equity, check_exact=True)
        kept = [
            lab.storage.runs.artifacts(result.run_id)
            for lab, result in zip(labs, (one, team), strict=True)
        ]
        assert str(kept[0].summary) == str(kept[1].summary)
        for name in ("trades", "equity", "findings"):
            left, right = (artifacts.tables[name] for artifacts in kept)
            pd.testing.assert_frame_equal(left, right, check_exact=True)


def test_a_copy_carries_backtests_and_strategies(tmp_path: Path, team_url: str) -> None:
    one = filled(tmp_path / "one", None)
    one.save_strategy(DIP, name="Dip", tags=["kr"])
    old = one.backtest("Dip", symbols="AAA", timeframe="1h")
    one.storage.candles.load_candles(candles("BBB", 2))
    result = one.backtest("Dip", symbols="AAA", timeframe="1h")
    team = fl.open_lab(tmp_path / "team", team_url)
    report = copy_store(one.storage, team.storage)
    assert (report.runs.completed, report.runs.other_data) == (2, 1)  # the old one's
    assert team.backtest("Dip", symbols="AAA", timeframe="1h").run_id == result.run_id
    assert team.reproduce(result.run_id).identical
    for run in (old, result):
        there = team.run(run.run_id)
        pd.testing.assert_frame_equal(there.trades, run.trades, check_exact=True)
        pd.testing.assert_frame_equal(there.equity, run.equity, check_exact=True)
    assert count(team, BacktestTrade) == len(old.trades) + len(result.trades)
    back = fl.open_lab(tmp_path / "back")
    copy_store(team.storage, back.storage)
    assert back.backtest("Dip", symbols="AAA", timeframe="1h").run_id == result.run_id
