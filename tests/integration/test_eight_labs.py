"""Eight processes, each with its own Lab on one workspace, as eight notebooks are."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import foresto_lab as fl
from tests.integration.lab_worker import SESSIONS, TURNS

PROCESSES = 8


def test_eight_labs_lose_nothing_and_see_no_lock(
    tmp_path: Path, repository: Path, either_new_store: str | None
) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.lab_worker", tmp_path, str(n)],
            cwd=repository,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(PROCESSES)
    ]
    while len(list(tmp_path.glob("ready-*"))) < PROCESSES and all(
        worker.poll() is None for worker in workers
    ):
        time.sleep(0.05)
    (tmp_path / "go").touch()
    navs: dict[str, float] = {}
    for worker in workers:
        out, err = worker.communicate()
        assert worker.returncode == 0, err
        navs |= json.loads(out)

    lab = fl.open_lab(tmp_path)
    rows = lab.coverage().set_index("symbol")["row_count"]
    assert rows.to_dict() == {
        f"W{n}{side}": TURNS * SESSIONS for n in range(PROCESSES) for side in "AB"
    }
    assert len(navs) == PROCESSES * TURNS
    runs = lab.runs()
    assert set(runs.index) == set(navs)
    assert set(runs["status"]) == {"completed"}
    for run_id, nav in navs.items():
        assert lab.run(run_id).path["nav"].iloc[-1] == nav
    assert len(lab.storage.catalog.load_history()) == PROCESSES * TURNS
    assert lab.reproduce(next(iter(navs))).identical
