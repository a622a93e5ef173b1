"""One version of a strategy, indicator or portfolio, as the registry keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from foresto_lab.canonical import canonical_json, sha256_of
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.registry.names import name_key, parse_name
from foresto_lab.registry.version import SemanticVersion

MAX_DEPTH: Final = 100
MAX_VALUES: Final = 200_000
MAX_CODE_LENGTH: Final = 1_000_000
INDICATOR_PARTS: Final[Mapping[str, Any]] = MappingProxyType(
    {"parameters": {}, "outputs": [], "warm_up": {}}
)
"""What an indicator's content says, and what is said for it when it does not."""
_TAG: Final = re.compile(r"\w[\w .:/+-]{0,63}")


class DefinitionKind(StrEnum):
    """What a definition defines."""

    STRATEGY = "strategy"
    INDICATOR = "indicator"
    PORTFOLIO = "portfolio"


SOURCES: Final[Mapping[DefinitionKind, tuple[str, ...]]] = MappingProxyType(
    {
        DefinitionKind.STRATEGY: ("json", "built_in", "python"),
        DefinitionKind.INDICATOR: ("talib", "built_in", "python"),
        DefinitionKind.PORTFOLIO: ("json",),
    }
)


@dataclass(frozen=True, slots=True)
class RegisteredDefinition:
    """One version of a definition.

    Parameters
    ----------
    kind : DefinitionKind
    name : str
        Compared without case.
    version : str
        A semantic version.
    source : str
        ``json``, ``built_in``, ``talib`` or ``python``.
    content : mapping
        A strategy: its definition in the JSON language; of Python code, its class and
        configuration. An indicator: ``parameters``, ``outputs`` and ``warm_up``. A
        portfolio: its sleeves and how they are weighted.
    code : str, optional
        Python source; there is some exactly when ``source`` is ``python``.
    is_active : bool
        An inactive version is only found by its version.
    tags : tuple of str
        Sorted, each once.
    metadata : mapping
        What else its author wants to keep beside it; no part of its content.
    registered_at, deactivated_at : datetime, optional
        UTC; None for one that is not stored, or is active.
    """

    kind: DefinitionKind
    name: str
    version: str
    source: str
    content: Mapping[str, Any]
    code: str | None = None
    is_active: bool = True
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    registered_at: datetime | None = None
    deactivated_at: datetime | None = None

    @property
    def checksum(self) -> str:
        """SHA-256 of the canonical content and code; names and versions do not count.

        Line endings of code do not count either.
        """
        return sha256_of(
            {
                "kind": str(self.kind),
                "source": self.source,
                "content": self.content,
                "code": self.code,
            }
        )

    @property
    def key(self) -> tuple[DefinitionKind, str, str]:
        """What a version is told from all others by."""
        return self.kind, name_key(self.name), self.version

    @property
    def reference(self) -> str:
        """The definition as commands name it: ``NAME@VERSION``."""
        return f"{self.name}@{self.version}"

    def at_version(self, version: str) -> RegisteredDefinition:
        """Return the same content as another version."""
        return replace(self, version=str(SemanticVersion.parse(version)))

    def to_dict(self) -> dict[str, Any]:
        """Return the version as plain JSON-ready values."""
        registered, deactivated = self.registered_at, self.deactivated_at
        return {
            "kind": str(self.kind),
            "name": self.name,
            "version": self.version,
            "source": self.source,
            "checksum": self.checksum,
            "is_active": self.is_active,
            "tags": list(self.tags),
            "metadata": dict(self.metadata),
            "content": dict(self.content),
            "code": self.code,
            "registered_at": registered.isoformat() if registered else None,
            "deactivated_at": deactivated.isoformat() if deactivated else None,
        }


def parse_definition(
    kind: str,
    name: object,
    version: object,
    content: object,
    *,
    source: str,
    code: object = None,
    is_active: bool = True,
    tags: Iterable[object] = (),
    metadata: object = None,
) -> RegisteredDefinition:
    """Return a definition of which every part has been checked.

    Raises
    ------
    InputError
        A part cannot be kept: the sentence names it.
    """
    known = _parse_kind(kind)
    if source not in SOURCES[known]:
        raise UnknownNameError(
            kind=f"{known} source", given=source, allowed=SOURCES[known]
        )
    return RegisteredDefinition(
        kind=known,
        name=parse_name(name),
        version=str(SemanticVersion.parse(version)),
        source=source,
        content=_parse_content(known, content),
        code=_parse_code(code, source),
        is_active=bool(is_active),
        tags=_parse_tags(tags),
        metadata=_parse_metadata({} if metadata is None else metadata),
    )


