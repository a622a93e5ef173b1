"""What can go wrong underneath, told as ForestoErrors.

SQLite and the operating system report by code; each code becomes the one error that
says what happened to the user's data and what to do. No caller sees a lock error.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from foresto_lab.errors import (
    CorruptStoreError,
    DiskFullError,
    ForestoError,
    StorageError,
    WeightError,
    WorkspaceReadOnlyError,
    WriteConflictError,
)

WEIGHT_SUM_MESSAGE = "Portfolio weight sum exceeds 1.0"
"""What the database's trigger says; the migration that creates it repeats the words."""

BACKUP_ADVICE = (
    "Put back a copy of it, or move it away: a new one is then created, without the "
    "runs and definitions that this one held."
)
_READ_ONLY = {"SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"}
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"}


@contextmanager
def storage_faults(path: Path) -> Iterator[None]:
    """Turn the faults of the database and the file system into ForestoErrors.

    ``path`` is what was being read or written, named in the error.
    """
    try:
        yield
    except DBAPIError as error:
        raise _database_fault(error, path) from error
    except PoolTimeoutError as error:
        raise WriteConflictError(path=path, attempts=1) from error
    except sqlite3.Error as error:
        raise _sqlite_fault(error, path) from error
    except ForestoError:
        raise
    except OSError as error:
        raise _file_fault(error, path) from error


def _database_fault(error: DBAPIError, path: Path) -> ForestoError:
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return _sqlite_fault(original, path)
    return StorageError(message=f"{path}: {original}")


def _sqlite_fault(error: sqlite3.Error, path: Path) -> ForestoError:
    name = _primary_name(getattr(error, "sqlite_errorname", ""))
    if WEIGHT_SUM_MESSAGE in str(error):
        return WeightError(
            message=f"{WEIGHT_SUM_MESSAGE}: the catalog refused the portfolio. Weights "
            "are fractions of NAV and may sum to at most 1; lower one of them."
        )
    if name in _BUSY:
        return WriteConflictError(path=path, attempts=1)
    if name in _READ_ONLY:
        return WorkspaceReadOnlyError(path=path, reason=str(error))
    if name == "SQLITE_FULL" or (name == "SQLITE_IOERR" and _disk_is_full(path)):
        return DiskFullError(path=path)
    if name in _DAMAGED:
        return CorruptStoreError(path=path, reason=f"{error}.", fix=BACKUP_ADVICE)
    return StorageError(message=f"{path}: {error} ({name or 'no code'}).")


def _primary_name(name: str) -> str:
    """Return the primary part of an extended code: SQLITE_IOERR_WRITE, SQLITE_IOERR."""
    return "_".join(name.split("_")[:2])


def _disk_is_full(path: Path) -> bool:
    import shutil

    folder = next(p for p in (path, *path.parents) if p.is_dir())
    return shutil.disk_usage(folder).free < 1 << 20


def _file_fault(error: OSError, path: Path) -> ForestoError:
    where = Path(error.filename) if isinstance(error.filename, str) else path
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(path=where)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return WorkspaceReadOnlyError(path=where, reason=reason)
    return StorageError(message=f"{where}: {reason}.")
