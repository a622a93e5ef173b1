"""Loads: rows by COPY into PostgreSQL, as one upsert in one transaction.

Rows of months that are missing go straight into partitions made for them. Rows of the
other months are compared with what is there, and what is equal is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.storage.data_versions import following, rows_digest
from foresto_lab.storage.layouts import TableLayout
from foresto_lab.storage.postgresql.arrow_session import (
    ArrowSession,
    arrow_transaction,
)
from foresto_lab.storage.postgresql.series_merges import merge_months
from foresto_lab.storage.postgresql.series_months import (
    fill_months,
    missing_months,
    rows_by_month,
)
from foresto_lab.storage.postgresql.series_versions import (
    Changes,
    SeriesState,
    lock_table,
    newest_state,
    record_state,
    replace_marks,
)
from foresto_lab.storage.postgresql.series_writing import Target
from foresto_lab.storage.sorted_rows import SortedRows

if TYPE_CHECKING:
    from foresto_lab.storage.postgresql.database import PostgresDatabase


@dataclass(frozen=True)
class Upsert:
    """Rows to bring into a table, and the states of others that they rest on."""

    rows: SortedRows
    marks: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """The rows' content digest."""
        return rows_digest(self.rows)


def upsert(
    database: PostgresDatabase,
    layout: TableLayout,
    prepare: Callable[[ArrowSession], Upsert | None],
) -> LoadOutcome:
    """Bring rows into a table in one transaction; writers of one table take turns.

    ``prepare`` gives the rows when it is this writer's turn, or None for nothing.

    Raises
    ------
    PartitionMissingError
        A month is missing and this role may not make it.
    StorageError
        The database refused a row, or could not be reached. Nothing was written.
    """
    with arrow_transaction(database) as session:
        lock_table(session, layout.name)
        wanted = prepare(session)
        state = newest_state(session, layout.name)
        if wanted is None:
            return LoadOutcome(0, 0, 0, 0, state.name)
        target = Target(session, layout, state.number + 1)
        changes = _write(target, wanted.rows)
        if changes:
            name = following(state.name, wanted.digest)
            state = SeriesState(state.number + 1, name, wanted.marks)
            record_state(
                session, layout.name, state, changes=changes, digest=wanted.digest
            )
        elif wanted.marks and state.number:
            replace_marks(session, layout.name, state, wanted.marks)
    count = len(wanted.rows)
    return LoadOutcome(
        rows_received=count,
        rows_inserted=changes.inserted,
        rows_updated=changes.updated,
        rows_unchanged=count - changes.inserted - changes.updated,
        data_version=state.name,
    )


def _write(target: Target, rows: SortedRows) -> Changes:
    """Write what of the rows is not there yet; return what that was."""
    if not len(rows):
        return Changes()
    by_month = rows_by_month(rows)
    missing = missing_months(target, list(by_month))
    fresh = {m: places for m, places in by_month.items() if m in missing}
    known = {m: places for m, places in by_month.items() if m not in missing}
    changes = fill_months(target, rows, fresh) if fresh else Changes()
    return changes + merge_months(target, rows, known) if known else changes
