"""Workers of this machine: processes of one thread, and a scheduler for them.

A worker that ends is started again. All end with this process, however it ends.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
_WATCH_SECONDS: Final = 0.2
_END_SECONDS: Final = 10.0
_ONE_THREAD: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


class LocalWorkers:
    """A scheduler in this process, and worker processes that belong to it.

    Parameters
    ----------
    count : int
        Processes, one thread each.
    show_errors : bool
        Whether they write to this process's standard error, or each to a file.
    """

    def __init__(self, count: int, *, show_errors: bool = False) -> None:
        self.count = count
        self._show_errors = show_errors
        self._folder = tempfile.TemporaryDirectory(prefix="foresto-workers-")
        self._scheduler = _start_scheduler()
        self.address: str = self._scheduler.scheduler_address
        self._closing = threading.Event()
        self._started = 0
        self._processes = [self._start() for _ in range(count)]
        self._watch = threading.Thread(
            target=self._keep_up, name="foresto-workers", daemon=True
        )
        self._watch.start()
        atexit.register(self.close)

    @property
    def processes(self) -> tuple[int, ...]:
        """The process ids of the workers."""
        return tuple(process.pid for process in self._processes)

    def close(self) -> None:
        """End the workers and the scheduler; nothing of them stays."""
        if self._closing.is_set():
            return
        self._closing.set()
        atexit.unregister(self.close)
        self._watch.join(timeout=_END_SECONDS)
        for process in self._processes:
            _end(process)
        self._scheduler.close()
        self._folder.cleanup()

    def last_words(self) -> str:
        """Return the end of what the last worker wrote to standard error."""
        logs = sorted(Path(self._folder.name).glob("*.log"), key=os.path.getmtime)
        lines = logs[-1].read_text("utf-8", "replace").split("\n") if logs else []
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:300] if said else ""

    def _keep_up(self) -> None:
        """Start a worker again when it has ended, until all are to end."""
        while not self._closing.wait(_WATCH_SECONDS):
            for place, process in enumerate(self._processes):
                if process.poll() is not None and not self._closing.is_set():
                    _let_go(process)
                    self._processes[place] = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self._started += 1
        name = f"worker-{self._started}"
        log = Path(self._folder.name) / f"{name}.log"
        command = [sys.executable, "-m", "foresto_lab.cluster.worker", self.address]
        command += [name, self._folder.name, str(memory_limit(self.count))]
        with log.open("wb") as said:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # closed with this process: workers end then
                stdout=said,
                stderr=None if self._show_errors else said,
                env=_environment(),
                start_new_session=True,  # an interrupt of this process is not theirs
            )


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_limit(count: int) -> int:
    """Return the bytes above which a worker is held back: its share, 2 GB at least.

    A worker itself needs a quarter of a gigabyte, whatever it works on.
    """
    import psutil

    return max(psutil.virtual_memory().total // count, 2 * 2**30)


def _start_scheduler() -> Any:
    import logging

    from distributed import Scheduler, SpecCluster

    from foresto_lab.cluster.connection import quiet

    options = {"host": HOST, "port": 0, "dashboard": False, "dashboard_address": None}
    with quiet():
        return SpecCluster(
            workers={},
            scheduler={"cls": Scheduler, "options": options},
            silence_logs=logging.CRITICAL,
            name="foresto",
        )


def _environment() -> dict[str, str]:
    """Return the environment of a worker: one thread, and modules found as here."""
    paths = [path or os.getcwd() for path in sys.path]
    return {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(timeout=_END_SECONDS)
    _let_go(process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
