"""Versions of notebooks: a changed source must carry a new version.

``notebooks/versions.json`` holds the checksum of every version of every notebook.
``python -m foresto_lab.reports.versions`` in a checkout writes the checksums of new
versions there and into the notebooks' metadata; it refuses a source that changed under
a version which is already recorded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from foresto_lab.errors import TemplateError
from foresto_lab.reports.templates import source_checksum

VERSIONS: Final = "versions.json"


def notebook_paths(folder: Path) -> list[Path]:
    """Return the notebooks under a folder, those of the two kinds, by name."""
    return sorted([*folder.glob("explore/*.ipynb"), *folder.glob("reports/*.ipynb")])


def check_versions(folder: Path) -> list[str]:
    """Return a sentence for each notebook whose version does not name its source."""
    recorded = _recorded(folder)
    complaints = []
    for path in notebook_paths(folder):
        complaint = _complaint(path, recorded)
        if complaint:
            complaints.append(complaint)
    return complaints


def _complaint(path: Path, recorded: Mapping[str, Mapping[str, str]]) -> str | None:
    notebook = json.loads(path.read_text("utf-8"))
    identity = notebook["metadata"].get("foresto", {})
    name, version = identity.get("name"), identity.get("version")
    checksum = source_checksum(notebook)
    known = recorded.get(str(name), {}).get(str(version))
    if name != path.stem or not version:
        return f"{path.name}: its metadata must hold its name and version."
    if known is None:
        return f"{path.name}: version {version} is not in {VERSIONS} yet; record it."
    if known != checksum:
        return (
            f"{path.name}: the source changed but its version is still {version}; "
            "raise the version and record it."
        )
    if identity.get("checksum") != checksum:
        return f"{path.name}: the checksum in its metadata is not its source's."
    return None


def record_versions(folder: Path) -> list[str]:
    """Record new versions and stamp the notebooks; return the names of those changed.

    Raises
    ------
    TemplateError
        A source changed while its version stayed; nothing was written.
    """
    recorded = _recorded(folder)
    stamped: dict[Path, str] = {}
    for path in notebook_paths(folder):
        notebook = json.loads(path.read_text("utf-8"))
        identity = notebook["metadata"].get("foresto", {})
        checksum = source_checksum(notebook)
        versions = recorded.setdefault(path.stem, {})
        version = str(identity.get("version", ""))
        if versions.setdefault(version, checksum) != checksum or not version:
            raise TemplateError(
                template=path.name,
                reason=f"its source changed under version {version!r}. Raise the "
                "version in its metadata.",
            )
        wanted = {"name": path.stem, "version": version, "checksum": checksum}
        if identity != wanted:
            notebook["metadata"]["foresto"] = wanted
            stamped[path] = notebook_text(notebook)
    for path, text in stamped.items():
        path.write_text(text, "utf-8")
    listing = json.dumps(recorded, indent=2, sort_keys=True) + "\n"
    (folder / VERSIONS).write_text(listing, "utf-8")
    return [path.name for path in stamped]


def notebook_text(notebook: Mapping[str, Any]) -> str:
    """Return a notebook as it is stored."""
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _recorded(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / VERSIONS
    if not path.is_file():
        return {}
    recorded: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return recorded


if __name__ == "__main__":
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "notebooks")
    for name in record_versions(root):
        sys.stdout.write(f"{name} recorded\n")
