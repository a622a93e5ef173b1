"""What every way of writing rows shares: the table, its columns, its coverage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from foresto_lab.storage.layouts import TableLayout
from foresto_lab.storage.postgresql.arrow_session import (
    ArrowSession,
    literal,
    literal_texts,
)
from foresto_lab.storage.postgresql.series_versions import Changes
from foresto_lab.storage.sorted_rows import SortedRows, Times

VERSIONED_TABLES = ("daily_price",)
"""Tables whose rows carry the number of the state that they came with, and whose
replaced rows are kept."""

COVER = """
INSERT INTO series_coverage (table_name, symbol, first_date, last_date, row_count)
SELECT {table}, * FROM unnest({symbols}, {firsts}, {lasts}, {counts})
ON CONFLICT (table_name, symbol) DO UPDATE SET
    first_date = least(series_coverage.first_date, excluded.first_date),
    last_date = greatest(series_coverage.last_date, excluded.last_date),
    row_count = series_coverage.row_count + excluded.row_count
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A table that a load writes, within its transaction.

    Attributes
    ----------
    number : int
        The number of the state that the load leaves the table in.
    """

    session: ArrowSession
    layout: TableLayout
    number: int

    @property
    def table(self) -> str:
        """The table's name."""
        return self.layout.name

    @property
    def is_versioned(self) -> bool:
        """Whether its rows carry the number of a state."""
        return self.table in VERSIONED_TABLES

    def insert(self, rows: SortedRows, into: str = "") -> None:
        """Append rows by COPY to the table, or to a partition of it."""
        table = rows.arrow
        if self.is_versioned:
            numbers = pa.array(np.full(len(rows), self.number, np.int64))
            table = table.append_column("version", numbers)
        self.session.copy(table, into or self.table)

    def cover(self, added: SortedRows) -> None:
        """Count rows that were added, by symbol."""
        starts = np.flatnonzero(np.diff(added.codes, prepend=-1))
        ends = np.append(starts[1:], len(added))
        self.session.execute(
            COVER.format(
                table=literal(self.table),
                symbols=literal_texts(added.symbols[added.codes[starts]]),
                firsts=_dates(added.times[starts]),
                lasts=_dates(added.times[ends - 1]),
                counts=f"ARRAY{(ends - starts).tolist()}::bigint[]",
            )
        )


def changes_of(rows: SortedRows, *, inserted: int = 0, updated: int = 0) -> Changes:
    """Return how many of some rows were written, and the dates they lie between."""
    first, last = days_between(rows.times)
    return Changes(inserted, updated, first, last)


def days_between(days: Times) -> tuple[date, date]:
    """Return the first and the last of some days."""
    first, last = np.array([days.min(), days.max()]).astype("datetime64[D]").tolist()
    return first, last


def _dates(days: Times) -> str:
    texts = days.astype("datetime64[D]").astype(str)
    return f"ARRAY[{', '.join(map(repr, texts.tolist()))}]::date[]"
