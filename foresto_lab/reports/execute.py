"""Execute a template with papermill, in a kernel of this interpreter."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.reports.kernel import (
    KERNEL_NAME,
    kernel_environment,
    report_kernel,
)

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.reports.templates import Template

_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class CellFailure:
    """Why an execution stopped: the error's name and sentence, its traceback."""

    name: str
    sentence: str
    traceback: str
    known: bool
    """Whether it is an error that foresto_lab explains, not one of its own making."""

    @property
    def reason(self) -> str:
        """The sentence to show: a ForestoError's own, else with the error's name."""
        return self.sentence if self.known else f"{self.name}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Execution:
    """An executed notebook, and the failure that stopped it, if any."""

    notebook: Any
    failure: CellFailure | None


def execute_template(
    lab: Lab,
    template: Template,
    parameters: Mapping[str, Any] | None,
    *,
    scratch: Path,
    progress: bool = False,
) -> Execution:
    """Run a template's cells with these parameters and return the notebook.

    The kernel starts, and what the page needs is imported, while papermill is.

    Parameters
    ----------
    parameters : mapping or None
        None runs the template as it stands.
    scratch : Path
        An existing folder for the kernel's own files.
    progress : bool
        Show papermill's progress bar.
    """
    with report_kernel(kernel_environment(lab, scratch)) as kernel:
        notebook = _parameterize(template, parameters)
        threading.Thread(target=_prepare_page, daemon=True).start()
        _execute(notebook, kernel, progress={"desc": template.name} if progress else {})
    return Execution(notebook, find_failure(notebook))


def _parameterize(template: Template, parameters: Mapping[str, Any] | None) -> Any:
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    notebook = load_notebook_node(str(template.path))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.kernelspec = {
        "display_name": "Python 3",
        "language": "python",
        "name": KERNEL_NAME,
    }
    if parameters is None:
        return notebook
    return parameterize_notebook(
        notebook,
        dict(parameters),
        report_mode=True,
        kernel_name=KERNEL_NAME,
        language="python",
    )


def _execute(
    notebook: Any, kernel: Future[Any], *, progress: Mapping[str, Any]
) -> None:
    """Run the cells in order, up to the first that fails; then stop the kernel."""
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine

    class ReportEngine(NBClientEngine):  # type: ignore[misc]
        """papermill's engine on a kernel that is started already."""

        @classmethod
        def execute_managed_notebook(
            cls, nb_man: Any, kernel_name: str, **_: Any
        ) -> Any:
            client = PapermillNotebookClient(
                nb_man,
                km=kernel.result(),
                kernel_name=kernel_name,
                startup_timeout=60,
                shutdown_kernel="immediate",
            )
            client.owns_km = True  # it closes the channels and stops the kernel
            return client.execute()

    ReportEngine.execute_notebook(
        notebook, KERNEL_NAME, progress_bar=dict(progress) or False
    )


def _prepare_page() -> None:
    """Get ready what rendering needs; a fault shows when it is used."""
    try:
        import nbconvert.exporters.templateexporter  # noqa: F401
        import plotly.offline  # noqa: F401

        import foresto_lab.reports.page  # noqa: F401
        from foresto_lab.reports.font import alphabet, font_subset

        font_subset(alphabet())
    except Exception:
        return


def find_failure(notebook: Any) -> CellFailure | None:
    """Return the first error among the outputs of an executed notebook."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return _describe(output)
        if cell.metadata.get("papermill", {}).get("exception"):
            return CellFailure(
                "KernelDied", "the kernel stopped in the middle of a cell.", "", False
            )
    return None


def _describe(output: Any) -> CellFailure:
    from foresto_lab import errors

    kind = getattr(errors, output.ename, None)
    known = isinstance(kind, type) and issubclass(kind, errors.ForestoError)
    return CellFailure(
        name=str(output.ename),
        sentence=strip_ansi(str(output.evalue)).strip(),
        traceback=strip_ansi("\n".join(output.traceback)),
        known=known,
    )


def strip_ansi(text: str) -> str:
    """Return a text without its terminal colours."""
    return _ANSI.sub("", text)
