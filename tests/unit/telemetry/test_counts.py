"""Counts of many processes: added up, kept when one is killed, never counted twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foresto_lab.errors import SettingsError
from foresto_lab.settings import Settings
from foresto_lab.telemetry import counts, metrics
from foresto_lab.telemetry.counts import Series, read_counts

RUNS_OF = "foresto_runs_total"
WORKER = """
import os, sys, time
from pathlib import Path
from foresto_lab.settings import Settings
from foresto_lab.telemetry.metrics import RUNS, RUN_SECONDS, configure_metrics

configure_metrics(Settings(_env_file=None), Path.cwd())
for _ in range(int(sys.argv[1])):
    RUNS.add(kind="simulation", status="completed")
    RUN_SECONDS.observe(0.2, kind="simulation")
print("counted", flush=True)
if sys.argv[2] == "wait":
    time.sleep(600)
"""


def start(folder: Path, amount: int, then: str) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(amount), then],
        env={**os.environ, "FORESTO_METRICS_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "counted\n"
    return worker


def end(worker: subprocess.Popen[str], number: int = 0) -> None:
    if number:
        worker.send_signal(number)
    worker.communicate(timeout=60)


def series(sample: str, **labels: str) -> Series:
    metric = sample.removesuffix("_total").removesuffix("_sum").removesuffix("_bucket")
    return Series(metric, sample, tuple(sorted(labels.items())))


def runs_in(folder: Path) -> float:
    counted = read_counts(folder)
    return counted.get(series(RUNS_OF, kind="simulation", status="completed"), 0.0)


def count_here(folder: Path) -> None:
    metrics.configure_metrics(Settings(_env_file=None, metrics_dir=folder), folder)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.db")}


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    worker = start(tmp_path, 2, "wait")
    yield worker
    end(worker, signal.SIGKILL)


def test_counts_of_ended_living_and_killed_processes_add_up(
    tmp_path: Path, waiting: subprocess.Popen[str]
) -> None:
    end(start(tmp_path, 3, "end"))
    killed = start(tmp_path, 5, "wait")
    end(killed, signal.SIGKILL)
    assert runs_in(tmp_path) == 2 + 3 + 5
    counted = read_counts(tmp_path)
    in_bucket = series(
        "foresto_run_duration_seconds_bucket", kind="simulation", le="0.25"
    )
    total = series("foresto_run_duration_seconds_sum", kind="simulation")
    assert counted[in_bucket] == 10
    assert counted[total] == pytest.approx(2.0)
    assert len(files(tmp_path)) == 2  # those of the living one


def test_reading_again_counts_nothing_twice(
    tmp_path: Path, waiting: subprocess.Popen[str]
) -> None:
    end(start(tmp_path, 3, "end"))
    assert [runs_in(tmp_path) for _ in range(3)] == [5, 5, 5]
    end(waiting, signal.SIGKILL)
    assert [runs_in(tmp_path) for _ in range(3)] == [5, 5, 5]
    assert files(tmp_path) == set()


@pytest.mark.parametrize("step", ["before the rename", "before the files are removed"])
def test_a_merge_that_is_cut_short_counts_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    end(start(tmp_path, 3, "end"))

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if step == "before the rename":
            patch.setattr(counts.os, "replace", stop)
        else:
            patch.setattr(counts.Path, "unlink", stop)
        with pytest.raises(KeyboardInterrupt):
            read_counts(tmp_path)
    assert len(files(tmp_path)) == 2
    assert runs_in(tmp_path) == 3
    assert files(tmp_path) == set()
    assert runs_in(tmp_path) == 3


def test_prometheus_clients_own_collector_reads_the_files(
    tmp_path: Path, waiting: subprocess.Popen[str]
) -> None:
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(tmp_path))
    labels = {"kind": "simulation", "status": "completed"}
    assert registry.get_sample_value(RUNS_OF, labels) == 2
    bucket = {"kind": "simulation", "le": "0.25"}
    name = "foresto_run_duration_seconds_bucket"
    assert registry.get_sample_value(name, bucket) == 2


def test_a_forked_child_counts_for_itself(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from foresto_lab.settings import Settings
from foresto_lab.telemetry.metrics import RUNS, configure_metrics

configure_metrics(Settings(_env_file=None), Path.cwd())
RUNS.add(kind="simulation", status="completed")
child = os.fork()
for _ in range(10 if child else 100):
    RUNS.add(kind="simulation", status="completed")
if child:
    assert os.waitpid(child, 0)[1] == 0
else:
    os._exit(0)
"""
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FORESTO_METRICS_DIR": str(tmp_path)},
        check=True,
    )
    assert runs_in(tmp_path) == 111


