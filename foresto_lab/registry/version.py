"""Semantic versions (semver.org, 2.0.0): how they are written and which is newer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

from foresto_lab.errors import VersionError

MAX_LENGTH: Final = 64
_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_PATTERN: Final = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<preview>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)


@total_ordering
@dataclass(frozen=True, slots=True)
class SemanticVersion:
    """A version such as ``1.4.0`` or ``2.0.0-rc.1``; a release follows its previews.

    Ordered by the precedence of semver.org. Build metadata (``+...``) counts for
    nothing there; two versions that differ in it alone are ordered by its text, so
    that any set of versions has one newest.
    """

    major: int
    minor: int
    patch: int
    preview: tuple[str, ...] = ()
    build: str = ""

    @classmethod
    def parse(cls, text: object) -> SemanticVersion:
        """Return the version that a text says.

        Raises
        ------
        VersionError
            It is none.
        """
        match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
        if match is None or not isinstance(text, str) or len(text) > MAX_LENGTH:
            raise VersionError(given=text)
        return cls(
            int(match["major"]),
            int(match["minor"]),
            int(match["patch"]),
            tuple(match["preview"].split(".")) if match["preview"] else (),
            match["build"] or "",
        )

    def next_patch(self) -> SemanticVersion:
        """Return the smallest release above this version."""
        patch = self.patch if self.preview else self.patch + 1
        return SemanticVersion(self.major, self.minor, patch)

    def __lt__(self, other: object) -> bool:
        """Return whether the other version is newer."""
        if not isinstance(other, SemanticVersion):
            return NotImplemented
        return self._rank() < other._rank()

    def _rank(self) -> tuple[object, ...]:
        preview = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in self.preview
        )
        numbers = (self.major, self.minor, self.patch)
        return (*numbers, not self.preview, preview, self.build)

    def __str__(self) -> str:
        """Return the version as it is written."""
        preview = f"-{'.'.join(self.preview)}" if self.preview else ""
        build = f"+{self.build}" if self.build else ""
        return f"{self.major}.{self.minor}.{self.patch}{preview}{build}"
