"""Where the lake lies: the one place that joins its paths."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Location:
    """A folder or file of the lake: a local path, later an object store's URL."""

    uri: str

    @classmethod
    def of(cls, place: str | os.PathLike[str]) -> Location:
        """Return the location of a path, made absolute, or of a URL, as it is."""
        text = os.fspath(place)
        return cls(text if "://" in text else os.path.abspath(text))

    def child(self, *names: str) -> Location:
        """Return a location below this one; a name may hold several levels."""
        return Location("/".join([self.uri.rstrip("/"), *names]))

    @property
    def path(self) -> Path:
        """The location as a local path."""
        return Path(self.uri)

    def __str__(self) -> str:
        """Return the path or URL, as errors show it."""
        return self.uri
