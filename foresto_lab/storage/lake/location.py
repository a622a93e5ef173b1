"""Where the lake lies: the one place that joins its paths."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from foresto_lab.errors import StorageError

_PERCENT_ENCODED = re.compile("%[0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Location:
    """A folder or file of the lake: a local path, later an object store's URL."""

    uri: str

    @classmethod
    def of(cls, place: str | os.PathLike[str]) -> Location:
        """Return the location of a path, made absolute, or of a URL, as it is.

        Raises
        ------
        StorageError
            The path has a ``%20`` or the like in a name, which Delta Lake would
            decode and then look for another folder.
        """
        text = os.fspath(place)
        if "://" in text:
            return cls(text)
        path = os.path.abspath(text)
        encoded = _PERCENT_ENCODED.search(path)
        if encoded:
            raise StorageError(
                message=f"{path} cannot hold prices: Delta Lake takes {encoded[0]!r} "
                "in a name for an encoded character. Rename the folder, or "
                "choose another workspace with --home or FORESTO_HOME."
            )
        return cls(path)

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
