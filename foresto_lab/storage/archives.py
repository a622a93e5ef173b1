"""Archived runs: what a cleaned-up run computed, in folders outside the store.

An archive holds one folder a run: ``manifest.json`` and Parquet files as the embedded
store has them, and ``record.json`` with the run's record and the manifest's SHA-256. A
run that failed, or whose series are gone, is its record alone. Whoever has the folder
can read the run, with or without the store that it came from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import (
    CorruptStoreError,
    InputError,
    PathExpiredError,
    RunNotFoundError,
    RunNotReadableError,
    StorageError,
)
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.artifacts import (
    RUN_ID,
    RunFolders,
    flush_folder,
    remove_tree,
    write_flushed,
)
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
        InputError
            Its id cannot name a folder.
        """
        if not RUN_ID.fullmatch(record.run_id):
            raise InputError(
                message=f"Run id {record.run_id!r} cannot name a folder of an archive: "
                "it is not one that this package gives. Delete the run."
            )
        if not self.holds(record.run_id):
            with storage_faults(self.folder):
                self._folders.create()
            staged, checksum = self._folders.stage(record.run_id, artifacts)
            try:
                with storage_faults(staged):
                    write_flushed(staged / RECORD, _record_text(record, checksum))
                    flush_folder(staged)
                self._publish(staged, record.run_id)
            finally:
                remove_tree(staged)
        self.require_intact(record.run_id)

    def _publish(self, staged: Path, run_id: str) -> None:
        try:
            self._folders.publish(staged, run_id)
        except StorageError:
            if self.holds(run_id):  # another cleanup was quicker
                return
            remove_tree(self._folders.folder(run_id))
            self._folders.publish(staged, run_id)

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
        return self._described(run_id)[0]

    def artifacts(self, run_id: str) -> RunArtifacts:
        """Return what an archived run computed, every byte of it checked.

        Raises
        ------
        RunNotReadableError
            It had nothing to archive: it failed, or was cleaned up before.
        """
        record = self.record(run_id)
        artifacts = self.require_intact(run_id)
        if record.status is not RunStatus.COMPLETED:
            reason = f" ({record.error_message})" if record.error_message else ""
            raise RunNotReadableError(
                run_id=run_id, status=str(record.status), reason=reason
            )
        if record.path_deleted_at is not None and not artifacts.tables:
            raise _expired(run_id, record.path_expires_at or record.path_deleted_at)
        return artifacts

    def require_intact(self, run_id: str) -> RunArtifacts:
        """Check every byte of an archived run; return what there is of it."""
        _, checksum = self._described(run_id)
        return self._folders.load(run_id, checksum)

    def _described(self, run_id: str) -> tuple[RunRecord, str]:
        """Return an archived run's record, and the SHA-256 of its manifest."""
        path = self._folders.folder(run_id) / RECORD
        try:
            if not RUN_ID.fullmatch(run_id):
                raise FileNotFoundError
            described = json.loads(path.read_bytes())
            return _record_of(described["record"]), str(described["manifest_sha256"])
        except FileNotFoundError:
            raise RunNotFoundError(
                run_id=run_id, reason=f"the archive {self.folder} does not have it."
            ) from None
        except (ValueError, KeyError, TypeError):
            raise CorruptStoreError(
                path=path, reason="it is no record of a run.", fix=RESTORE_ADVICE
            ) from None


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
    raise _expired(row.run_id, expired, row.archive)


def _expired(
    run_id: str, expired: datetime, archive: str | None = None
) -> PathExpiredError:
    return PathExpiredError(
        run_id=run_id,
        status=str(RunStatus.COMPLETED),
        reason="",
        expired_on=f"{expired:%Y-%m-%d}",
        archive=archive,
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
