"""The size of a table, on either store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table's rows and the room it takes.

    Attributes
    ----------
    rows : int
        Exact in the embedded store, an estimate of the server's on PostgreSQL.
    size_bytes : int or None
        With its indexes and partitions; None for a table inside the SQLite file.
    """

    name: str
    rows: int
    size_bytes: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return the size as plain JSON-ready values."""
        return {"name": self.name, "rows": self.rows, "size_bytes": self.size_bytes}
