"""How many rows the tables of a database hold, and how much room they take.

Rows are the server's own estimates: what it has counted since its statistics began,
else what its last ANALYZE found. A partitioned table counts with its partitions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from foresto_lab.storage.sizes import TableSize

if TYPE_CHECKING:
    from sqlalchemy import Connection

FAMILIES = """
    WITH RECURSIVE family AS (
        SELECT root.oid AS root, root.relname AS table_name, root.oid AS member
        FROM pg_class AS root
        WHERE root.relnamespace = current_schema()::regnamespace
            AND root.relkind IN ('r', 'p') AND NOT root.relispartition
        UNION ALL
        SELECT family.root, family.table_name, inhrelid
        FROM pg_inherits JOIN family ON inhparent = family.member
    )
"""
"""Every table of the schema with itself and its partitions, one row a member."""

_SIZES = text(
    FAMILIES
    + """
    SELECT family.table_name,
        coalesce(sum(
            coalesce(nullif(stat.n_live_tup, 0), greatest(reltuples, 0))
        ) FILTER (WHERE relkind = 'r'), 0)::bigint AS row_estimate,
        sum(pg_total_relation_size(family.member))::bigint AS size_bytes
    FROM family
    JOIN pg_class ON pg_class.oid = family.member
    LEFT JOIN pg_stat_user_tables AS stat ON stat.relid = family.member
    GROUP BY family.table_name
    ORDER BY family.table_name
    """
)


def table_sizes(connection: Connection) -> tuple[TableSize, ...]:
    """Return the tables of the connection's schema, by name."""
    return tuple(
        TableSize(row.table_name, row.row_estimate, row.size_bytes)
        for row in connection.execute(_SIZES)
    )


def database_size(connection: Connection) -> int:
    """Return the bytes that the whole database takes."""
    size = connection.execute(text("SELECT pg_database_size(current_database())"))
    return int(size.scalar_one())
