"""The months of the partitioned tables: which there are, and making more.

A month is made by the database's own function ``create_monthly_partitions``, which a
role may call that can create nothing itself. There is no default partition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from foresto_lab.errors import UnknownNameError

if TYPE_CHECKING:
    from sqlalchemy import Connection

SERIES_TABLES = ("daily_price", "daily_return", "candles_history")
"""Partitioned by the month of their rows; loads make the months they need."""

EXPIRY_TABLES = ("simulation_path", "backtest_equity")
"""Partitioned by the month in which a run's rows may be deleted."""

PARTITIONED_TABLES = (*SERIES_TABLES, *EXPIRY_TABLES)

_PARTITIONS = text(
    """
    SELECT parent.relname AS table_name, child.relname AS name,
        pg_get_expr(child.relpartbound, child.oid) AS bounds,
        greatest(child.reltuples, 0)::bigint AS row_estimate,
        pg_total_relation_size(child.oid) AS size_bytes
    FROM pg_inherits
    JOIN pg_class AS parent ON parent.oid = inhparent
    JOIN pg_class AS child ON child.oid = inhrelid
    WHERE parent.relnamespace = current_schema()::regnamespace
        AND parent.relname = ANY(:tables) AND child.relkind = 'r'
        AND NOT pg_inherits.inhdetachpending
    ORDER BY parent.relname, child.relname
    """
)
_BOUND = re.compile(r"FROM \('(\d{4,}-\d\d-\d\d)[^)]*\) TO \('?(MAXVALUE|[\d-]{10})")


@dataclass(frozen=True, slots=True)
class Partition:
    """One month of a table: the days from ``first_day`` up to before ``end_day``.

    ``end_day`` is None for the partition of what is kept for good.
    """

    table: str
    name: str
    first_day: date
    end_day: date | None
    row_estimate: int
    size_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Return the partition as plain JSON-ready values."""
        return {
            "table": self.table,
            "name": self.name,
            "first_day": self.first_day.isoformat(),
            "end_day": self.end_day and self.end_day.isoformat(),
            "row_estimate": self.row_estimate,
            "size_bytes": self.size_bytes,
        }


def list_partitions(
    connection: Connection, tables: Sequence[str] = PARTITIONED_TABLES
) -> tuple[Partition, ...]:
    """Return the partitions of some tables, by table and month."""
    require_partitioned(tables)
    rows = connection.execute(_PARTITIONS, {"tables": list(tables)})
    return tuple(
        Partition(
            row.table_name,
            row.name,
            *_days(row.bounds),
            row.row_estimate,
            row.size_bytes,
        )
        for row in rows
    )


def create_months(connection: Connection, table: str, first: date, last: date) -> int:
    """Make the months from ``first`` to ``last`` that are missing; return how many."""
    require_partitioned([table])
    made = connection.execute(
        text("SELECT create_monthly_partitions(:table, :first, :last)"),
        {"table": table, "first": first, "last": last},
    ).scalar_one()
    return int(made)


def months_ahead(partitions: Sequence[Partition], today: date) -> int:
    """Return for how many whole months after this one there are partitions in a row."""
    present = {(p.first_day.year, p.first_day.month) for p in partitions if p.end_day}
    month, ahead = following_month(today), 0
    while (month.year, month.month) in present:
        month, ahead = following_month(month), ahead + 1
    return ahead


def following_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def later_month(day: date, months: int) -> date:
    """Return the first day of the month that is some months after a day's."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def require_partitioned(tables: Sequence[str]) -> None:
    """Refuse names that are not of partitioned tables."""
    for table in tables:
        if table not in PARTITIONED_TABLES:
            raise UnknownNameError(
                kind="partitioned table", given=table, allowed=PARTITIONED_TABLES
            )


def _days(bounds: str) -> tuple[date, date | None]:
    found = _BOUND.search(bounds)
    assert found is not None, bounds
    end = None if found[2] == "MAXVALUE" else date.fromisoformat(found[2])
    return date.fromisoformat(found[1]), end
