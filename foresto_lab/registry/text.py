"""Definitions as JSON texts that live well in git: one per name, every version in it.

The same versions always give the same bytes: keys in a fixed order, versions from the
oldest on, code as a list of lines, a newline at the end, and nothing of when or by whom
they were registered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn

from foresto_lab.errors import DefinitionFileError, ForestoError
from foresto_lab.registry.definition import (
    DefinitionKind,
    RegisteredDefinition,
    parse_definition,
)
from foresto_lab.registry.names import name_key
from foresto_lab.registry.version import SemanticVersion

MAX_BYTES: Final = 20_000_000
FILE_KEYS: Final = ("kind", "name", "versions")
VERSION_KEYS: Final = (
    *("version", "source", "checksum", "is_active", "tags", "metadata"),
    *("content", "code"),
)


def file_name(name: str) -> str:
    """Return the name of the file that a definition's versions are exported to."""
    return f"{name_key(name)}.json"


def definitions_to_text(versions: Sequence[RegisteredDefinition]) -> str:
    """Return all versions of one name as a JSON text."""
    ordered = sorted(versions, key=lambda item: SemanticVersion.parse(item.version))
    document = {
        "kind": str(ordered[0].kind),
        "name": ordered[0].name,
        "versions": [_version_document(item) for item in ordered],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _version_document(item: RegisteredDefinition) -> dict[str, Any]:
    document = {
        "version": item.version,
        "source": item.source,
        "checksum": item.checksum,
        "is_active": item.is_active,
        "tags": list(item.tags),
        "metadata": dict(item.metadata),
        "content": dict(item.content),
    }
    if item.code is not None:
        document["code"] = item.code.split("\n")
    return document


def definitions_from_text(text: str, path: str) -> tuple[RegisteredDefinition, ...]:
    """Return the versions that a text of ``definitions_to_text`` holds.

    Parameters
    ----------
    text : str
        The file's content.
    path : str
        Where it comes from, for errors.

    Raises
    ------
    DefinitionFileError
        It is no such text, or its content is not what its checksum says.
    """
    document = parse_json(text, path)
    _require_keys(document, FILE_KEYS, path, "the file")
    kind, versions = document.get("kind"), document.get("versions")
    if kind not in tuple(DefinitionKind) or not isinstance(versions, list):
        raise DefinitionFileError(
            path=path,
            reason='it is no exported definition: "kind" is "strategy", "indicator" or '
            '"portfolio", and "versions" a list.',
            fix="A bare strategy is added with `foresto strategies add FILE`, a bare "
            "portfolio with `foresto portfolios add FILE`.",
        )
    found = [
        _parse_version(kind, document.get("name"), item, path, place)
        for place, item in enumerate(versions)
    ]
    _require_different(found, path)
    return tuple(found)


def _parse_version(
    kind: str, name: object, item: object, path: str, place: int
) -> RegisteredDefinition:
    where = f"versions[{place}]"
    _require_keys(item, VERSION_KEYS, path, where)
    assert isinstance(item, Mapping)
    try:
        parsed = parse_definition(
            kind,
            name,
            item.get("version"),
            item.get("content"),
            source=item.get("source", "python" if kind == "indicator" else "json"),
            code=_joined(item.get("code")),
            is_active=_flag(item.get("is_active", True)),
            tags=_list(item.get("tags", [])),
            metadata=item.get("metadata", {}),
        )
    except ForestoError as error:
        raise DefinitionFileError(
            path=path, reason=f"{where}: {error}", fix=""
        ) from None
    stated = item.get("checksum")
    if stated is not None and stated != parsed.checksum:
        raise DefinitionFileError(
            path=path,
            reason=f"{where}: the content of {parsed.reference} is not what its "
            "checksum says: it was edited, or damaged.",
            fix="Undo the edit; to keep it, write it as another version without "
            '"checksum".',
        )
    return parsed


def parse_json(text: str, path: str) -> dict[str, Any]:
    """Return the JSON mapping that a text holds.

    Raises
    ------
    DefinitionFileError
        It is none, says a name twice in one mapping, or holds NaN or an infinity.
    """
    reason = ""
    try:
        document = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_mapping,
            parse_constant=_no_constant,
        )
        if isinstance(document, dict):
            return document
        reason = f"it holds a {type(document).__name__}, not a mapping."
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno} is no JSON: {error.msg}."
    except RecursionError:
        reason = "it is nested too deeply."
    except ValueError as error:
        reason = f"{error}"
    raise DefinitionFileError(path=path, reason=reason, fix="Correct the file.")


def _mapping(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for name, value in pairs:
        if name in mapping:
            raise ValueError(f"{ascii(name)[:80]} is there twice in one mapping.")
        mapping[name] = value
    return mapping


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number that JSON has.")


def _require_keys(given: object, allowed: Sequence[str], path: str, where: str) -> None:
    if not isinstance(given, dict):
        fault = f"is a {type(given).__name__}"
    else:
        unknown = next((key for key in given if key not in allowed), None)
        fault = "" if unknown is None else f"has the unknown key {unknown[:80]!a}"
    if fault:
        raise DefinitionFileError(
            path=path,
            reason=f"{where} {fault}; a mapping of {', '.join(allowed)} is expected.",
            fix="Correct the file, or export it again.",
        )


def _require_different(found: Sequence[RegisteredDefinition], path: str) -> None:
    seen: set[str] = set()
    for item in found:
        if item.version in seen:
            raise DefinitionFileError(
                path=path,
                reason=f"version {item.version} is there twice.",
                fix="Keep one of them.",
            )
        seen.add(item.version)


def _joined(code: object) -> object:
    if isinstance(code, list) and all(isinstance(line, str) for line in code):
        return "\n".join(code)
    return code


def _flag(given: object) -> bool:
    if isinstance(given, bool):
        return given
    raise DefinitionFileError(
        path="is_active", reason=f"{given!r} is neither true nor false.", fix=""
    )


def _list(given: object) -> list[object]:
    return given if isinstance(given, list) else [given]
