"""Returns that have not been brought up to date with the prices."""

from __future__ import annotations

from collections.abc import Iterator

from foresto_lab.findings import Finding
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.types import Severity

MAX_SAMPLES = 10


def check_missing_returns(evidence: StoreEvidence) -> Iterator[Finding]:
    """Yield one finding over the instruments that lack returns.

    Each row of prices but an instrument's first has a return.
    """
    rows = evidence.coverage
    lacking = (rows["row_count"] - 1) - rows["return_count"]
    behind = rows[lacking > 0]
    if not len(behind):
        return
    names = behind["symbol"].tolist()
    yield Finding(
        "RETURNS_MISSING",
        Severity.WARNING,
        f"{int(lacking[lacking > 0].sum()):,} returns of {len(behind):,} instruments "
        "are missing.",
        where=names[0] if len(names) == 1 else f"{len(names):,} symbols",
        fix="Run `foresto data returns`.",
        count=int(lacking[lacking > 0].sum()),
        samples=tuple(names[:MAX_SAMPLES]),
    )
