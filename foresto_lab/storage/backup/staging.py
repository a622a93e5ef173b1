"""A folder that is filled out of sight and then appears under its name, whole."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foresto_lab.storage.backup.files import flush_folder, flush_folders
from foresto_lab.storage.faults import storage_faults


@contextmanager
def staged_beside(path: Path) -> Iterator[Path]:
    """Give a new folder on the disk of ``path``; it is gone at the end.

    Unless it was moved away by then, see ``publish``. What killed processes left
    beside the same path is removed first.
    """
    beginning = f".{path.name}."
    token = secrets.token_hex(4)
    staged = path.with_name(f"{beginning}{token}.partial")
    with storage_faults(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path.parent, beginning)
        new = path.with_name(f"{beginning}{token}.new")
        new.mkdir()
        turn = _take(new)
        os.rename(new, staged)  # nobody takes it for abandoned: the lock went along
    try:
        with storage_faults(staged):
            yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        if turn is not None:
            os.close(turn)


def publish(staged: Path, path: Path) -> None:
    """Let a staged folder appear under its name, where nothing or an empty folder is.

    Raises OSError when something else is there by now.
    """
    flush_folders(staged)
    os.rename(staged, path)
    flush_folder(path.parent)


def _remove_abandoned(parent: Path, beginning: str) -> None:
    for folder in parent.glob(f"{beginning}*.partial"):
        turn = _take(folder)
        if turn is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(turn)


def _take(folder: Path) -> int | None:
    """Lock a folder until its descriptor is closed; None when another has done so.

    None too where folders cannot be locked: what is abandoned then stays.
    """
    try:
        import fcntl
    except ImportError:
        return None
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor
    return None
