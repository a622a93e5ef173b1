"""nbval runs every template on the sample prices and compares every output.

What was stored by ``notebooks/refresh.py`` must come out again: texts, tables and the
points of every chart. Sanitized are ids alone (``sanitize.cfg``), never numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foresto_lab.workspace import set_up_workspace

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
SEARCHES = ("optimization", "walk_forward")
"""Their statistics count every trial made before in the workspace."""
TEMPLATES = sorted((REPOSITORY / "notebooks" / "reports").glob("*.ipynb"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nbval")
    set_up_workspace(folder)
    return folder


def run_nbval(notebook: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run nbval on one notebook in a process of its own, away from pytest's options."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--nbval",
            "--nbval-current-env",
            f"--nbval-sanitize-with={HERE / 'sanitize.cfg'}",
            "-p",
            "no:cacheprovider",
            "-q",
            "-c",
            os.devnull,
            f"--rootdir={notebook.parent}",
            str(notebook),
        ],
        env={
            **os.environ,
            "FORESTO_HOME": str(home),
            "PLOTLY_RENDERER": "plotly_mimetype",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("notebook", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_gives_its_stored_outputs(
    notebook: Path, home: Path, tmp_path: Path
) -> None:
    if notebook.stem in SEARCHES:
        home = tmp_path / "own"
        set_up_workspace(home)
    done = run_nbval(notebook, home)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.parametrize("notebook", TEMPLATES, ids=lambda path: path.stem)
def test_every_shown_cell_has_a_stored_output(notebook: Path) -> None:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert sum(bool(cell["outputs"]) for cell in code) >= len(code) - 3


def test_one_changed_digit_is_found(home: Path, tmp_path: Path) -> None:
    """The comparison compares: a digit in a table, and a point of a chart."""
    source = REPOSITORY / "notebooks" / "reports" / "data_quality.ipynb"
    text = source.read_text("utf-8")
    copy = tmp_path / "data_quality.ipynb"
    assert "18,485" in text
    copy.write_text(text.replace("18,485", "18,486"), "utf-8")
    assert run_nbval(copy, home).returncode == 1
