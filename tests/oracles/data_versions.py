"""Names of data versions from plain rows, byte by byte, as the rule is written down.

Reads no code of the package: rows are tuples of text, ISO dates, instants and floats.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

Row = tuple[object, ...]


def content_digest(rows: Sequence[Row], n_columns: int = 8) -> str:
    """Return the digest of rows whose key is what stands before their floats."""
    ordered = sorted(rows, key=lambda row: tuple(map(str, row[: _key_length(row)])))
    columns = list(zip(*ordered, strict=True)) or [()] * n_columns
    whole = hashlib.sha256()
    for column in columns:
        whole.update(hashlib.sha256(_bytes_of(column)).digest())
    return whole.hexdigest()


def names_of(table: str, loads: Sequence[Sequence[Row]]) -> list[str]:
    """Return the name after each load; every one must change something."""
    names = [f"{table}@none"]
    for rows in loads:
        names.append(following(names[-1], rows))
    return names[1:]


def following(name: str, rows: Sequence[Row]) -> str:
    """Return the name after a load of rows that found a state of this name."""
    table, _, state = name.partition("@")
    number = 0 if state == "none" else int(state.partition("-")[0])
    text = f"{name}\n{content_digest(rows)}"
    digits = hashlib.sha256(text.encode("ascii")).hexdigest()[:12]
    return f"{table}@{number + 1}-{digits}"


def _key_length(row: Row) -> int:
    return sum(isinstance(value, str | date) for value in row)


def _bytes_of(column: Sequence[object]) -> bytes:
    if any(isinstance(value, datetime) for value in column):
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        micros = [(instant - epoch) // timedelta(microseconds=1) for instant in column]
        return b"".join(struct.pack("<q", value) for value in micros)
    if any(_is_day(value) for value in column):
        days = [(date.fromisoformat(day) - date(1970, 1, 1)).days for day in column]
        return b"".join(struct.pack("<i", value) for value in days)
    if any(isinstance(value, str) for value in column):
        runs = [(text.encode("utf-8"), len(list(run))) for text, run in groupby(column)]
        return b"".join(
            struct.pack("<I", len(text)) + text + struct.pack("<Q", length)
            for text, length in runs
        )
    return b"".join(_float_bytes(value) for value in column)


def _is_day(value: object) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4:8:3] == "--"


def _float_bytes(value: object) -> bytes:
    if value is None or math.isnan(value):
        return bytes.fromhex("000000000000f87f")
    return struct.pack("<d", value)
