"""Run the report templates on the sample prices and store their outputs.

    python notebooks/refresh.py [NAME ...]

The stored outputs are what the tests compare a new run with. Run this after a template
or a figure changed, look at what changed in the outputs, and commit both. A template
whose source changed needs a new version in its metadata first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from foresto_lab.lab import Lab, open_lab
from foresto_lab.reports.execute import execute_template
from foresto_lab.reports.templates import read_template
from foresto_lab.reports.versions import notebook_text, record_versions
from foresto_lab.workspace import set_up_workspace

NOTEBOOKS = Path(__file__).resolve().parent


def main() -> None:
    """Record versions, then run each template and store its outputs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="templates; all by default")
    names = parser.parse_args().names
    record_versions(NOTEBOOKS)
    for path in sorted((NOTEBOOKS / "reports").glob("*.ipynb")):
        if names and path.stem not in names:
            continue
        # a search counts what was tried before it: each has a workspace of its own
        with tempfile.TemporaryDirectory(prefix="foresto-refresh-") as folder:
            set_up_workspace(Path(folder))
            refresh(open_lab(folder), path)
        sys.stdout.write(f"{path.name} refreshed\n")


def refresh(lab: Lab, path: Path) -> None:
    """Run one template as it stands and store its outputs in it."""
    with tempfile.TemporaryDirectory(prefix="foresto-kernel-") as scratch:
        template = read_template(path)
        execution = execute_template(lab, template, None, scratch=Path(scratch))
    if execution.failure is not None:
        sys.exit(f"{path.name}: {execution.failure.reason}")
    notebook = json.loads(path.read_text("utf-8"))
    for stored, run in zip(notebook["cells"], execution.notebook.cells, strict=True):
        if stored["cell_type"] == "code":
            stored["outputs"] = [strip_facts(output) for output in run.outputs]
            stored["execution_count"] = run.execution_count
    path.write_text(notebook_text(notebook), "utf-8")


def strip_facts(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output without the facts of the run that made it."""
    return {**output, "metadata": {}} if "metadata" in output else dict(output)


if __name__ == "__main__":
    main()
