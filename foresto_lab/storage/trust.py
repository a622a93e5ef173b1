"""Which code from a catalog may run on this machine: what its user has allowed.

The allowance is the user's own and this machine's, never the catalog's: a folder of the
user's configuration holds one file per SHA-256 of a definition. Nobody else may write
there. Whatever changes in the code changes its SHA-256, so that it has to be allowed
again.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import RegistryError, UntrustedCodeError
from foresto_lab.storage.faults import storage_faults
from foresto_lab.storage.run_registry import utc_now

if TYPE_CHECKING:
    from foresto_lab.registry import RegisteredDefinition

FOLDER = "trusted"


@dataclass(frozen=True, slots=True)
class Trust:
    """One allowance: a checksum, and what it was called when it was given."""

    checksum: str
    kind: str
    name: str
    version: str
    trusted_at: datetime

    @property
    def reference(self) -> str:
        """``NAME@VERSION``."""
        return f"{self.name}@{self.version}"

    def to_dict(self) -> dict[str, Any]:
        """Return the allowance as plain JSON-ready values."""
        return {
            "checksum": self.checksum,
            "kind": self.kind,
            "name": self.name,
            "version": self.version,
            "trusted_at": self.trusted_at.isoformat(),
        }


class TrustedCode:
    """The allowances of this user on this machine.

    Parameters
    ----------
    folder : Path, optional
        Where they are; left out, in the user's configuration.
    clock : callable
        Gives the instants that are recorded.
    """

    def __init__(
        self, folder: Path | None = None, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.folder = _user_folder() if folder is None else folder
        self._clock = clock

    def trust(self, definition: RegisteredDefinition) -> Trust:
        """Let this code run here from now on; what is trusted already stays so."""
        given = Trust(
            definition.checksum,
            str(definition.kind),
            definition.name,
            definition.version,
            self._clock(),
        )
        with storage_faults(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._require_own(self.folder)
            _write_private(self._path(given.checksum), given)
        return given

    def untrust(self, definition: RegisteredDefinition) -> bool:
        """Let this code not run here any more; return whether it did before."""
        with storage_faults(self.folder):
            try:
                self._path(definition.checksum).unlink()
            except FileNotFoundError:
                return False
        return True

    def is_trusted(self, definition: RegisteredDefinition) -> bool:
        """Return whether the code may run here; what is no code always may."""
        if definition.code is None:
            return True
        path = self._path(definition.checksum)
        if not path.is_file():
            return False
        self._require_own(self.folder)
        self._require_own(path)
        return True

    def require_trusted(self, definition: RegisteredDefinition) -> None:
        """Raise UntrustedCodeError unless the code may run here."""
        if not self.is_trusted(definition):
            raise UntrustedCodeError(
                kind=definition.kind.capitalize(),
                reference=definition.reference,
                checksum=definition.checksum,
            )

    def all(self) -> tuple[Trust, ...]:
        """Return the allowances, by name and version; a file that is none is passed."""
        found = (_read(path) for path in sorted(self.folder.glob("*.json")))
        given = [trust for trust in found if trust is not None]
        return tuple(sorted(given, key=lambda item: (item.name, item.version)))

    def _path(self, checksum: str) -> Path:
        return self.folder / f"{checksum}.json"

    @staticmethod
    def _require_own(path: Path) -> None:
        """Refuse what somebody else could have put there."""
        if os.name == "nt":  # its folders are private by inheritance
            return
        found = path.stat()
        others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if found.st_uid != os.geteuid() or others:
            raise RegistryError(
                message=f"{path} can be written by others than this user, so what it "
                f"allows does not count. Make it yours alone: `chmod go-w {path}`."
            )


def _user_folder() -> Path:
    from platformdirs import user_config_path

    return user_config_path("foresto_lab") / FOLDER


def _write_private(path: Path, given: Trust) -> None:
    """Write a file that only its user reads or writes, at once or not at all."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    text = json.dumps(given.to_dict(), ensure_ascii=False, indent=2) + "\n"
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)


def _read(path: Path) -> Trust | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told["trusted_at"] = datetime.fromisoformat(told["trusted_at"])
        return Trust(**told)
    except (OSError, ValueError, TypeError, KeyError):
        return None
