"""The registry of strategies, indicators and portfolios, in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from foresto_lab.errors import (
    CorruptStoreError,
    InactiveError,
    UnknownNameError,
    VersionTakenError,
)
from foresto_lab.registry import (
    INDICATOR_PARTS,
    DefinitionKind,
    RegisteredDefinition,
    SemanticVersion,
    exact_numbers,
    name_key,
    parse_definition,
)
from foresto_lab.storage.models import (
    StoredIndicator,
    StoredPortfolio,
    StoredStrategy,
)
from foresto_lab.storage.run_registry import utc_now
from foresto_lab.storage.values import from_json_value, to_json_value

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.storage.database import Database

Row = StoredStrategy | StoredIndicator | StoredPortfolio
MODELS: Mapping[DefinitionKind, type[Row]] = MappingProxyType(
    {
        DefinitionKind.STRATEGY: StoredStrategy,
        DefinitionKind.INDICATOR: StoredIndicator,
        DefinitionKind.PORTFOLIO: StoredPortfolio,
    }
)


@dataclass(frozen=True, slots=True)
class _Saved:
    definition: RegisteredDefinition
    is_new: bool


class DatabaseRegistry:
    """The ``DefinitionRegistry`` of a workspace; the protocol states its contract.

    Parameters
    ----------
    database : Database
        The catalog.
    clock : callable
        Gives the instants that are recorded.
    """

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._clock = clock

    # --- writing ----------------------------------------------------------------------

    def save(self, definition: RegisteredDefinition) -> RegisteredDefinition:
        """Keep a version; return it as it is kept."""
        with self._database.writing_alone() as session:
            return self._save(session, definition).definition

    def save_all(self, definitions: Sequence[RegisteredDefinition]) -> Sequence[bool]:
        """Keep several, whole or not at all; return which of them were new."""
        with self._database.writing_alone() as session:
            return tuple(self._save(session, item).is_new for item in definitions)

    def _save(self, session: Session, definition: RegisteredDefinition) -> _Saved:
        rows = _rows_of(session, definition.kind, definition.name)
        there = next((r for r in rows if r.version == definition.version), None)
        if there is not None:
            if there.checksum != definition.checksum:
                raise _taken(definition, rows)
            return _Saved(_definition(definition.kind, there), is_new=False)
        now = self._clock()
        row = MODELS[definition.kind](
            name=rows[0].name if rows else definition.name,
            name_key=name_key(definition.name),
            version=definition.version,
            checksum=definition.checksum,
            source=definition.source,
            is_active=definition.is_active,
            tags=list(definition.tags),
            details=to_json_value(definition.metadata),
            registered_at=now,
            deactivated_at=None if definition.is_active else now,
            **_content_columns(definition),
        )
        session.add(row)
        session.flush()
        return _Saved(_definition(definition.kind, row), is_new=True)

    def set_active(
        self, kind: DefinitionKind, name: str, version: str, *, active: bool
    ) -> RegisteredDefinition:
        """Activate or deactivate a version."""
        with self._database.writing_alone() as session:
            row = _version_row(session, kind, name, version)
            if row.is_active != active:
                row.is_active = active
                row.deactivated_at = None if active else self._clock()
                session.flush()
            return _definition(kind, row)

    def describe(
        self,
        kind: DefinitionKind,
        name: str,
        version: str,
        *,
        tags: Iterable[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> RegisteredDefinition:
        """Replace a version's tags or metadata, whichever is given."""
        with self._database.writing_alone() as session:
            row = _version_row(session, kind, name, version)
            stored = _definition(kind, row)
            wanted = parse_definition(
                kind,
                stored.name,
                stored.version,
                stored.content,
                source=stored.source,
                code=stored.code,
                tags=stored.tags if tags is None else tags,
                metadata=stored.metadata if metadata is None else metadata,
            )
            row.tags = list(wanted.tags)
            row.details = to_json_value(wanted.metadata)
            session.flush()
            return _definition(kind, row)

    # --- reading ----------------------------------------------------------------------

    def find(
        self, kind: DefinitionKind, name: str, version: str | None = None
    ) -> RegisteredDefinition:
        """Return one version; without a version the newest active one."""
        with self._database.reading() as session:
            if version is not None:
                return _checked(kind, _version_row(session, kind, name, version))
            rows = _known_rows(session, kind, name)
            active = [row for row in rows if row.is_active]
            if not active:
                raise InactiveError(
                    kind=kind.capitalize(),
                    name=rows[0].name,
                    versions=", ".join(row.version for row in rows),
                )
            return _checked(kind, active[-1])

    def versions(
        self, kind: DefinitionKind, name: str
    ) -> Sequence[RegisteredDefinition]:
        """Return every version of a name, the oldest first."""
        with self._database.reading() as session:
            rows = _known_rows(session, kind, name)
            return tuple(_checked(kind, row) for row in rows)

    def definitions(
        self,
        kind: DefinitionKind | None = None,
        *,
        text: str | None = None,
        tags: Iterable[str] = (),
        include_inactive: bool = False,
    ) -> Sequence[RegisteredDefinition]:
        """Return versions by kind, name and version; see the protocol."""
        kinds = tuple(DefinitionKind) if kind is None else (kind,)
        with self._database.reading() as session:
            found = [
                _definition(each, row)
                for each in kinds
                for row in _all_rows(session, each)
                if row.is_active or include_inactive
            ]
        wanted = {tag.casefold() for tag in tags}
        chosen = [
            item
            for item in found
            if wanted <= {tag.casefold() for tag in item.tags} and _says(item, text)
        ]
        return tuple(sorted(chosen, key=_place))


