"""What goes wrong below the lake, told as ForestoErrors.

Arrow, DuckDB and the operating system raise an OSError with a code; deltalake gives
the code as text only ("... (os error 28)").
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from foresto_lab.errors import (
    DiskFullError,
    ForestoError,
    StorageError,
    WorkspaceReadOnlyError,
)
from foresto_lab.storage.lake.location import Location

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_CODE_IN_TEXT = re.compile(r"(?:os error |errno[: ]*|error code )(\d+)", re.IGNORECASE)


@contextmanager
def write_faults(place: Location) -> Iterator[None]:
    """Turn a fault of writing into the error that tells what to do about it."""
    try:
        yield
    except ForestoError:
        raise
    except Exception as error:
        raise write_fault(error, place) from error


def write_fault(error: BaseException, place: Location) -> StorageError:
    """Return the StorageError for a fault that came up while writing."""
    code = fault_code(error)
    if code in _FULL:
        return DiskFullError(path=str(place))
    if code in _READ_ONLY:
        reason = _first_line(error) if isinstance(error, OSError) else "no permission"
        return WorkspaceReadOnlyError(path=str(place), reason=reason)
    return StorageError(message=f"{place} could not be written: {_first_line(error)}")


def read_fault(error: OSError, place: Location) -> StorageError:
    """Return the error for a file that is there but cannot be read just now."""
    return StorageError(
        message=f"{place} cannot be read ({_first_line(error)}). Nothing is known to "
        "be damaged: see that this user may read it, and try again."
    )


def fault_code(error: BaseException) -> int | None:
    """Return the operating system's code of a fault; None if it has none."""
    code = getattr(error, "errno", None)
    if isinstance(code, int):
        return code
    found = _CODE_IN_TEXT.search(str(error))
    return int(found[1]) if found else None


def _first_line(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]
