"""What making or restoring a backup did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresto_lab.storage.backup.manifest import BackupManifest


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was made.

    Attributes
    ----------
    path : Path
        The folder it is in.
    manifest : BackupManifest
        What it holds.
    """

    path: Path
    manifest: BackupManifest
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        manifest = self.manifest.to_dict()
        files = manifest.pop("files")
        return {
            "path": str(self.path),
            **manifest,
            "files": len(files),
            "size_bytes": self.manifest.size_bytes,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """A backup that was put back.

    Attributes
    ----------
    path : Path
        The backup.
    target : str
        Where its content is now: a folder, or a server and database.
    runs_failed : int
        Runs that were under way when the backup was made, and are failed now.
    """

    path: Path
    target: str
    manifest: BackupManifest
    runs_failed: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        manifest = self.manifest
        return {
            "path": str(self.path),
            "target": self.target,
            "kind": manifest.kind,
            "schema": manifest.schema,
            "created_at": manifest.created_at.isoformat(),
            "source": manifest.source,
            "data_versions": dict(manifest.data_versions),
            "counts": dict(manifest.counts),
            "unreadable_runs": list(manifest.unreadable_runs),
            "runs_failed": self.runs_failed,
            "seconds": round(self.seconds, 3),
        }
