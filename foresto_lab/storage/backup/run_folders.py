"""Copying the folders of completed runs while others complete and delete runs."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from foresto_lab.storage.artifacts import MANIFEST
from foresto_lab.storage.backup.files import FileFacts, copy_file


@dataclass(frozen=True, slots=True)
class CompletedRun:
    """What the catalog says of a completed run's folder."""

    checksum: str
    is_cleaned_up: bool
    """Whether the folder may lack what was in it, as its time is over."""


def completed_runs(catalog: Path) -> dict[str, CompletedRun]:
    """Return the completed runs of a catalog's copy by their ids."""
    with closing(sqlite3.connect(catalog)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute(
            "SELECT * FROM simulation_run WHERE status = 'completed'"
        ).fetchall()
    return {
        row["run_id"]: CompletedRun(
            row["artifact_checksum"],
            "path_deleted_at" in row.keys()  # noqa: SIM118  a Row is no mapping
            and row["path_deleted_at"] is not None,
        )
        for row in rows
    }


@dataclass
class RunFolderCopies:
    """The folders of runs as far as they are in a backup.

    Parameters
    ----------
    runs : Path
        Where the folders are.
    target : Path
        Where to copy them to.
    copied : callable
        Hears of every number of bytes that were copied.
    """

    runs: Path
    target: Path
    copied: Callable[[int], None]
    files: dict[str, FileFacts] = field(default_factory=dict)
    """Path below ``runs`` to what was copied."""
    _known: dict[str, CompletedRun] = field(default_factory=dict)

    def catch_up(self, wanted: Mapping[str, CompletedRun]) -> set[str]:
        """Have the folders of just these runs; return the runs that are not whole.

        The folder of such a run is on its way out, or damaged.
        """
        for run_id in [r for r, known in self._known.items() if wanted.get(r) != known]:
            self._forget(run_id)
        lacking = set()
        for run_id, run in wanted.items():
            if run_id in self._known:
                continue
            if self._copy(run_id, run):
                self._known[run_id] = run
            else:
                self._forget(run_id)
                lacking.add(run_id)
        return lacking

    def _copy(self, run_id: str, run: CompletedRun) -> bool:
        """Copy a run's folder; return whether it is as the catalog says."""
        try:
            manifest = (self.runs / run_id / MANIFEST).read_bytes()
            if hashlib.sha256(manifest).hexdigest() != run.checksum:
                return False
            expected = {MANIFEST: run.checksum, **json.loads(manifest)["files"]}
        except FileNotFoundError:
            return run.is_cleaned_up
        for name, sha256 in expected.items():
            path = f"{run_id}/{name}"
            try:
                facts = copy_file(self.runs / path, self.target / path, self.copied)
            except FileNotFoundError:
                if run.is_cleaned_up:
                    continue
                return False
            if facts.sha256 != sha256:
                return False
            self.files[path] = facts
        return True

    def _forget(self, run_id: str) -> None:
        shutil.rmtree(self.target / run_id, ignore_errors=True)
        self._known.pop(run_id, None)
        for path in [p for p in self.files if p.startswith(f"{run_id}/")]:
            del self.files[path]
