"""Explorer notebooks: stored without outputs, and every cell runs (nbval, lax)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foresto_lab.workspace import set_up_workspace
from foresto_lab.workspace_files import explorer_notebooks


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("notebooks") / "workspace"
    set_up_workspace(home)
    return home


@pytest.mark.parametrize("notebook", explorer_notebooks(), ids=lambda path: path.stem)
def test_an_explorer_is_stored_without_outputs(notebook: Path) -> None:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] for cell in code)
    assert all(cell["execution_count"] is None for cell in code)


@pytest.mark.parametrize("name", [path.name for path in explorer_notebooks()])
def test_every_cell_of_an_explorer_runs(workspace: Path, name: str) -> None:
    notebook = workspace / "notebooks" / "explore" / name
    arguments = ["--nbval-lax", "-p", "no:cacheprovider", "-c", os.devnull, "-q"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--rootdir", str(workspace), name],
        cwd=notebook.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-1000:]
