"""What an update did, symbol by symbol."""

from __future__ import annotations

import html
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from foresto_lab.errors import ForestoError
from foresto_lab.findings import Finding, warnings_in
from foresto_lab.sources.connectors.jobs import Job

INTERRUPTED_EXIT_CODE = 130
FROM_A_FILE = "loaded from files; name them with a source to go on from it."


class UpdateStatus(StrEnum):
    """How the update of one symbol ended."""

    UPDATED = "updated"
    RELOADED = "reloaded"
    WOULD_UPDATE = "would update"
    UP_TO_DATE = "up to date"
    NOTHING_GIVEN = "nothing given"
    RESTATED = "restated"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class SymbolUpdate:
    """What became of one symbol, or of its candles of one timeframe.

    Parameters
    ----------
    symbol, source : str
    status : UpdateStatus
    timeframe : str
        Of candles; empty for daily prices.
    rows_inserted, rows_updated, rows_compared : int
        Compared: stored rows that were asked for again.
    first_new, last_stored : str
        The first row that is new, and the last one stored now: dates or open times.
    findings : tuple of Finding
    message : str
        Why it was not done, in a sentence.
    exit_code : int
        0, or what a command should end with for this symbol's sake.
    """

    symbol: str
    source: str
    status: UpdateStatus
    timeframe: str = ""
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_compared: int = 0
    first_new: str = ""
    last_stored: str = ""
    findings: tuple[Finding, ...] = ()
    message: str = ""
    exit_code: int = 0

    @property
    def title(self) -> str:
        """The symbol, with the timeframe of candles."""
        return f"{self.symbol} {self.timeframe}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON-ready values."""
        return {
            "symbol": self.symbol,
            "source": self.source,
            "timeframe": self.timeframe or None,
            "status": str(self.status),
            "rows_inserted": self.rows_inserted,
            "rows_updated": self.rows_updated,
            "rows_compared": self.rows_compared,
            "first_new": self.first_new or None,
            "last_stored": self.last_stored or None,
            "message": self.message or None,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        """Return the symbol and what became of it, in a line."""
        rows = f", {self.rows_inserted:,} new rows" if self.rows_inserted else ""
        last = f", to {self.last_stored}" if self.last_stored else ""
        said = f": {self.message}" if self.message else ""
        return f"{self.title} ({self.source}): {self.status}{rows}{last}{said}"


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did.

    Parameters
    ----------
    updates : tuple of SymbolUpdate
        In the order in which they were asked for, those not tried too.
    interrupted : bool
        It was stopped by Ctrl-C; what had been done is stored.
    dry_run : bool
        Nothing was stored.
    """

    updates: tuple[SymbolUpdate, ...]
    interrupted: bool = False
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """0 where every symbol is well, else what the first one that is not says."""
        if self.interrupted:
            return INTERRUPTED_EXIT_CODE
        return next((u.exit_code for u in self.updates if u.exit_code), 0)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in the order of the symbols."""
        return tuple(f for update in self.updates for f in update.findings)

    def count(self, *statuses: UpdateStatus) -> int:
        """Return how many symbols ended so."""
        return sum(update.status in statuses for update in self.updates)

    def headline(self) -> str:
        """Return how many symbols ended how, and how many rows are new, in a line."""
        if not self.updates:
            return "Nothing to update."
        counts = [
            f"{self.count(status):,} {status}"
            for status in UpdateStatus
            if self.count(status)
        ]
        new = sum(update.rows_inserted for update in self.updates)
        verb = "would be new" if self.dry_run else "new"
        warned = len(warnings_in(self.findings))
        warnings = f"; {warned:,} warning{'' if warned == 1 else 's'}" if warned else ""
        return f"{', '.join(counts)}; {new:,} rows {verb}{warnings}."

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "interrupted": self.interrupted,
            "dry_run": self.dry_run,
            "rows_inserted": sum(u.rows_inserted for u in self.updates),
            "rows_updated": sum(u.rows_updated for u in self.updates),
            "updates": [update.to_dict() for update in self.updates],
        }

    def __str__(self) -> str:
        """Return the headline and a line a symbol."""
        stopped = ["Stopped. What was done is stored; run it again to go on."]
        lines = [self.headline(), *(stopped if self.interrupted else [])]
        return "\n".join([*lines, *(f"  {update}" for update in self.updates)])

    def _repr_html_(self) -> str:
        head, *lines = str(self).split("\n")
        items = "".join(f"<li>{html.escape(line.strip())}</li>" for line in lines)
        return f"<p>{html.escape(head)}</p><ul>{items}</ul>"


def failed_update(error: ForestoError, job: Job) -> SymbolUpdate:
    """Return what an error made of a symbol's update."""
    kind = type(error).__name__
    statuses = {
        "RestatedHistoryError": UpdateStatus.RESTATED,
        "QualityError": UpdateStatus.REFUSED,
    }
    return SymbolUpdate(
        symbol=job.symbol,
        source=job.source,
        status=statuses.get(kind, UpdateStatus.FAILED),
        timeframe=job.timeframe,
        last_stored=job.last_stored,
        findings=tuple(error.facts.get("findings", ())),
        message=str(error),
        exit_code=error.exit_code,
    )


def not_tried(job: Job, message: str) -> SymbolUpdate:
    """Return that a symbol was not asked for, and why."""
    return SymbolUpdate(
        job.symbol,
        job.source,
        UpdateStatus.NOT_TRIED,
        job.timeframe,
        last_stored=job.last_stored,
        message=message,
    )
