"""Values that JSON has no form for, written so that they read back as they were.

Finite floats, integers, strings, booleans and None are JSON's own, bit for bit. A float
that is not finite, a date or an instant becomes a mapping with one ``$``-key. Mappings
keep the order of their keys; tuples read back as lists; NumPy scalars read back as the
Python values they hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

_AS_IS = (str, int, bool, type(None))
_READERS: dict[str, Callable[[Any], Any]] = {
    "$float": float,
    "$instant": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$mapping": lambda pairs: {name: from_json_value(value) for name, value in pairs},
}


def to_json_value(value: Any) -> Any:
    """Return a value as JSON types that ``from_json_value`` turns back."""
    kind = type(value)
    if kind in _AS_IS or (kind is float and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return _from_mapping(value)
    if isinstance(value, (list, tuple)):
        return [to_json_value(inner) for inner in value]
    if kind is datetime:
        return {"$instant": value.isoformat()}
    if kind is date:
        return {"$date": value.isoformat()}
    return _from_number(value)


def _from_number(value: Any) -> Any:
    """Return a number of any make; what is none is left for JSON to refuse."""
    plain = value.item() if getattr(value, "ndim", None) == 0 else value
    if not isinstance(plain, float):
        return str(plain) if isinstance(plain, str) else plain
    return float(plain) if math.isfinite(plain) else {"$float": repr(float(plain))}


def _from_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: to_json_value(inner) for name, inner in value.items()}
    if all(type(name) is str and name[:1] != "$" for name in plain):
        return plain
    return {"$mapping": [list(pair) for pair in plain.items()]}


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
