"""Rows of a run's series in PostgreSQL's binary COPY format, laid out by NumPy.

Every row of a series has the same fields of the same lengths, so all of them are laid
out at once: no Python per row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

KEPT_FOR_GOOD = date(9999, 1, 1)

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_FIRST_DAY = np.datetime64("2000-01-01", "D")
_FIRST_MICROSECOND = np.datetime64("2000-01-01", "us")


@dataclass(frozen=True, slots=True)
class SeriesRows:
    """A series laid out as rows, what it takes to rebuild it, and its SHA-256."""

    rows: np.ndarray
    layout: Mapping[str, Any]
    checksum: str

    def expiring(self, expires_on: date) -> Iterator[bytes | memoryview]:
        """Yield the parts of the binary COPY; all rows expire on one day."""
        self.rows["expires_on"] = days_of(np.array(expires_on, dtype="datetime64[D]"))
        yield _HEADER
        yield self.rows.view(np.uint8).data
        yield _TRAILER


def days_of(dates: np.ndarray) -> np.ndarray:
    """Return dates as PostgreSQL counts them."""
    days: np.ndarray = (dates.astype("datetime64[D]") - _FIRST_DAY).astype(np.int32)
    return days


def microseconds_of(instants: np.ndarray) -> np.ndarray:
    """Return UTC instants as PostgreSQL counts them."""
    counted = instants.astype("datetime64[us]") - _FIRST_MICROSECOND
    microseconds: np.ndarray = counted.astype(np.int64)
    return microseconds


def fields_of(columns: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the fields of a row: their number, then length and value of each.

    Parameters
    ----------
    columns : mapping of name to NumPy's name of its big-endian type
    """
    fields = [("field_count", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name}_length", ">i4"), (name, kind)]
    return fields


def write_lengths(rows: np.ndarray, columns: Mapping[str, str]) -> None:
    """Write what is the same in every row: the number of fields and their lengths."""
    rows["field_count"] = len(columns)
    for name in columns:
        rows[f"{name}_length"] = rows.dtype[name].itemsize
