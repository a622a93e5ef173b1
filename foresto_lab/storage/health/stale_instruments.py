"""Instruments whose newest row lies many completed sessions back."""

from __future__ import annotations

from collections.abc import Iterator

from foresto_lab.findings import Finding
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.types import Severity

MAX_SAMPLES = 10


def check_stale_instruments(evidence: StoreEvidence) -> Iterator[Finding]:
    """Yield one finding over all stale instruments; simulated prices do not age."""
    rows = evidence.coverage
    stale = rows[rows["lag_sessions"] > evidence.limits.stale_sessions].sort_values(
        ["lag_sessions", "symbol"], ascending=[False, True]
    )
    if not len(stale):
        return
    names = stale["symbol"].tolist()
    yield Finding(
        "STALE_INSTRUMENT",
        Severity.WARNING,
        f"{len(stale):,} of {len(rows):,} instruments have no row for more than "
        f"{evidence.limits.stale_sessions} completed sessions.",
        where=names[0] if len(names) == 1 else f"{len(names):,} symbols",
        fix="Load newer prices, or leave instruments alone that trade no more.",
        count=len(stale),
        samples=tuple(
            f"{row.symbol} {str(row.last_date)[:10]} ({row.lag_sessions:,} sessions)"
            for row in stale.head(MAX_SAMPLES).itertuples()
        ),
    )
