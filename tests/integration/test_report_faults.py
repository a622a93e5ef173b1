"""Reports and batches killed in the middle leave nothing false; the next one works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from foresto_lab.workspace import set_up_workspace

BATCH = """
- report: scenario
  parameters: {scenario: MIN_VOL, start: "2020-01-02", end: "2021-12-30"}
- report: scenario
  parameters: {scenario: NOPE}
- report: scenario
  parameters: {scenario: GROWTH, start: "2020-01-02", end: "2021-12-30"}
  language: en
"""


@pytest.fixture(scope="module")
def home(either_store: str | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    set_up_workspace(folder, with_sample=True)
    return folder


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from foresto_lab.cli.main import main; main()", *words],
        env={**os.environ, "FORESTO_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def run(home: Path, *words: str) -> tuple[int, Any]:
    process = start(home, *words, "--json")
    output, _ = process.communicate(timeout=240)
    return process.returncode, json.loads(output) if output.startswith("{") else output


def wait_for(happened: Callable[[], bool], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill with no chance to clean up, and wait until its children have noticed."""
    children = descendants(process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, [child.cmdline() for child in alive]


def published(home: Path) -> list[Path]:
    return sorted((home / "reports").glob("[!.]*/*/manifest.json"))


def test_a_killed_report_leaves_nothing_and_the_next_one_works(home: Path) -> None:
    process = start(home, "report", "scenario", "-p", "scenario=DEFENSIVE")
    making = home / "reports" / ".making"
    wait_for(lambda: making.is_dir() and any(making.glob("*/kernel/*")))
    kill(process)
    assert published(home) == []
    status, report = run(home, "report", "scenario", "-p", "scenario=DEFENSIVE")
    assert status == 0
    assert Path(report["path"]).is_file()
    assert list(making.iterdir()) == []
    assert len(published(home)) == 1


def test_a_killed_batch_makes_only_what_is_missing(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "batch.yaml"
    file.write_text(BATCH, "utf-8")
    already = len(published(home))
    process = start(home, "batch", str(file), "--workers", "2")
    wait_for(lambda: any((home / "reports" / ".batches").glob("*.json")))
    kill(process)
    status, result = run(home, "batch", str(file), "--workers", "2")
    outcomes = {row["position"]: row for row in result["reports"]}
    assert status == 1
    assert "kept" in {outcomes[1]["status"], outcomes[3]["status"]}
    assert outcomes[2]["status"] == "failed"
    assert "Unknown scenario 'NOPE'" in outcomes[2]["reason"]
    assert "GROWTH" not in outcomes[2]["path"]
    before = len(published(home))
    assert before >= already + 3
    status, again = run(home, "batch", str(file))
    assert [row["status"] for row in again["reports"]] == ["kept", "failed", "kept"]
    assert len(published(home)) == before + 1  # the failing one was tried again


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("report: scenario", "list"),
        ("- {parameters: {}}", "names no report"),
        ("- {report: scenario, paramters: {}}", "Did you mean parameters"),
        ("- {report: scenario, parameters: {scenaro: X}}", "Did you mean scenario"),
        ("- {report: scenaro}", "Did you mean scenario"),
        ("- [", "Batch"),
    ],
)
def test_a_faulty_list_runs_nothing(
    home: Path, tmp_path: Path, text: str, reason: str
) -> None:
    import foresto_lab as fl
    from foresto_lab.errors import ForestoError

    file = tmp_path / "batch.yaml"
    file.write_text(
        "- {report: scenario}\n" + text if text[0] == "-" else text, "utf-8"
    )
    before = published(home)
    with pytest.raises(ForestoError, match=reason):
        fl.open_lab(home).batch(file)
    assert published(home) == before
