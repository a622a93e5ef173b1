"""The kernel of a report: this very interpreter, alone, gone when its parent is.

A kernel spec found by name may be of another Python (one installed for the user wins
over the environment's own), so the command is stated here. The workspace and the
database's URL reach the kernel by its environment and so no notebook.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.telemetry import get_logger, in_this_context
from foresto_lab.telemetry.context import bound_facts
from foresto_lab.telemetry.logs import handed_on

if TYPE_CHECKING:
    from foresto_lab.lab import Lab

KERNEL_NAME: Final = "python3"
_PRELOAD: Final = "import foresto_lab.reports.preload as _"

log = get_logger(__name__)


def kernel_environment(lab: Lab, scratch: Path) -> dict[str, str]:
    """Return what a report's kernel gets by environment, beside what is there.

    ``scratch`` takes IPython's own files, so that nobody's start-up code or history
    enters a report.
    """
    environment = {
        "FORESTO_HOME": str(lab.home),
        "PLOTLY_RENDERER": "plotly_mimetype",
        "IPYTHONDIR": str(scratch),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    url = lab.settings.database_url
    if url is not None:
        environment["FORESTO_DATABASE_URL"] = url.get_secret_value()
    return environment


@contextmanager
def report_kernel(environment: Mapping[str, str]) -> Iterator[Future[Any]]:
    """Start a kernel in the background; yield the future of its manager.

    Afterwards the kernel is gone, whoever stopped it.
    """
    started: Future[Any] = Future()
    with tempfile.TemporaryDirectory(prefix="foresto-") as sockets:
        arguments = (environment, Path(sockets), started)
        start = in_this_context(_start)
        threading.Thread(target=start, args=arguments, daemon=True).start()
        try:
            yield started
        finally:
            _run_apart(_stop, started.result())


def _start(environment: Mapping[str, str], sockets: Path, started: Future[Any]) -> None:
    try:
        with _log_descriptor() as descriptor:
            facts = {k: v for k, v in bound_facts().items() if k != "run_id"}
            told = {**environment, **handed_on(descriptor, **facts)}
            manager = _new_kernel(told, sockets)
            kept_open = {} if descriptor is None else {"pass_fds": (descriptor,)}
            asyncio.run(manager.start_kernel(cwd=os.getcwd(), **kept_open))
        log.debug("kernel started")
        started.set_result(manager)
    except BaseException as error:
        started.set_exception(error)


@contextmanager
def _log_descriptor() -> Iterator[int | None]:
    """Give this process's standard error as a file that the kernel can be handed.

    What the kernel writes to its own becomes part of the notebook.
    """
    if os.name != "posix":
        yield None
        return
    try:
        descriptor = os.dup(2)
    except OSError:  # it is closed
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _new_kernel(environment: Mapping[str, str], sockets: Path) -> Any:
    """Return a manager whose kernel is ``sys.executable`` and no other.

    They talk through files that only this user can open, not through ports. A kernel
    spec's ``$NAME`` would be filled in; the values here are meant as they are.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    manager = AsyncKernelManager(
        kernel_name=KERNEL_NAME, connection_file=str(sockets / "kernel.json")
    )
    if os.name == "posix":
        manager.transport, manager.ip = "ipc", str(sockets / "kernel")
    manager._kernel_spec = KernelSpec(
        argv=[
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "--HistoryManager.enabled=False",
            f"--IPKernelApp.exec_lines={_PRELOAD}",
            "-f",
            "{connection_file}",
        ],
        env={name: value.replace("$", "$$") for name, value in environment.items()},
        display_name="Python 3",
        language="python",
    )
    return manager


async def _stop(manager: Any) -> None:
    if not manager.has_kernel:
        return
    await manager.shutdown_kernel(now=True)
    await manager.cleanup_resources()


def _run_apart(work: Any, manager: Any) -> None:
    """Run async work to its end in a thread of its own: a loop may be running here."""
    thread = threading.Thread(target=lambda: asyncio.run(work(manager)))
    thread.start()
    thread.join()
