"""Finding out what is damaged, and saying what still reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from foresto_lab.errors import CorruptStoreError, ForestoError
from foresto_lab.storage.lake.faults import read_fault
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.lake.snapshot import DataFile

MAGIC = b"PAR1"
"""The first and the last four bytes of a Parquet file."""

FILE_FIX = (
    "Put the file back from a copy of the workspace. Without one, drop it with "
    "`foresto data repair` and load its prices again with "
    "`foresto data load FILE`; every other file still reads."
)


@contextmanager
def read_faults(table: Location, files: Sequence[DataFile]) -> Iterator[None]:
    """Turn a fault of reading files into the error that names the damaged one."""
    try:
        yield
    except ForestoError:
        raise
    except Exception as error:
        raise _damage(table, files, error) from error


def damaged(table: Location, files: Sequence[DataFile]) -> list[tuple[DataFile, str]]:
    """Return the files that are not as they were written, each with the reason."""
    looked_at = ((file, _reason(table.child(file.path), file)) for file in files)
    return [(file, reason) for file, reason in looked_at if reason]


def _damage(
    table: Location, files: Sequence[DataFile], error: Exception
) -> CorruptStoreError:
    for file, reason in damaged(table, files):
        return CorruptStoreError(
            path=str(table.child(file.path)), reason=reason, fix=FILE_FIX
        )
    text = str(error).splitlines()[0]
    return CorruptStoreError(path=str(table), reason=f"{text}.", fix=FILE_FIX)


def _reason(place: Location, file: DataFile) -> str:
    """Return why a file is not as written; empty when it looks whole."""
    try:
        size_bytes = place.path.stat().st_size
        if size_bytes != file.size_bytes:
            return f"it has {size_bytes} bytes and was written with {file.size_bytes}."
        with place.path.open("rb") as content:
            first = content.read(4)
            content.seek(-4, 2)
            ends = (first, content.read(4))
    except FileNotFoundError:
        return "the file is missing."
    except OSError as error:
        raise read_fault(error, place) from error
    if ends != (MAGIC, MAGIC):
        return "it is no Parquet file any more."
    return _broken_inside(place)


def _broken_inside(place: Location) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_table(place.path, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        return f"its content does not decode ({str(error).splitlines()[0]})."
    return ""
