"""Archived runs: what a cleaned-up run computed, in folders outside the store.

An archive holds one folder a run: ``manifest.json`` and Parquet files as the embedded
store has them, and ``record.json`` with the run's record and the manifest's SHA-256.
Whoever has the folder can read the run, with or without the store that it came from.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import CorruptStoreError, PathExpiredError, RunNotFoundError
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.artifacts import RunFolders, remove_tree
from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.values import from_json_value, to_json_value
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    from foresto_lab.storage.models import SimulationRun

RECORD = "record.json"
RESTORE_ADVICE = "Put back a copy of the archive's folder, or run the request again."


class Archive:
    """A folder of archived runs.

    Parameters
    ----------
    folder : Path
        Made by the first run that is put in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).expanduser().absolute()
        self._folders = RunFolders(self.folder)

    def put(self, record: RunRecord, artifacts: RunArtifacts) -> None:
        """Write a run, and read it back; one that is there already is left alone.

        Raises
        ------
        DiskFullError, WorkspaceReadOnlyError
            Nothing of the run is left in the archive.
        CorruptStoreError
            What was written does not read back.
        """
        if not self.holds(record.run_id):
            with storage_faults(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                self._folders.create()
            staged, checksum = self._folders.stage(record.run_id, artifacts)
            try:
                with storage_faults(staged):
                    _write(staged / RECORD, _record_text(record, checksum))
                remove_tree(self._folders.folder(record.run_id))
                self._folders.publish(staged, record.run_id)
            finally:
                remove_tree(staged)
        self.artifacts(record.run_id)

    def holds(self, run_id: str) -> bool:
        """Return whether a run is here, whole."""
        described = (self._folders.folder(run_id) / RECORD).is_file()
        return described and self._folders.present(run_id)

    def record(self, run_id: str) -> RunRecord:
        """Return an archived run's record.

        Raises
        ------
        RunNotFoundError
            It is not in this archive.
        CorruptStoreError
            Its file is damaged.
        """
        return _record_of(self._described(run_id)["record"])

    def artifacts(self, run_id: str) -> RunArtifacts:
        """Return what an archived run computed, every byte of it checked."""
        described = self._described(run_id)
        return self._folders.load(run_id, str(described["manifest_sha256"]))

    def _described(self, run_id: str) -> dict[str, Any]:
        path = self._folders.folder(run_id) / RECORD
        try:
            described: dict[str, Any] = json.loads(path.read_bytes())
            described["manifest_sha256"], described["record"]
        except FileNotFoundError:
            raise RunNotFoundError(
                run_id=run_id, reason=f"the archive {self.folder} does not have it."
            ) from None
        except (ValueError, KeyError, TypeError):
            raise CorruptStoreError(
                path=path, reason="it is no record of a run.", fix=RESTORE_ADVICE
            ) from None
        return described


def read_archived(row: SimulationRun) -> RunArtifacts:
    """Return what a cleaned-up run computed, from the archive that its row names.

    Raises
    ------
    PathExpiredError
        It was not archived, or the archive is not within reach.
    """
    if row.archive is not None:
        archive = Archive(Path(row.archive))
        if archive.holds(row.run_id):
            return archive.artifacts(row.run_id)
    expired = row.path_expires_at or row.path_deleted_at
    assert expired is not None
    raise PathExpiredError(
        run_id=row.run_id,
        status=row.status,
        reason="",
        expired_on=f"{expired:%Y-%m-%d}",
        archive=row.archive,
    )


def _record_text(record: RunRecord, checksum: str) -> bytes:
    plain = {item.name: getattr(record, item.name) for item in fields(record)}
    described = {"manifest_sha256": checksum, "record": to_json_value(plain)}
    text = json.dumps(described, ensure_ascii=False, allow_nan=False, indent=1)
    return text.encode("utf-8")


def _record_of(plain: Mapping[str, Any]) -> RunRecord:
    values = from_json_value(dict(plain))
    values["kind"] = RunKind(values["kind"])
    values["status"] = RunStatus(values["status"])
    return RunRecord(**values)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
