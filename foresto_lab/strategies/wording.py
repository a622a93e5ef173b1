"""Values as they are shown in a sentence: short, and never failing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_LONGEST: Final = 60
_LARGEST_SHOWN_INTEGER: Final = 10**18


def shown(value: object) -> str:
    """Return any value in at most a few words, however large or deep it is."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
    if isinstance(value, Mapping):
        keys = ", ".join(shown(key) for key in list(value)[:4])
        return f"a mapping of {keys}" if keys else "an empty mapping"
    if isinstance(value, Sequence):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, int) and abs(value) > _LARGEST_SHOWN_INTEGER:
        return "an integer of more than 18 digits"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return f"a {type(value).__name__}"