def test_threads_lose_no_count(tmp_path: Path) -> None:
    count_here(tmp_path)

    def count() -> None:
        for _ in range(500):
            metrics.RUNS.add(kind="simulation", status="completed")

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert runs_in(tmp_path) == 3000


def test_a_process_that_counts_nothing_leaves_no_file(tmp_path: Path) -> None:
    count_here(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_off_is_off(tmp_path: Path) -> None:
    metrics.RUNS.add(kind="simulation", status="completed")
    metrics.RUN_SECONDS.observe(1.0, kind="simulation")
    assert list(tmp_path.iterdir()) == []


def test_an_undeclared_label_is_a_fault_at_once(tmp_path: Path) -> None:
    count_here(tmp_path)
    with pytest.raises(KeyError):
        metrics.RUNS.add(kind="simulation")


def test_many_files_of_the_dead_are_merged_by_the_next_to_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(start(tmp_path, 1, "end"))
    end(start(tmp_path, 1, "end"))
    monkeypatch.setattr(counts, "MOST_FILES", 3)
    count_here(tmp_path)
    metrics.RUNS.add(kind="simulation", status="completed")
    assert len(files(tmp_path)) == 2
    assert runs_in(tmp_path) == 3


def test_a_damaged_file_takes_only_its_own_counts(tmp_path: Path) -> None:
    end(start(tmp_path, 3, "end"))
    (tmp_path / "counter_1-damaged.db").write_bytes(b"\xff" * 100)
    (tmp_path / "counter_2-empty.db").write_bytes(b"")
    assert runs_in(tmp_path) == 3


def test_a_damaged_merged_file_is_set_aside(tmp_path: Path) -> None:
    end(start(tmp_path, 3, "end"))
    (tmp_path / "merged.json").write_text('{"contains": [')
    assert runs_in(tmp_path) == 3
    assert (tmp_path / "merged.damaged").read_text() == '{"contains": ['


def test_the_merged_file_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    """A newer version's metrics survive an older one's merge."""
    content: dict[str, Any] = {
        "contains": [],
        "values": [["foresto_new", "foresto_new_total", [["a", "b"]], 4.0]],
    }
    (tmp_path / "merged.json").write_text(json.dumps(content))
    end(start(tmp_path, 3, "end"))
    assert read_counts(tmp_path)[series("foresto_new_total", a="b")] == 4
    assert read_counts(tmp_path)[series("foresto_new_total", a="b")] == 4


def test_a_full_disk_loses_counts_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_space(_: Path) -> None:
        raise OSError(28, "No space left on device")

    count_here(tmp_path)
    monkeypatch.setattr(counts, "_create", no_space)
    metrics.RUNS.add(kind="simulation", status="completed")
    metrics.RUNS.add(kind="simulation", status="completed")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "No space left on device" in said[0]


def test_the_folder_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SettingsError, match=r"FORESTO_METRICS_DIR.*taken"):
        count_here(tmp_path / "taken")


def test_a_relative_folder_lies_in_the_workspace(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, metrics_dir="data/metrics")
    metrics.configure_metrics(settings, tmp_path)
    assert (tmp_path / "data" / "metrics").is_dir()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_counts(tmp_path / "none") == {}
