"""Importing the package loads none of the heavy libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = "talib pandas numba redis plotly"


@pytest.mark.parametrize(
    "module", ["foresto_lab.indicators", "foresto_lab.cli.indicators"]
)
def test_heavy_libraries_wait_until_they_are_needed(module: str) -> None:
    code = f"import sys, {module}; print(*set({HEAVY.split()!r}) & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
