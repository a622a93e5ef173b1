"""Reports made by workers: one that is lost in the middle loses no report."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

import foresto_lab as fl
from foresto_lab.cluster import DaskExecutor
from foresto_lab.workspace import set_up_workspace

pytestmark = pytest.mark.slow

BATCH = """
- report: scenario
  parameters: {scenario: MIN_VOL, start: "2021-01-04", end: "2021-12-30"}
- report: scenario
  parameters: {scenario: NOPE}
- report: scenario
  parameters: {scenario: GROWTH, start: "2021-01-04", end: "2021-12-30"}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> fl.Lab:
    home = tmp_path_factory.mktemp("workers")
    set_up_workspace(home, with_sample=True)
    return fl.open_lab(home)


def kill_the_first_at_work(home: Path, workers: tuple[int, ...]) -> None:
    """Kill a worker once it has a report under way."""
    making = home / "reports" / ".making"
    end = time.monotonic() + 300
    while time.monotonic() < end:
        at_work = [pid for pid in workers if psutil.Process(pid).children()]
        if at_work and any(making.glob("*/kernel/*")):
            os.kill(at_work[0], signal.SIGKILL)
            return
        time.sleep(0.05)


def test_a_scheduler_makes_the_reports_though_a_worker_is_killed(
    lab: fl.Lab, tmp_path: Path
) -> None:
    file = tmp_path / "batch.yaml"
    file.write_text(BATCH, "utf-8")
    with DaskExecutor(workers=2) as started:
        local = started._connection.local
        assert local is not None
        killer = threading.Thread(
            target=kill_the_first_at_work, args=(lab.home, local.processes)
        )
        killer.start()
        result = lab.batch(file, dask=started.address)
        killer.join()
    first, second, third = result.outcomes
    assert (first.status, second.status, third.status) == (
        "completed",
        "failed",
        "completed",
    )
    assert "Unknown scenario 'NOPE'" in second.reason
    for made in (first, third):
        assert Path(lab.home, made.path).is_file()
    again = lab.batch(file)
    assert [outcome.status for outcome in again.outcomes] == ["kept", "failed", "kept"]
