"""Names that must be among those allowed."""

from __future__ import annotations

from foresto_lab.errors import UnknownNameError


def known_name(name: str, allowed: tuple[str, ...], kind: str) -> str:
    """Return a name if it is allowed, or raise UnknownNameError."""
    if name in allowed:
        return name
    raise UnknownNameError(kind=kind, given=name, allowed=allowed)
