"""Values that JSON has no form for, written so that they read back as they were.

Finite floats, integers, strings, booleans and None are JSON's own, bit for bit. A float
that is not finite, a date or an instant becomes a mapping with one ``$``-key. Mappings
keep the order of their keys; tuples read back as lists; NumPy scalars read back as the
Python values they hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

_READERS = {
    "$float": float,
    "$instant": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$mapping": lambda pairs: {name: from_json_value(value) for name, value in pairs},
}


def to_json_value(value: Any) -> Any:
    """Return a value as JSON types that ``from_json_value`` turns back."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, Mapping):
        return _from_mapping(value)
    if isinstance(value, (list, tuple)):
        return [to_json_value(inner) for inner in value]
    if type(value) is datetime:
        return {"$instant": value.isoformat()}
    return {"$date": value.isoformat()} if type(value) is date else value


def _from_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    pairs = [[name, to_json_value(inner)] for name, inner in value.items()]
    if all(isinstance(name, str) and not name.startswith("$") for name, _ in pairs):
        return {str(name): inner for name, inner in pairs}
    return {"$mapping": pairs}


def from_json_value(value: Any) -> Any:
    """Return the value that ``to_json_value`` wrote."""
    if isinstance(value, list):
        return [from_json_value(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, inner), *_ = value.items()
        if name in _READERS:
            return _READERS[name](inner)
    return {name: from_json_value(inner) for name, inner in value.items()}
