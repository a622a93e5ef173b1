"""What the two ways of writing rows share: the table, its columns, its coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from foresto_lab.storage.layouts import TableLayout
from foresto_lab.storage.postgresql.arrow_session import ArrowSession, literal
from foresto_lab.storage.sorted_rows import Places, SortedRows

VERSIONED_TABLES = ("daily_price",)
"""Tables whose rows carry the number of the state that they came with, and whose
replaced rows are kept."""

COVER = """
INSERT INTO series_coverage (table_name, symbol, first_date, last_date, row_count)
SELECT {table}, symbol, first_date, last_date, row_count FROM ({added}) AS added
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

    def arrow(self, rows: SortedRows, places: Places) -> pa.Table:
        """Return some of the rows as the table takes them."""
        table = rows.take(places).arrow
        if not self.is_versioned:
            return table
        numbers = pa.array(np.full(len(places), self.number, np.int64))
        return table.append_column("version", numbers)

    def cover(self, added: str) -> None:
        """Count rows that were added: a query of symbol, dates and counts."""
        table = literal(self.table)
        self.session.execute(COVER.format(table=table, added=added))
