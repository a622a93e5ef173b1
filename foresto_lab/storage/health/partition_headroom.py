"""Months that will be needed and have no partition yet; PostgreSQL only."""

from __future__ import annotations

from collections.abc import Iterator

from foresto_lab.findings import Finding
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.types import Severity


def check_partition_headroom(evidence: StoreEvidence) -> Iterator[Finding]:
    """Yield one finding a table that runs out of months.

    Writers make a missing month themselves where they may; this tells in time where
    they may not.
    """
    if evidence.storage.database.dialect != "postgresql":
        return
    from foresto_lab.storage.postgresql.months import monthly_tables
    from foresto_lab.storage.postgresql.partitions import (
        list_partitions,
        months_ahead,
    )

    with evidence.storage.postgres.connection() as connection:
        partitions = list_partitions(connection)
        tables = monthly_tables(connection)
    for table in tables:
        own = [partition for partition in partitions if partition.table == table]
        ahead = months_ahead(own, evidence.now.date())
        if ahead < evidence.limits.months_ahead:
            yield Finding(
                "PARTITION_HEADROOM",
                Severity.WARNING,
                f"Partitions reach {ahead} months beyond this one; "
                f"{evidence.limits.months_ahead} are wanted.",
                where=table,
                fix="Run `foresto db partitions`.",
                details={"months_ahead": ahead},
            )
