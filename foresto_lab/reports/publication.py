"""Where a report is put: written apart, then moved into its place whole.

``HOME/reports/<kind>/<id>/{report.ipynb, report.html, manifest.json}``. Whatever kills
a process in between leaves a folder under ``.making`` and nothing else; such folders
of processes that are gone are removed by the next report.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from foresto_lab.errors import DiskFullError, WorkspaceReadOnlyError

PAGE: Final = "report.html"
NOTEBOOK: Final = "report.ipynb"
MANIFEST: Final = "manifest.json"
_MAKING: Final = ".making"


def reports_folder(home: Path) -> Path:
    """Return the folder of a workspace's reports."""
    return home / "reports"


@contextmanager
def making(home: Path, report_id: str) -> Iterator[Path]:
    """Yield an empty folder to make a report in; it is gone afterwards.

    Raises
    ------
    WorkspaceReadOnlyError, DiskFullError
        The workspace cannot be written.
    """
    workshop = reports_folder(home) / _MAKING
    folder = workshop / f"{report_id}.{os.getpid()}"
    with writing(workshop):
        workshop.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(workshop)
        folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn the system's refusals to write into sentences."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(path=str(place)) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise WorkspaceReadOnlyError(
                path=str(place), reason=os.strerror(error.errno)
            ) from error
        raise


def write_flushed(path: Path, text: str) -> None:
    """Write a file and wait until the disk has it."""
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def publish(
    home: Path,
    made_in: Path,
    *,
    notebook: str,
    page: str,
    manifest: Mapping[str, Any],
) -> Path:
    """Write a report's three files and move them into their place; return it."""
    ready = made_in / "report"
    place = reports_folder(home) / str(manifest["kind"]) / str(manifest["report_id"])
    with writing(place):
        ready.mkdir()
        write_flushed(ready / NOTEBOOK, notebook)
        write_flushed(ready / PAGE, page)
        write_flushed(ready / MANIFEST, manifest_text(manifest))
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(ready, place)
    return place


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as it stands in its file."""
    return json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def read_manifests(home: Path) -> list[dict[str, Any]]:
    """Return the manifests of all published reports, newest first."""
    manifests = []
    for path in reports_folder(home).glob(f"[!.]*/*/{MANIFEST}"):
        try:
            manifest = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(manifest, dict) and {"kind", "report_id"} <= manifest.keys():
            manifests.append(manifest)
    return sorted(manifests, key=lambda m: (m["created_at"], m["report_id"]))[::-1]


def _remove_abandoned(workshop: Path) -> None:
    """Remove what processes that are gone left unfinished."""
    import psutil

    for folder in workshop.iterdir():
        owner = folder.suffix.removeprefix(".")
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
