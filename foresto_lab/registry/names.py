"""How definitions are named: one spelling per name, whatever its case or encoding."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from foresto_lab.errors import InputError
from foresto_lab.registry.version import SemanticVersion

MAX_LENGTH: Final = 64
_NAME: Final = re.compile(r"[^\W_](?:[\w .+()-]*[\w+)])?")
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
"""What Windows takes for a device, whatever follows the first dot."""


def parse_name(given: object) -> str:
    """Return a definition's name, its letters composed and no space around it.

    A name has 1 to 64 letters, digits and inner spaces of any script, and ``_ - . + (
    )``; it begins with a letter or digit. So it can be a file's name, and be written
    before an ``@`` and a version.

    Raises
    ------
    InputError
        It is no such name.
    """
    name = unicodedata.normalize("NFC", given).strip() if isinstance(given, str) else ""
    if len(name) > MAX_LENGTH or not _NAME.fullmatch(name) or _is_device(name):
        raise InputError(
            message=f"{_shown(given)} cannot name a strategy, an indicator or a "
            f"portfolio: use 1 to {MAX_LENGTH} letters, digits, spaces and _ - . + ( "
            "), a letter or digit first."
        )
    return name


def name_key(name: str) -> str:
    """Return what names are compared by: case does not matter."""
    return unicodedata.normalize("NFC", name.strip().casefold())


def split_reference(given: str) -> tuple[str, str | None]:
    """Return the name and version of ``NAME`` or ``NAME@VERSION``.

    Raises
    ------
    InputError
        The name or the version is none.
    """
    name, mark, version = given.rpartition("@")
    if not mark:
        return parse_name(given), None
    return parse_name(name), str(SemanticVersion.parse(version.strip()))


def _is_device(name: str) -> bool:
    return _DEVICES.fullmatch(name.casefold()) is not None


def _shown(given: object) -> str:
    text = ascii(given) if isinstance(given, str) and not given.isprintable() else None
    text = text or repr(given)
    return text if len(text) <= 80 else f"{text[:77]}..."
