"""What a backup says of itself: ``manifest.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import ForestoError, RestoreError
from foresto_lab.storage.backup.files import FileFacts, write_file

MANIFEST = "manifest.json"
FORMAT = 1
"""Of the manifest and the folder; another number is another layout."""

Kind = Literal["embedded", "postgresql"]
ANOTHER_COPY = "Use another backup, or another copy of this one."


@dataclass(frozen=True)
class BackupManifest:
    """What is in a backup.

    Attributes
    ----------
    schema : str
        The version of the tables.
    source : str
        Where it was made from: a folder, or a server and database.
    data_versions : mapping
        Series to the name of its state.
    counts : mapping
        Table to its number of rows.
    files : mapping
        Path within the backup to what the file must be.
    server : mapping
        Of a team's: the server's version, that of pg_dump, and the schema's name.
    unreadable_runs : tuple of str
        Completed runs whose series were missing or damaged already.
    """

    kind: Kind
    schema: str
    foresto_version: str
    created_at: datetime
    source: str
    data_versions: Mapping[str, str]
    counts: Mapping[str, int]
    files: Mapping[str, FileFacts]
    server: Mapping[str, str] = field(default_factory=dict)
    unreadable_runs: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """All files together."""
        return sum(facts.size_bytes for facts in self.files.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as plain JSON-ready values."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "schema": self.schema,
            "foresto_version": self.foresto_version,
            "created_at": self.created_at.isoformat(),
            "source": self.source,
            "data_versions": dict(self.data_versions),
            "counts": dict(self.counts),
            "server": dict(self.server),
            "unreadable_runs": list(self.unreadable_runs),
            "files": {
                name: {"bytes": facts.size_bytes, "sha256": facts.sha256}
                for name, facts in sorted(self.files.items())
            },
        }


def write_manifest(manifest: BackupManifest, folder: Path) -> None:
    """Write the manifest with a checksum of its own."""
    content = manifest.to_dict()
    content["checksum"] = sha256_of(content)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    write_file(folder / MANIFEST, text.encode("utf-8"))


def read_manifest(folder: Path) -> BackupManifest:
    """Return the manifest of a backup.

    Raises
    ------
    RestoreError
        There is none, it is damaged, or it is of a newer format.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise RestoreError(
            path=folder,
            reason=f"it is no backup: there is no {MANIFEST} in it.",
            fix="Name the folder that `foresto db backup` made.",
        ) from None
    except (OSError, ValueError) as error:
        raise _damaged(folder, f"it cannot be read ({error})") from None
    if not isinstance(content, dict) or "checksum" not in content:
        raise _damaged(folder, "it holds no manifest")
    if content.get("format") != FORMAT:
        raise RestoreError(
            path=folder,
            reason=f"the backup has format {content.get('format')!r}, this package "
            f"reads format {FORMAT}.",
            fix="Restore it with the foresto_lab that made it, or a newer one.",
        )
    try:
        written = sha256_of({k: v for k, v in content.items() if k != "checksum"})
        if written != content["checksum"]:
            raise _damaged(folder, "its checksum does not match")
        return _parse(content)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ForestoError):
            raise
        raise _damaged(folder, f"it is incomplete ({error})") from None


def _parse(content: Mapping[str, Any]) -> BackupManifest:
    return BackupManifest(
        kind=content["kind"],
        schema=content["schema"],
        foresto_version=content["foresto_version"],
        created_at=datetime.fromisoformat(content["created_at"]),
        source=content["source"],
        data_versions=content["data_versions"],
        counts=content["counts"],
        server=content["server"],
        unreadable_runs=tuple(content["unreadable_runs"]),
        files={
            name: FileFacts(facts["bytes"], facts["sha256"])
            for name, facts in content["files"].items()
        },
    )


def _damaged(folder: Path, how: str) -> RestoreError:
    return RestoreError(
        path=folder, reason=f"{MANIFEST} is damaged: {how}.", fix=ANOTHER_COPY
    )


def require_same(
    folder: Path, name: str, expected: FileFacts, found: FileFacts
) -> None:
    """Refuse a file of a backup that is not the one that was written."""
    if found == expected:
        return
    what = (
        f"it has {found.size_bytes:,} bytes and was written with "
        f"{expected.size_bytes:,}"
        if found.size_bytes != expected.size_bytes
        else "its SHA-256 is not the one that was recorded"
    )
    raise RestoreError(
        path=folder, reason=f"{name} is damaged: {what}.", fix=ANOTHER_COPY
    )


def missing_file(folder: Path, name: str) -> RestoreError:
    """Return the error for a file that a backup lacks."""
    return RestoreError(path=folder, reason=f"{name} is missing.", fix=ANOTHER_COPY)
