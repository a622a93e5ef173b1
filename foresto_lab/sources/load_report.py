"""What the load of a file did, whatever the file held."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresto_lab.findings import Finding
from foresto_lab.market.protocols import LoadOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLoadReport(ABC):
    """What the loads of prices and of candles have in common."""

    path: Path
    outcome: LoadOutcome
    findings: tuple[Finding, ...]
    columns: Mapping[str, str]
    """The header that each field was taken from."""
    unused: tuple[str, ...]
    checksum: str

    @property
    def row_count(self) -> int:
        """The number of rows of the file that were loaded."""
        return self.outcome.rows_received

    @abstractmethod
    def held(self) -> dict[str, Any]:
        """Return what the file held, as plain JSON-ready values."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "path": str(self.path),
            "status": "loaded",
            "rows_received": self.outcome.rows_received,
            "rows_inserted": self.outcome.rows_inserted,
            "rows_updated": self.outcome.rows_updated,
            "rows_unchanged": self.outcome.rows_unchanged,
            "data_version": self.outcome.data_version,
            **self.held(),
            "columns": dict(self.columns),
            "unused": list(self.unused),
            "checksum": self.checksum,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def _repr_html_(self) -> str:
        head, *lines = str(self).split("\n")
        items = "".join(f"<li>{html.escape(line.strip())}</li>" for line in lines)
        return f"<p>{html.escape(head)}</p><ul>{items}</ul>"
