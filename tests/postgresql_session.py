"""The folder of a test session's PostgreSQL servers, and their end with the session.

The process that began the session ends them, or a janitor when that one was killed.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.postgresql_binaries import server_account
from tests.postgresql_processes import have_ended, remove_server

DATABASE_URL_VARIABLE = "FORESTO_TEST_DATABASE_URL"
SESSION_VARIABLE = "FORESTO_TEST_SERVERS"
REPOSITORY = Path(__file__).resolve().parents[1]
MEMORY_NEEDED = 4 * 2**30


def begin_session() -> None:
    """Let this process own the servers that it and its children start."""
    folder = _place_for_servers() / (
        f"foresto-servers-{os.getpid()}-{secrets.token_hex(4)}"
    )
    os.environ[SESSION_VARIABLE] = str(folder)
    atexit.register(_end_own_session, folder)


def session_folder() -> Path:
    """Return the folder of the session's servers; the first use makes it."""
    if SESSION_VARIABLE not in os.environ:
        begin_session()
    folder = Path(os.environ[SESSION_VARIABLE])
    with suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(0o755)
        _start_janitor(folder)
    return folder


def database_prefix() -> str:
    """Return how the names of all the session's databases begin."""
    return f"foresto_{session_folder().name.rpartition('-')[2]}_"


def end_session(folder: Path) -> None:
    """End a session's servers, drop its databases on a given one, delete its folder."""
    if not folder.is_dir():
        return
    if given := os.environ.get(DATABASE_URL_VARIABLE):
        with suppress(Exception):
            _drop_databases(given, database_prefix())
    for data in folder.glob("*/data"):
        remove_server(data.parent)
    shutil.rmtree(folder, ignore_errors=True)


def _drop_databases(url: str, prefix: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
        )
        for (name,) in names.fetchall():
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))


def _owner(folder: Path) -> int:
    return int(folder.name.split("-")[2])


def _end_own_session(folder: Path) -> None:
    if os.getpid() == _owner(folder):
        end_session(folder)


def _place_for_servers() -> Path:
    """Return a folder that every user can reach, in memory where there is plenty.

    A server is a thousand small files, which some disks take seconds to make.
    """
    memory = Path("/dev/shm")
    if _is_open(memory) and shutil.disk_usage(memory).free >= MEMORY_NEEDED:
        may_run_programs = not os.statvfs(memory).f_flag & os.ST_NOEXEC
        if may_run_programs:  # some may have to be copied there
            return memory
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if _is_open(folder := Path(name).resolve()):
            return folder
    raise RuntimeError("No folder for temporary files is open to every user.")


def _is_open(folder: Path) -> bool:
    """Tell whether the tests can write to a folder, and the server's user reach it."""
    return os.access(folder, os.W_OK | os.X_OK) and (
        server_account() is None
        or all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))
    )


_janitors: list[subprocess.Popen[bytes]] = []


def _start_janitor(folder: Path) -> None:
    """Start the process that cleans up when the session's owner could not."""
    janitor = subprocess.Popen(
        [sys.executable, "-m", "tests.postgresql_session", str(folder)],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _janitors.append(janitor)


def _clean_up_after(folder: Path) -> None:
    """Wait for the owner's end, or for its having cleaned up itself."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        owner = psutil.Process(_owner(folder))
        while folder.is_dir() and not have_ended([owner], 0):
            time.sleep(0.2)
    end_session(folder)


if __name__ == "__main__":
    _clean_up_after(Path(sys.argv[1]))
