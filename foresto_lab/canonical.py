"""One text for one content: canonical JSON (RFC 8785), and its SHA-256.

Two mappings with the same content have the same text, whatever the order of their keys
or the types that held their numbers, so its checksum names the content.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import rfc8785

from foresto_lab.errors import InputError

_LARGEST_EXACT_INTEGER = 2**53 - 1


def canonical_json(value: Any) -> str:
    """Return the canonical JSON of nested mappings, sequences and scalars.

    Dates become ISO strings, instants ISO strings in UTC, enumeration members their
    values, sets sorted lists, NumPy scalars the Python numbers they hold.

    Raises
    ------
    InputError
        NaN, an infinity, or a value that JSON has no form for.
    """
    return rfc8785.dumps(_to_plain(value, "$")).decode("utf-8")


def sha256_of(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def _to_plain(value: Any, where: str) -> Any:
    if isinstance(value, Enum):
        return _to_plain(value.value, where)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, datetime):
        return _instant(value, where)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {
            _key(name, where): _to_plain(inner, f"{where}.{name}")
            for name, inner in value.items()
        }
    if isinstance(value, Set):
        return sorted(_to_plain(inner, where) for inner in value)
    if isinstance(value, Sequence):
        return [_to_plain(inner, f"{where}[{i}]") for i, inner in enumerate(value)]
    return _number(value, where)


def _key(name: Any, where: str) -> str:
    key = name.value if isinstance(name, Enum) else name
    if isinstance(key, str):
        return key
    raise InputError(message=f"{where} has the key {name!r}; JSON keys are strings.")


def _instant(value: datetime, where: str) -> str:
    if value.tzinfo is None:
        raise InputError(
            message=f"{where} is {value!r}, an instant without a time zone. Give it "
            "one, or pass a date."
        )
    return value.astimezone(UTC).isoformat()


def _number(value: Any, where: str) -> int | float:
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, bool):
        return number
    if isinstance(number, int) and abs(number) <= _LARGEST_EXACT_INTEGER:
        return number
    if isinstance(number, float) and math.isfinite(number):
        return number
    raise InputError(
        message=f"{where} is {value!r} ({type(value).__name__}), which canonical JSON "
        "cannot hold: numbers are finite, integers at most 2**53 - 1 in size."
    )
