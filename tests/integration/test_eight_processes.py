"""Eight notebooks on one new workspace: nothing is lost, nobody sees a lock."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from foresto_lab.rebalancing import Drift
from foresto_lab.storage import open_storage
from foresto_lab.types import RunStatus
from tests.integration.forked import Forks
from tests.integration.workspace_workers import ROUNDS, ROWS_PER_LOAD, work

PROCESSES = 8


def work_all_at_once(home: Path, url: str | None) -> list[dict[str, Any]]:
    """Run the workers and return what they say; an error of one fails the test."""
    with Forks("tests.integration.workspace_workers") as forks:
        begin_at = time.time() + 3
        for number in range(PROCESSES):
            forks.start(work, str(home), url, number, begin_at)
        reports = [forks.hear() for _ in range(PROCESSES)]
    for report in reports:
        assert "error" not in report, report["error"]
    return reports


def test_eight_processes_lose_nothing(
    tmp_path: Path, either_new_store: str | None
) -> None:
    home = tmp_path / "workspace"
    reports = work_all_at_once(home, either_new_store)
    storage = open_storage(home, either_new_store)

    coverage = storage.series.coverage().set_index("symbol")["row_count"]
    expected = {f"WORKER_{n}": ROUNDS * ROWS_PER_LOAD for n in range(PROCESSES)}
    assert coverage.to_dict() == {**expected, "SHARED": ROUNDS * ROWS_PER_LOAD}
    shared = storage.series.price_matrix(["SHARED"])["SHARED"]
    assert shared.tolist() == [50.0 + day for day in range(ROWS_PER_LOAD)] * ROUNDS

    history = storage.catalog.load_history()
    assert sorted(history["source"]) == sorted(
        f"worker {number}, turn {turn}"
        for number in range(PROCESSES)
        for turn in range(ROUNDS)
    )
    scenarios = {item.name for item in storage.catalog.scenarios()}
    assert {
        f"S_{number}_{turn}" for number in range(PROCESSES) for turn in range(ROUNDS)
    } <= scenarios
    assert len(scenarios) == 3 + PROCESSES * ROUNDS
    for number in range(PROCESSES):
        assert storage.catalog.rule(f"R_{number}") == Drift(0.01 * ROUNDS)

    navs = {run: nav for report in reports for run, nav in report["navs"].items()}
    assert len(navs) == PROCESSES * ROUNDS
    records = storage.runs.records()
    assert {record.run_id for record in records} == set(navs)
    assert {record.status for record in records} == {RunStatus.COMPLETED}
    for run_id, nav in navs.items():
        assert storage.runs.artifacts(run_id).tables["path"]["nav"].iloc[-1] == nav
    storage.close()
