"""PostgreSQL's own programs: finding one that fits a server, and running it.

A program never gets the password on its command line, which every user of the machine
can read: all of the connection that libpq takes from the environment is handed over in
the environment, which only the same user can.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from foresto_lab.errors import ProgramNotFoundError

FOLDER_VARIABLE = "FORESTO_POSTGRES_BIN"
USUAL_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
"""Where Debian's and Red Hat's packages put the versions that they keep apart."""

WRAPPER = "pg_wrapper"
"""Debian's script in the programs' place, which chooses a version by itself."""

KILL_SECONDS = 5.0
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)\S*)")


@dataclass(frozen=True, slots=True)
class Program:
    """An installed program of PostgreSQL."""

    path: Path
    version: str
    major: int


def find_program(
    name: str, *, suits: Callable[[int], bool], wanted: str, best: int
) -> Program:
    """Return an installed program whose major version suits.

    Of those that do, the one whose version is ``best``, else the oldest one. Looks in
    the folder that FORESTO_POSTGRES_BIN names, else on the PATH and where packages
    put them.

    Parameters
    ----------
    wanted : str
        The versions that suit, for people: "version 16 or newer".

    Raises
    ------
    ProgramNotFoundError
        None is installed, or none that suits.
    """
    found = [p for p in map(_examine, _candidates(name)) if p is not None]
    suitable = [program for program in found if suits(program.major)]
    if suitable:
        return min(suitable, key=lambda program: (program.major != best, program.major))
    named = os.environ.get(FOLDER_VARIABLE)
    if found:
        there = " and ".join(f"{p.version} in {p.path.parent}" for p in found)
        reason = f"of {wanted} is needed; there is {there}."
    elif named:
        reason = f"is not in {named}, the folder that {FOLDER_VARIABLE} names."
    else:
        reason = "was not found on this machine."
    raise ProgramNotFoundError(
        program=name,
        reason=reason,
        fix=f"Install PostgreSQL's client programs, {wanted} (on Debian and Ubuntu the "
        f"package postgresql-client-{best}), or let {FOLDER_VARIABLE} name the folder "
        "they are in.",
    )


def _candidates(name: str) -> Iterator[Path]:
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        yield Path(named) / name
        return
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if folder and (Path(folder) / name).resolve().name != WRAPPER:
            yield Path(folder) / name
    for pattern in USUAL_FOLDERS:
        yield from Path("/").glob(f"{pattern[1:]}/{name}")


def _examine(path: Path) -> Program | None:
    """Return the program that a file is; None when it does not run."""
    if not os.access(path, os.X_OK) or path.is_dir():
        return None
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(answer)
    return Program(path, found["version"], int(found["major"])) if found else None


def connection_of(given: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a connection as an argument without secrets, and as an environment.

    The argument holds what libpq takes from no variable; the environment the rest, the
    password among it, and what this process has beside.

    Parameters
    ----------
    given : mapping
        The connection by libpq's own names.
    """
    from psycopg import pq
    from psycopg.conninfo import make_conninfo

    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar
    }
    secret = {
        option.keyword.decode()
        for option in pq.Conninfo.get_defaults()
        if b"*" in option.dispchar
    }
    environment = dict(os.environ) | {
        variables[name]: value for name, value in given.items() if name in variables
    }
    rest = {
        name: value
        for name, value in given.items()
        if name == "dbname" or (name not in variables and name not in secret)
    }
    return make_conninfo(**rest), environment


class ProgramFailedError(Exception):
    """A program ended with an error; the message is what it said, on one line."""


@contextmanager
def running(
    program: Program,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program beside the block; the end of the block waits for its end.

    When the block fails the program is ended. A program that reads from or writes to
    this process ends with it, even if this process is killed.

    Raises
    ------
    ProgramFailedError
        It did not end well.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program.path, *arguments],
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=said,
        )
        try:
            yield process
        except BrokenPipeError:
            _close(process.stdin)
            if process.wait() == 0:
                raise
        except BaseException:
            _end(process)
            raise
        finally:
            _close(process.stdout)
        _close(process.stdin)
        if process.wait() != 0:
            raise ProgramFailedError(_last_words(said, program, process.returncode))


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError):
            pipe.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(KILL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _close(process.stdin)


def _last_words(said: IO[bytes], program: Program, status: int) -> str:
    said.seek(0)
    lines = [line.strip() for line in said.read().decode(errors="replace").splitlines()]
    errors = [line for line in lines if "error:" in line or "FATAL" in line]
    words = (errors or [line for line in lines if line] or [f"status {status}"])[0]
    return words.removeprefix(f"{program.path.name}: ").removeprefix("error: ")
