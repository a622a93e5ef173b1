"""Ctrl-C in a real process: whatever the moment, there is a result, and it says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import foresto_lab as fl

SCRIPT = """
import foresto_lab as fl
from tests.unit.optimize.searched import GRID, SlowHill

hill = SlowHill(seconds=0.01, before=lambda asked: asked or print("begun", flush=True))
space = {"x": (0.0, 20.0), "y": (0.0, 10.0)}
found = fl.optimize(
    None, hill, space, "random", trials=10**6, patience=None, time_limit=120
)
print(found.status, found.evaluated, len(found.trials), found.is_partial, flush=True)
codes = {finding.code for finding in found.findings}
print("SEARCH_STOPPED" in codes, bool(found.best))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are of POSIX")
@pytest.mark.parametrize("after", [0.0, 0.237, 1.1])
def test_an_interrupt_gives_what_was_found(after: float) -> None:
    root = Path(fl.__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=180)
    status, evaluated, rows, partial = said.splitlines()[0].split()
    assert (status, partial) == ("cancelled", "True")
    assert 0 <= int(rows) <= int(evaluated)
    if int(evaluated):
        assert said.splitlines()[1] == "True True"