def _parse_kind(given: str) -> DefinitionKind:
    try:
        return DefinitionKind(given)
    except ValueError:
        raise UnknownNameError(
            kind="kind of definition", given=given, allowed=tuple(DefinitionKind)
        ) from None


def _parse_content(kind: DefinitionKind, given: object) -> Mapping[str, Any]:
    content = _parse_document(given, "the content")
    if kind is not DefinitionKind.INDICATOR:
        return content
    for name in content:
        if name not in INDICATOR_PARTS:
            raise UnknownNameError(
                kind="part of an indicator", given=name, allowed=tuple(INDICATOR_PARTS)
            )
    return MappingProxyType({**_plain(INDICATOR_PARTS), **content})


def _parse_metadata(given: object) -> Mapping[str, Any]:
    """Return metadata in its canonical form: databases keep no other."""
    document = _parse_document(given, "the metadata")
    return MappingProxyType(exact_numbers(json.loads(canonical_json(document))))


def exact_numbers(value: Any) -> Any:
    """Return a canonical document as it was: large whole numbers are floats in it."""
    if isinstance(value, dict):
        return {name: exact_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [exact_numbers(inner) for inner in value]
    is_large = isinstance(value, int) and abs(value) >= 2**53
    return float(value) if is_large else value


def _parse_document(given: object, what: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(
            message=f"{what} of a definition is {type(given).__name__}, but must be a "
            "mapping of names to values."
        )
    _require_storable(given, what)
    plain: dict[str, Any] = _plain(given)
    canonical_json(plain)
    return MappingProxyType(plain)


def _require_storable(given: object, what: str) -> None:
    """Refuse what no store keeps; walks without recursion, as depth is in question."""
    level: list[object] = [given]
    count = 0
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for value in level:
            if isinstance(value, Mapping):
                inner += [*value.keys(), *value.values()]
            elif isinstance(value, str):
                _require_text(value, what)
            elif isinstance(value, Sequence):
                inner += value
        count += len(inner)
        if not inner:
            return
        if count > MAX_VALUES:
            break
        level = inner
    raise InputError(
        message=f"{what} of a definition is nested deeper than {MAX_DEPTH} levels or "
        f"has more than {MAX_VALUES:,} values. Split it into several definitions."
    )


def _require_text(text: str, what: str) -> None:
    if "\0" in text:
        reason = "a NUL character"
    elif any("\ud800" <= sign <= "\udfff" for sign in text):
        reason = "half of a surrogate pair"
    else:
        return
    raise InputError(
        message=f"{what} of a definition holds the text {text[:40]!a}, which has "
        f"{reason}: no database keeps that. Take it out."
    )


def _plain(value: Any) -> Any:
    """Return a copy that nobody else holds, of JSON's own types where it can be."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    plain = value.item() if getattr(value, "ndim", None) == 0 else value
    if plain is None or isinstance(plain, (bool, str, int, float)):
        return plain
    raise InputError(
        message=f"{type(plain).__name__} is nothing that a definition can hold: use "
        "texts, numbers, true, false, null, lists and mappings."
    )


def _parse_code(code: object, source: str) -> str | None:
    if (source == "python") != (code is not None):
        wanted = "needs its code" if source == "python" else "has no code"
        raise InputError(message=f"A definition whose source is {source} {wanted}.")
    if code is None:
        return None
    if not isinstance(code, str) or not code.strip() or len(code) > MAX_CODE_LENGTH:
        raise InputError(
            message=f"The code of a definition is a text of 1 to {MAX_CODE_LENGTH:,} "
            "characters of Python."
        )
    _require_text(code, "the code")
    return code.replace("\r\n", "\n").replace("\r", "\n")


def _parse_tags(tags: Iterable[object]) -> tuple[str, ...]:
    given = [tags] if isinstance(tags, str) else list(tags)
    for tag in given:
        if not isinstance(tag, str) or not _TAG.fullmatch(tag.strip()):
            raise InputError(
                message=f"Tag {ascii(tag)[:80]} cannot be kept: a tag has 1 to 64 "
                "letters, digits, spaces and _ - . : / +, a letter or digit first."
            )
    return tuple(sorted({str(tag).strip() for tag in given}))
