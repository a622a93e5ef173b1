"""What the catalog and the run store ask of the database beneath them.

Both databases keep the same promises; how each does it is told where it is done.

- A reading session sees one unchanging state.
- A writing session commits its changes together at its end, or none of them.
- Nobody who uses a Database sees a lock error, or the password in its URL.
- One Database serves any number of threads, and forked children, who open
  connections of their own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Database(Protocol):
    """The tables of a catalog; see the module's text for what holds for each."""

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which database it is."""

    @property
    def location(self) -> str:
        """Where it is, to be shown: a file, or a server and database, no password."""

    def reading(self) -> AbstractContextManager[Session]:
        """Give a session that sees one unchanging state."""

    def writing(self) -> AbstractContextManager[Session]:
        """Give a session whose changes are committed together at its end."""

    def writing_alone(self) -> AbstractContextManager[Session]:
        """Give a writing session that is the only such one while it lasts.

        For what is read and then decided on: definitions by name, seeds, crashes.
        """

    def close(self) -> None:
        """Close this process's connections; the next use opens new ones."""
