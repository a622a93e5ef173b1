"""The registry's definitions as files: a folder for each kind."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from foresto_lab.errors import DefinitionFileError, UnknownNameError
from foresto_lab.registry import (
    DefinitionKind,
    RegisteredDefinition,
    name_key,
)
from foresto_lab.registry.text import (
    MAX_BYTES,
    definitions_from_text,
    definitions_to_text,
    file_name,
)
from foresto_lab.storage.faults import storage_faults

if TYPE_CHECKING:
    from foresto_lab.registry import DefinitionRegistry

FOLDERS = {
    DefinitionKind.STRATEGY: "strategies",
    DefinitionKind.INDICATOR: "indicators",
    DefinitionKind.PORTFOLIO: "portfolios",
}
NEW, UNCHANGED, CONFLICT = "new", "unchanged", "conflict"


@dataclass(frozen=True, slots=True)
class ImportedDefinition:
    """One version of a file, and what importing it did, or would do."""

    definition: RegisteredDefinition
    path: Path
    status: str
    """``new``, ``unchanged``, or ``conflict``: there with other content."""


def export_definitions(
    registry: DefinitionRegistry,
    folder: Path,
    *,
    kind: DefinitionKind | None = None,
    names: Sequence[str] = (),
) -> tuple[Path, ...]:
    """Write a file per name, every version of it inside; return those written.

    A file that says the same already is left alone; other files stay.

    Raises
    ------
    UnknownNameError
        None of the kind has one of ``names``.
    """
    stored = registry.definitions(kind, include_inactive=True)
    wanted = {name_key(name) for name in names} or {name_key(d.name) for d in stored}
    known = {name_key(item.name): item.name for item in stored}
    for name in names:
        if name_key(name) not in known:
            raise UnknownNameError(
                kind=str(kind or "definition"),
                given=name,
                allowed=tuple(known.values()),
            )
    written = []
    for (each, key), versions in groupby(stored, key=lambda d: d.key[:2]):
        if key in wanted:
            path = folder / FOLDERS[each] / file_name(key)
            _write_text(path, definitions_to_text(tuple(versions)))
            written.append(path)
    return tuple(written)


def import_definitions(
    registry: DefinitionRegistry, path: Path, *, dry_run: bool = False
) -> tuple[ImportedDefinition, ...]:
    """Register the versions in a file, or in every JSON file of a folder.

    All of them are saved or none; nothing is run or trusted.

    Parameters
    ----------
    registry : DefinitionRegistry
    path : Path
        A file, or a folder with any folders in it.
    dry_run : bool
        Only say what would be done; conflicts are told and not raised.

    Raises
    ------
    DefinitionFileError
        A file cannot be read, or is no export.
    VersionTakenError
        A version is there with other content.
    """
    found = [(item, file) for file in _files(path) for item in _read(file)]
    _require_once(found)
    planned = tuple(
        ImportedDefinition(item, file, _status(registry, item)) for item, file in found
    )
    if not dry_run:
        registry.save_all([item for item, _ in found])
    return planned


def _status(registry: DefinitionRegistry, item: RegisteredDefinition) -> str:
    try:
        kept = registry.find(item.kind, item.name, item.version)
    except UnknownNameError:
        return NEW
    return UNCHANGED if kept.checksum == item.checksum else CONFLICT


def _require_once(found: Sequence[tuple[RegisteredDefinition, Path]]) -> None:
    seen: dict[tuple[DefinitionKind, str, str], tuple[str, Path]] = {}
    for item, file in found:
        checksum, first = seen.setdefault(item.key, (item.checksum, file))
        if checksum != item.checksum:
            raise DefinitionFileError(
                path=str(file),
                reason=f"{item.reference} is in {first} too, with other content.",
                fix="Keep one of them.",
            )


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*.json") if file.is_file())
    return [path]


def _read(file: Path) -> tuple[RegisteredDefinition, ...]:
    return definitions_from_text(read_text(file), str(file))


def read_text(file: Path) -> str:
    """Return a file's text.

    Raises
    ------
    DefinitionFileError
        It is not there, cannot be read, is no UTF-8, or is far too large.
    """
    reason = "it cannot be read"
    try:
        if file.stat().st_size > MAX_BYTES:
            reason = f"it has more than {MAX_BYTES:,} bytes"
        else:
            return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        reason = "it is no UTF-8 text"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or reason
    raise DefinitionFileError(
        path=str(file), reason=f"{reason}.", fix="Name an exported JSON file or folder."
    )


def _write_text(path: Path, text: str) -> None:
    """Replace a file at once, unless it says the same."""
    content = text.encode("utf-8")
    with storage_faults(path):
        if path.is_file() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            staged.write_bytes(content)
            os.replace(staged, path)
        finally:
            staged.unlink(missing_ok=True)
