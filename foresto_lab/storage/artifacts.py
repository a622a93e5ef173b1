"""The folders of runs: what a completed run computed, never changed afterwards.

``runs/<run_id>/`` holds one Parquet file per table and ``manifest.json`` with the
summary and the SHA-256 of every file; the catalog holds the manifest's. A folder is
staged under ``.incoming``, flushed to the disk, and then appears under its name at
once. A folder to be deleted goes to ``.trash`` at once, and then piece by piece.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import CorruptStoreError, InputError
from foresto_lab.runs.record import RunArtifacts
from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.values import from_json_value, to_json_value

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,39}")
TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class RunFolders:
    """The folders under one root; see the module's text."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / ".incoming"
        self._trash = root / ".trash"

    def create(self) -> None:
        """Create the folders that hold the others."""
        for folder in (self.root, self._incoming, self._trash):
            folder.mkdir(parents=True, exist_ok=True)

    def folder(self, run_id: str) -> Path:
        """Return where a run's artifacts are, or would be."""
        return self.root / run_id

    # --- write ------------------------------------------------------------------------

    def stage(self, run_id: str, artifacts: RunArtifacts) -> tuple[Path, str]:
        """Write artifacts where nobody reads; return the folder and its checksum."""
        contents = {
            _file_name(name): _table_content(table)
            for name, table in artifacts.tables.items()
        }
        manifest = _manifest(run_id, contents, artifacts.summary)
        staged = self._incoming / _marked(run_id)
        with storage_faults(staged):
            self._incoming.mkdir(parents=True, exist_ok=True)
            staged.mkdir()
            try:
                for name, content in {**contents, MANIFEST: manifest}.items():
                    write_flushed(staged / name, content)
                flush_folder(staged)
            except BaseException:
                remove_tree(staged)
                raise
        return staged, _sha256(manifest)

    def publish(self, staged: Path, run_id: str) -> None:
        """Let a staged folder appear under its run's id."""
        with storage_faults(staged):
            os.replace(staged, self.folder(run_id))
            flush_folder(self.root)

    def discard(self, run_id: str) -> Path | None:
        """Take a run's folder out of sight; return where it is, to be removed."""
        folder = self.folder(run_id)
        discarded = self._trash / _marked(run_id)
        with storage_faults(folder):
            self._trash.mkdir(parents=True, exist_ok=True)
            try:
                os.replace(folder, discarded)
            except FileNotFoundError:
                return None
            flush_folder(self.root)
        return discarded

    def restore(self, discarded: Path) -> None:
        """Put a discarded folder back, unless somebody has done so."""
        with storage_faults(discarded), suppress(FileNotFoundError):
            os.replace(discarded, self.folder(run_of(discarded)))

    def staged(self) -> tuple[Path, ...]:
        """Return the staged folders, of runs under way or of killed processes."""
        return tuple(_entries(self._incoming))

    def discarded(self) -> tuple[Path, ...]:
        """Return the discarded folders that are still there."""
        return tuple(_entries(self._trash))

    def run_ids(self) -> tuple[str, ...]:
        """Return the runs that have a folder here."""
        return tuple(
            entry.name
            for entry in _entries(self.root)
            if entry.is_dir() and not entry.name.startswith(".")
        )

    # --- read -------------------------------------------------------------------------

    def present(self, run_id: str) -> bool:
        """Return whether every file of a run is there."""
        folder = self.folder(run_id)
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            return all((folder / name).is_file() for name in manifest["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def load(self, run_id: str, checksum: str) -> RunArtifacts:
        """Return a run's artifacts, every byte of them checked.

        Raises
        ------
        CorruptStoreError
            A file is missing or is not what was written.
        """
        from foresto_lab.storage.tables import table_from_bytes

        folder = self.folder(run_id)
        manifest = json.loads(_read_checked(folder / MANIFEST, checksum, run_id))
        tables = {
            name.removesuffix(".parquet"): table_from_bytes(
                _read_checked(folder / name, expected, run_id)
            )
            for name, expected in manifest["files"].items()
        }
        return RunArtifacts(tables, from_json_value(manifest["summary"]))


def run_of(marked: Path) -> str:
    """Return the run that a staged or discarded folder belongs to."""
    return marked.name.rpartition(".")[0]


def remove_tree(folder: Path) -> None:
    """Remove a folder that nobody reads; what stays is removed another time."""
    shutil.rmtree(folder, ignore_errors=True)


def _marked(run_id: str) -> str:
    return f"{run_id}.{secrets.token_hex(4)}"


def _entries(folder: Path) -> Iterator[Path]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    yield from (folder / name for name in sorted(names))


def _file_name(table: str) -> str:
    if not TABLE_NAME.fullmatch(table):
        raise InputError(
            message=f"Table {table!r} cannot be stored: its name becomes a file's. Use "
            "lower-case letters, digits and underscores, a letter first."
        )
    return f"{table}.parquet"


def _table_content(table: pd.DataFrame) -> bytes:
    from foresto_lab.storage.tables import table_to_bytes

    return table_to_bytes(table)


def _manifest(
    run_id: str, contents: Mapping[str, bytes], summary: Mapping[str, Any]
) -> bytes:
    manifest = {
        "run_id": run_id,
        "files": {name: _sha256(content) for name, content in contents.items()},
        "summary": to_json_value(summary),
    }
    text = json.dumps(manifest, ensure_ascii=False, allow_nan=False, indent=1)
    return text.encode("utf-8")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_flushed(path: Path, content: bytes) -> None:
    """Write a new file that outlives a loss of power."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Let the names in a folder outlive a loss of power."""
    if os.name == "nt":  # Windows flushes no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_checked(path: Path, expected: str, run_id: str) -> bytes:
    fix = f"Delete the run (`foresto runs delete {run_id}`) and run it again."
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CorruptStoreError(path=path, reason="it is missing.", fix=fix) from None
    if _sha256(content) != expected:
        reason = "its SHA-256 is not the one that was recorded."
        raise CorruptStoreError(path=path, reason=reason, fix=fix)
    return content
