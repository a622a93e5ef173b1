"""Making months ahead of time, so that whoever loads or runs finds them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from foresto_lab.storage.postgresql.partitions import (
    PARTITIONED_TABLES,
    SERIES_TABLES,
    Partition,
    create_months,
    later_month,
    list_partitions,
    months_ahead,
    require_partitioned,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from foresto_lab.storage.postgresql.database import PostgresDatabase

DEFAULT_AHEAD = 6
"""For how many months beyond the present one there should be partitions."""


@dataclass(frozen=True, slots=True)
class TableMonths:
    """The months of a table after some were made.

    Attributes
    ----------
    made : int
        How many were made just now.
    months_ahead : int
        For how many whole months after this one there are partitions without a gap.
    """

    table: str
    partitions: tuple[Partition, ...]
    made: int
    months_ahead: int

    @property
    def months(self) -> tuple[Partition, ...]:
        """The partitions that are months; what is kept for good is none."""
        return tuple(p for p in self.partitions if p.end_day is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return the months as plain JSON-ready values."""
        return {
            "table": self.table,
            "made": self.made,
            "months_ahead": self.months_ahead,
            "partitions": [partition.to_dict() for partition in self.partitions],
        }


def make_months(
    database: PostgresDatabase,
    spans: Mapping[str, tuple[date, date]],
    *,
    today: date,
) -> tuple[TableMonths, ...]:
    """Make the missing months of tables; all of them are made, or none.

    A table that is not partitioned here (candles on TimescaleDB) is left out.

    Parameters
    ----------
    spans : mapping
        Table to the first and the last day that need a month.
    today : date
        The day that headroom is counted from.
    """
    require_partitioned(list(spans))
    with database.writing() as session:
        connection = session.connection()
        tables = monthly_tables(connection, list(spans))
        made = {t: create_months(connection, t, *spans[t]) for t in tables}
        partitions = list_partitions(connection, tables)
    return tuple(
        _table_months(table, partitions, made[table], today) for table in tables
    )


def spans_ahead(
    today: date, ahead: int, tables: Sequence[str] = PARTITIONED_TABLES
) -> dict[str, tuple[date, date]]:
    """Return the months from this one to ``ahead`` later ones, for each table."""
    return dict.fromkeys(tables, (later_month(today, 0), later_month(today, ahead)))


def spans_of_new_store(today: date) -> dict[str, tuple[date, date]]:
    """Return the months that a new store begins with.

    Series get last year and this one, whose prices are loaded first. What expires only
    ever expires in months to come; a cleanup drops those that are over.
    """
    series = (date(today.year - 1, 1, 1), later_month(today, DEFAULT_AHEAD))
    return spans_ahead(today, DEFAULT_AHEAD) | dict.fromkeys(SERIES_TABLES, series)


def monthly_tables(
    connection: Connection, tables: Sequence[str] = PARTITIONED_TABLES
) -> list[str]:
    """Return those of the tables that are partitioned in this database, as given."""
    found = set(
        connection.execute(
            text(
                "SELECT relname FROM pg_partitioned_table "
                "JOIN pg_class ON pg_class.oid = partrelid "
                "WHERE relnamespace = current_schema()::regnamespace"
            )
        ).scalars()
    )
    return [table for table in tables if table in found]


def _table_months(
    table: str, partitions: Sequence[Partition], made: int, today: date
) -> TableMonths:
    own = tuple(partition for partition in partitions if partition.table == table)
    return TableMonths(table, own, made, months_ahead(own, today))
