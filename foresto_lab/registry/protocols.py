"""What the domain asks of a registry of definitions.

The contract of ``DefinitionRegistry``
--------------------------------------
- Names compare without case; name and version are unique within a kind.
- A version never changes: the same content again changes nothing, other content under
  it is refused. Nothing is deleted; what is not wanted any more is deactivated.
- The newest version is the highest by semantic versioning among the active ones.
- Tags and metadata are no content and may be replaced.
- Any number of processes may call anything at once; of two that save one version, one
  wins and the other is told so, unless they say the same.
- A save of several is whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from foresto_lab.registry.definition import (
        DefinitionKind,
        RegisteredDefinition,
    )


class DefinitionRegistry(Protocol):
    """Strategies, indicators and portfolios by name; see the module's text."""

    def save(self, definition: RegisteredDefinition) -> RegisteredDefinition:
        """Keep a version; return it as it is kept.

        Raises VersionTakenError when it is there with other content.
        """

    def save_all(self, definitions: Sequence[RegisteredDefinition]) -> Sequence[bool]:
        """Keep several, whole or not at all; return which of them were new."""

    def find(
        self, kind: DefinitionKind, name: str, version: str | None = None
    ) -> RegisteredDefinition:
        """Return one version; without a version the newest active one.

        Raises UnknownNameError for an unknown name or version, InactiveError when no
        version of the name is active.
        """

    def versions(
        self, kind: DefinitionKind, name: str
    ) -> Sequence[RegisteredDefinition]:
        """Return every version of a name, the oldest first.

        Raises UnknownNameError when there is none.
        """

    def definitions(
        self,
        kind: DefinitionKind | None = None,
        *,
        text: str | None = None,
        tags: Iterable[str] = (),
        include_inactive: bool = False,
    ) -> Sequence[RegisteredDefinition]:
        """Return versions by kind, name and version.

        ``text`` must occur in the name, a tag or the metadata, whatever its case;
        every one of ``tags`` must be there.
        """

    def set_active(
        self, kind: DefinitionKind, name: str, version: str, *, active: bool
    ) -> RegisteredDefinition:
        """Activate or deactivate a version."""

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
