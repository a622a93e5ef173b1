"""The processes of a PostgreSQL server, found by its data folder: ask, end, kill."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

PATIENCE_SECONDS = 60


def find_postmaster(data: Path) -> psutil.Process | None:
    """Return the running server of a data folder, None when there is none."""
    import psutil

    try:
        number = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(number)
        ours = str(data.resolve()) in process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return process if ours else None


def end_server(
    data: Path, how: signal.Signals, *, seconds: float = PATIENCE_SECONDS
) -> None:
    """Ask a server to end, and kill it when it does not in time."""
    import psutil

    postmaster = find_postmaster(data)
    if postmaster is None:
        return
    with suppress(psutil.NoSuchProcess):
        postmaster.send_signal(how)
    if not have_ended([postmaster], seconds):
        kill_server(data)


def kill_server(data: Path) -> None:
    """Kill a server and its children, and wait until they are gone."""
    import psutil

    postmaster = find_postmaster(data)
    if postmaster is None:
        return
    with suppress(psutil.NoSuchProcess):
        postmaster.suspend()  # so that it starts no more children
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if not have_ended(family, PATIENCE_SECONDS):
            raise RuntimeError(f"Processes of the server in {data} cannot be killed.")


def have_ended(processes: list[psutil.Process], seconds: float) -> bool:
    """Wait for processes; one that nobody asks how it ended has ended too."""
    import psutil

    def ended(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        return True

    until = time.monotonic() + seconds
    while not all(map(ended, processes)):
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def remove_server(folder: Path) -> None:
    """End a server at once and delete its folder; what a link leads to stays."""
    end_server(folder / "data", signal.SIGQUIT, seconds=5)
    _release_shared_memory(folder / "data")
    if not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)


def _release_shared_memory(data: Path) -> None:
    """Release the segment by which a killed server would have known its successor."""
    with suppress(OSError, IndexError):
        segment = (data / "postmaster.pid").read_text().splitlines()[6].split()[1]
        subprocess.run(["ipcrm", "-m", segment], capture_output=True, check=False)
