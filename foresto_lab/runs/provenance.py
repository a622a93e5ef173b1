"""Where a run comes from: engine, code, packages, machine and user.

Nothing here can fail a run: what cannot be found out is left empty. The facts of a
process do not change, so they are gathered once.
"""

from __future__ import annotations

import getpass
import platform
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

from foresto_lab._version import __version__

KEY_PACKAGES = (
    "deltalake",
    "duckdb",
    "exchange-calendars",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "sqlalchemy",
    "ta-lib",
)
"""The packages that can change a number, or the form it is stored in."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The facts about this process that every run records."""

    engine_version: str
    git_commit: str | None
    packages: Mapping[str, str]
    python_version: str
    platform: str
    created_by: str

    def to_record_fields(self) -> dict[str, Any]:
        """Return the facts as the fields of a RunRecord."""
        return {
            "engine_version": self.engine_version,
            "git_commit": self.git_commit,
            "packages": self.packages,
            "created_by": self.created_by,
        }

    @staticmethod
    def new_run_id(created_at: datetime) -> str:
        """Return what the function ``new_run_id`` does."""
        return new_run_id(created_at)


def new_run_id(created_at: datetime) -> str:
    """Return a new run's id: its UTC second and six random digits.

    Ids sort by time, and a few characters of one are enough to name it.
    """
    return f"{created_at.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@cache
def collect_provenance() -> Provenance:
    """Return the provenance of this process."""
    packages = {
        "python": platform.python_version(),
        **{name: _package_version(name) for name in KEY_PACKAGES},
    }
    return Provenance(
        engine_version=__version__,
        git_commit=git_commit(Path(__file__).parents[2]),
        packages=MappingProxyType(packages),
        python_version=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        created_by=_user_name(),
    )


def _package_version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def git_commit(checkout: Path) -> str | None:
    """Return the commit that a checkout is on, read from its files without git.

    None when the folder is no checkout (an installed package), or its first commit is
    still to come. A checkout further up is somebody else's and is not looked at.
    """
    try:
        return _read_commit(checkout / ".git")
    except (OSError, UnicodeDecodeError):
        return None


def _read_commit(git: Path) -> str | None:
    if git.is_file():  # a linked worktree, or a submodule: "gitdir: PATH"
        git = git.parent / git.read_text("utf-8").removeprefix("gitdir:").strip()
    head = (git / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return head or None
    ref = head.removeprefix("ref:").strip()
    for folder in (git, _common_folder(git)):
        if (folder / ref).is_file():
            return (folder / ref).read_text("utf-8").strip() or None
    return _packed_commit(_common_folder(git) / "packed-refs", ref)


def _common_folder(git: Path) -> Path:
    pointer = git / "commondir"
    return git / pointer.read_text("utf-8").strip() if pointer.is_file() else git


def _packed_commit(packed: Path, ref: str) -> str | None:
    if not packed.is_file():
        return None
    for line in packed.read_text("utf-8").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return commit
    return None
