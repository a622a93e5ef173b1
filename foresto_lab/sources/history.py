"""What source_load_history records of a load, or of its refusal."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from foresto_lab.errors import DataFileError, QualityError, StorageError
from foresto_lab.findings import Finding, errors_in
from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.runs.protocols import Catalog
from foresto_lab.types import Severity


class RecordedOptions(Protocol):
    """Options of a load that say what they are."""

    def to_dict(self) -> dict[str, Any]:
        """Return the options that differ from the defaults, JSON-ready."""


@dataclass(frozen=True, slots=True)
class LoadHistory:
    """Writes the rows of source_load_history of one load."""

    catalog: Catalog
    source: Path | str
    """The file, or the connector with the symbol: ``yfinance:SPY``."""
    table: str
    options: RecordedOptions
    loaded_at: datetime

    def record(
        self,
        checksum: str,
        findings: tuple[Finding, ...],
        outcome: LoadOutcome | None,
    ) -> None:
        """Record a load; ``outcome`` None for a refused one."""
        self.catalog.record_load(
            source=str(self.source),
            checksum=checksum,
            table=self.table,
            outcome=outcome,
            findings=findings,
            loaded_at=self.loaded_at,
            options=self.options.to_dict(),
        )

    def record_refusal(self, checksum: str, findings: tuple[Finding, ...]) -> None:
        """Record a refused file; a catalog that cannot be written hides no reason."""
        if not checksum:  # there was no file
            return
        with contextlib.suppress(StorageError):
            self.record(checksum, findings, None)

    def refuse_errors(
        self, checksum: str, findings: tuple[Finding, ...], *, recorded: bool = True
    ) -> None:
        """Raise for rows that break an error-level rule; the refusal is recorded.

        Raises
        ------
        QualityError
            A finding is an error.
        """
        errors = errors_in(findings)
        if not errors:
            return
        if recorded:
            self.record_refusal(checksum, findings)
        raise QualityError(source=str(self.source), findings=errors)


def as_finding(error: DataFileError) -> Finding:
    """Return why a file cannot be read, as a finding."""
    return Finding(
        code="FILE_UNREADABLE",
        severity=Severity.ERROR,
        message=error.reason,
        where=Path(error.path).name,
        fix=error.fix,
    )