def _rows_of(session: Session, kind: DefinitionKind, name: str) -> list[Row]:
    """Return the rows of a name's versions, the oldest first."""
    query = select(MODELS[kind]).filter_by(name_key=name_key(name))
    return sorted(session.scalars(query), key=_version_of)


def _all_rows(session: Session, kind: DefinitionKind) -> Sequence[Row]:
    query: Select[Row] = select(MODELS[kind])
    return session.scalars(query).all()


def _known_rows(session: Session, kind: DefinitionKind, name: str) -> list[Row]:
    rows = _rows_of(session, kind, name) if "\0" not in name else []
    if not rows:
        names = session.scalars(select(MODELS[kind].name).distinct()).all()
        raise UnknownNameError(kind=str(kind), given=name, allowed=tuple(sorted(names)))
    return rows


def _version_row(
    session: Session, kind: DefinitionKind, name: str, version: str
) -> Row:
    rows = _known_rows(session, kind, name)
    for row in rows:
        if row.version == version:
            return row
    raise UnknownNameError(
        kind=f"version of {kind} {rows[0].name}",
        given=version,
        allowed=tuple(row.version for row in rows),
    )


def _version_of(row: Row) -> SemanticVersion:
    return SemanticVersion.parse(row.version)


def _taken(definition: RegisteredDefinition, rows: Sequence[Row]) -> VersionTakenError:
    return VersionTakenError(
        kind=definition.kind.capitalize(),
        name=rows[0].name,
        version=definition.version,
        next_version=str(_version_of(rows[-1]).next_patch()),
    )


def _content_columns(definition: RegisteredDefinition) -> dict[str, Any]:
    content = to_json_value(definition.content)
    if definition.kind is DefinitionKind.PORTFOLIO:
        return {"definition": content}
    if definition.kind is DefinitionKind.STRATEGY:
        return {"definition": content, "code": definition.code}
    parts = {name: content[name] for name in INDICATOR_PARTS}
    return {**parts, "code": definition.code}


def _content(row: Row) -> dict[str, Any]:
    if not isinstance(row, StoredIndicator):
        content: dict[str, Any] = from_json_value(row.definition)
        return content
    return {name: from_json_value(getattr(row, name)) for name in INDICATOR_PARTS}


def _definition(kind: DefinitionKind, row: Row) -> RegisteredDefinition:
    """Return what a row holds."""
    return RegisteredDefinition(
        kind=kind,
        name=row.name,
        version=row.version,
        source=row.source,
        content=MappingProxyType(_content(row)),
        code=None if isinstance(row, StoredPortfolio) else row.code,
        is_active=row.is_active,
        tags=tuple(row.tags),
        metadata=MappingProxyType(exact_numbers(from_json_value(row.details))),
        registered_at=row.registered_at,
        deactivated_at=row.deactivated_at,
    )


def _checked(kind: DefinitionKind, row: Row) -> RegisteredDefinition:
    """Return what a row holds; raise CorruptStoreError when that was changed."""
    definition = _definition(kind, row)
    if definition.checksum != row.checksum:
        raise CorruptStoreError(
            path=f"{kind} {row.name} {row.version}",
            reason="its content is not what its checksum says.",
            fix="Deactivate it and import it again under another version.",
        )
    return definition


def _says(definition: RegisteredDefinition, text: str | None) -> bool:
    if not text:
        return True
    told = [definition.name, *definition.tags, *_texts(definition.metadata)]
    return any(text.casefold() in each.casefold() for each in told)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)


def _place(item: RegisteredDefinition) -> tuple[str, str, SemanticVersion]:
    return str(item.kind), name_key(item.name), SemanticVersion.parse(item.version)
