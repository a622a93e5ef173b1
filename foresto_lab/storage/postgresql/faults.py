"""What PostgreSQL and its drivers report, told as ForestoErrors.

The server reports by SQLSTATE; each becomes the one error that says what happened to
the user's data and what to do. A connection that fails carries no SQLSTATE, so there
the server's own words are passed on. What the drivers raise may hold the password (in
the connection it belongs to), so it is never chained to what is raised here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from foresto_lab.errors import (
    CorruptStoreError,
    DatabaseConnectionError,
    DatabasePermissionError,
    DiskFullError,
    ForestoError,
    InputError,
    PartitionMissingError,
    SchemaVersionError,
    StorageError,
    WeightError,
    WorkspaceReadOnlyError,
    WriteConflictError,
)
from foresto_lab.storage.faults import WEIGHT_SUM_MESSAGE

CHECK_SERVER = "Check that the server runs and can be reached from here."
RUN_AGAIN = (
    "What was being written has been discarded; everything before it is intact. "
    "Run it again when the server is back."
)
_DRIVERS = ("psycopg", "adbc_driver_manager")
_CONNECTION_FIXES = (
    ("password", "Correct the user or the password in FORESTO_DATABASE_URL."),
    ("authentication", "Correct the user or the password in FORESTO_DATABASE_URL."),
    ("does not exist", "Correct the URL, or create it: createdb NAME."),
    ("resolve host", "Correct the host in FORESTO_DATABASE_URL."),
    ("translate host", "Correct the host in FORESTO_DATABASE_URL."),
    ("refused", CHECK_SERVER),
    ("timeout", CHECK_SERVER),
    ("too many", "Try again later, or raise max_connections on the server."),
)
_LOST = ("08", "57P01", "57P02", "57P03", "57P05")
_LOST_WORDS = (
    "server closed the connection",
    "connection is closed",
    "the connection is lost",
    "no connection to the server",
    "connection has been closed",
    "consuming input failed",
    "could not receive data",
    "could not send data",
    "terminating connection",
    "SSL connection has been closed",
)
_NO_PARTITION = re.compile(r'no partition of relation "(?P<table>[^"]+)"')
_PARTITION_KEY = re.compile(r"\((?P<key>[^)]*)\) = \((?P<value>[^)]*)\)")


@contextmanager
def database_faults(location: str) -> Iterator[None]:
    """Turn the faults of a PostgreSQL database into ForestoErrors.

    ``location`` is the database as it may be shown, named in the error.
    """
    try:
        yield
    except ForestoError:
        raise
    except PoolTimeoutError:
        raise WriteConflictError(path=location, attempts=1) from None
    except DBAPIError as error:
        raise fault_of(error.orig or error, location) from None
    except Exception as error:
        if not type(error).__module__.startswith(_DRIVERS):
            raise
        raise fault_of(error, location) from None


def fault_of(error: BaseException, location: str) -> ForestoError:
    """Return the ForestoError that says what a driver's exception means."""
    code = _sqlstate(error)
    words = _words(error)
    if code is None or code.startswith(_LOST):
        return _without_code(words, location)
    if code == "23514":
        return _broken_rule(error, words, location)
    if code == "53100":
        return DiskFullError(path=location)
    if code in ("40001", "40P01", "55P03"):
        return WriteConflictError(path=location, attempts=1)
    if code == "25006":
        return WorkspaceReadOnlyError(path=Path(location), reason=words)
    if code == "42501":
        return DatabasePermissionError(server=location, reason=words)
    if code in ("42P01", "3F000"):
        return SchemaVersionError(
            path=location,
            found="an incomplete one",
            expected="all tables",
            fix=f"({words}.) Bring it up to date with `foresto db upgrade`.",
        )
    if code in ("XX001", "XX002"):
        return CorruptStoreError(
            path=location, reason=f"{words}.", fix="Restore it from a backup."
        )
    if code in ("53300", "53200", "53400"):
        return DatabaseConnectionError(
            server=location, reason=f"{words}.", fix="Try again later."
        )
    return StorageError(message=f"{location}: {words} (SQLSTATE {code}).")


def connection_fault(error: BaseException, location: str) -> ForestoError:
    """Return why a connection could not be opened, and what to do about it."""
    words = _words(error)
    lowered = words.casefold()
    fixes = (fix for part, fix in _CONNECTION_FIXES if part in lowered)
    return DatabaseConnectionError(
        server=location, reason=f"{words}.", fix=next(fixes, CHECK_SERVER)
    )


def _without_code(words: str, location: str) -> ForestoError:
    if "NUL (0x00)" in words:
        return InputError(
            message=f"A text holds the character NUL, which {location} cannot keep. "
            "Take it out of the text."
        )
    if any(part in words for part in _LOST_WORDS):
        return DatabaseConnectionError(
            server=location, reason=f"the connection was lost ({words}).", fix=RUN_AGAIN
        )
    return connection_fault(ValueError(words), location)


def _broken_rule(error: BaseException, words: str, location: str) -> ForestoError:
    if WEIGHT_SUM_MESSAGE in words:
        return WeightError(
            message=f"{WEIGHT_SUM_MESSAGE}: the catalog refused the portfolio. Weights "
            "are fractions of NAV and may sum to at most 1; lower one of them."
        )
    missing = _NO_PARTITION.search(str(error))
    if missing:
        key = _PARTITION_KEY.search(f"{error} {_detail(error)}")
        day = key["value"].split(" ")[0] if key else "that day"
        return PartitionMissingError(table=missing["table"], day=day)
    return StorageError(message=f"{location} refused a row: {words}.")


def _sqlstate(error: BaseException) -> str | None:
    code = getattr(error, "sqlstate", None)
    return str(code) if code else None


def _detail(error: BaseException) -> str:
    return str(getattr(getattr(error, "diag", None), "message_detail", None) or "")


def _words(error: BaseException) -> str:
    """Return the server's or driver's own words, on one line, without the statement."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    text = str(primary or error).strip()
    text = re.sub(r"^.*?(?:FATAL|ERROR|PANIC):\s+", "", text, count=1, flags=re.DOTALL)
    if re.search(r"connection string|connection option|percent-encoded|URI", text):
        return "its URL cannot be read (it is not shown, as it may hold a password)"
    return text.splitlines()[0].rstrip(". ") if text else type(error).__name__


def is_lost(error: BaseException | None) -> bool:
    """Return whether an exception says that the server ended the connection."""
    return error is not None and (_sqlstate(error) or "").startswith(_LOST)


def is_driver_error(error: Any) -> bool:
    """Return whether an exception comes from a driver of PostgreSQL."""
    return type(error).__module__.startswith(_DRIVERS)
