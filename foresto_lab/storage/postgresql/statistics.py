"""What the server has counted: sizes, use of indexes, cache hits, dead rows.

The counts begin when the server's statistics were last reset, which a crash does too.
A partitioned table or index counts with its partitions.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from foresto_lab.storage.postgresql.partitions import Partition, list_partitions
from foresto_lab.storage.postgresql.sizes import FAMILIES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from foresto_lab.storage.postgresql.database import PostgresDatabase


class _Facts:
    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain JSON-ready values."""
        return {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)  # type: ignore[arg-type]
        }


@dataclass(frozen=True, slots=True)
class ServerStatistics(_Facts):
    """The database as a whole.

    Attributes
    ----------
    cache_hit_ratio : float or None
        Share of blocks that were found in the server's memory; None before any read.
    oldest_transaction_seconds : float
        Age of the oldest open transaction here: dead rows younger than it stay.
    counted_since : datetime or None
        When the counts began; None when the server does not say.
    """

    size_bytes: int
    cache_hit_ratio: float | None
    connections: int
    connections_allowed: int
    deadlocks: int
    temporary_bytes: int
    oldest_transaction_seconds: float
    counted_since: datetime | None


@dataclass(frozen=True, slots=True)
class TableStatistics(_Facts):
    """One table with its partitions."""

    name: str
    partitions: int
    rows: int
    dead_rows: int
    table_bytes: int
    index_bytes: int
    sequential_scans: int
    index_scans: int
    cache_hit_ratio: float | None
    last_vacuum: datetime | None
    last_analyze: datetime | None


@dataclass(frozen=True, slots=True)
class IndexStatistics(_Facts):
    """One index with those of the partitions.

    Attributes
    ----------
    method : str
        ``btree``, ``brin`` and so on.
    enforces : bool
        Whether it holds a key unique, and so is needed even when it is never read.
    """

    table: str
    name: str
    method: str
    enforces: bool
    scans: int
    size_bytes: int
    table_bytes: int

    @property
    def unused(self) -> bool:
        """Whether it was never read and could be dropped."""
        return self.scans == 0 and not self.enforces


@dataclass(frozen=True, slots=True)
class StoreStatistics:
    """What the server tells of a team's database."""

    location: str
    server: ServerStatistics
    tables: tuple[TableStatistics, ...]
    indexes: tuple[IndexStatistics, ...]
    partitions: tuple[Partition, ...]
    """The biggest ones first."""

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics as plain JSON-ready values."""
        return {
            "store": "postgresql",
            "location": self.location,
            "server": self.server.to_dict(),
            "tables": [table.to_dict() for table in self.tables],
            "indexes": [index.to_dict() for index in self.indexes],
            "partitions": [partition.to_dict() for partition in self.partitions],
        }


_SERVER = text(
    """
    SELECT pg_database_size(datid) AS size_bytes,
        blks_hit::float8 / nullif(blks_hit + blks_read, 0) AS cache_hit_ratio,
        numbackends AS connections,
        current_setting('max_connections')::integer AS connections_allowed,
        deadlocks, temp_bytes AS temporary_bytes,
        coalesce((
            SELECT extract(epoch FROM max(now() - xact_start))::float8
            FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
        ), 0) AS oldest_transaction_seconds,
        stats_reset AS counted_since
    FROM pg_stat_database WHERE datname = current_database()
    """
)

_TABLES = text(
    FAMILIES
    + """
    SELECT family.table_name AS name,
        (count(*) - 1)::integer AS partitions,
        coalesce(sum(
            coalesce(nullif(stat.n_live_tup, 0), greatest(reltuples, 0))
        ) FILTER (WHERE relkind = 'r'), 0)::bigint AS rows,
        coalesce(sum(stat.n_dead_tup), 0)::bigint AS dead_rows,
        sum(pg_table_size(family.member))::bigint AS table_bytes,
        sum(pg_indexes_size(family.member))::bigint AS index_bytes,
        coalesce(sum(stat.seq_scan), 0)::bigint AS sequential_scans,
        coalesce(sum(stat.idx_scan), 0)::bigint AS index_scans,
        sum(heap_blks_hit + coalesce(idx_blks_hit, 0))::float8 / nullif(
            sum(heap_blks_hit + heap_blks_read
                + coalesce(idx_blks_hit + idx_blks_read, 0)), 0
        ) AS cache_hit_ratio,
        max(greatest(stat.last_vacuum, stat.last_autovacuum)) AS last_vacuum,
        max(greatest(stat.last_analyze, stat.last_autoanalyze)) AS last_analyze
    FROM family
    JOIN pg_class ON pg_class.oid = family.member
    LEFT JOIN pg_stat_user_tables AS stat ON stat.relid = family.member
    LEFT JOIN pg_statio_user_tables AS io ON io.relid = family.member
    GROUP BY family.table_name
    ORDER BY sum(pg_total_relation_size(family.member)) DESC, family.table_name
    """
)

_INDEXES = text(
    """
    WITH RECURSIVE family AS (
        SELECT index.indexrelid AS root, index.indexrelid AS member, index.indrelid
        FROM pg_index AS index
        JOIN pg_class AS owned ON owned.oid = index.indexrelid
        WHERE owned.relnamespace = current_schema()::regnamespace
            AND NOT owned.relispartition
        UNION ALL
        SELECT family.root, inhrelid, index.indrelid
        FROM pg_inherits
        JOIN family ON inhparent = family.member
        JOIN pg_index AS index ON index.indexrelid = inhrelid
    )
    SELECT root_table.relname AS table, root.relname AS name, amname AS method,
        root_index.indisunique AS enforces,
        coalesce(sum(stat.idx_scan), 0)::bigint AS scans,
        sum(pg_relation_size(family.member))::bigint AS size_bytes,
        sum(pg_table_size(family.indrelid))::bigint AS table_bytes
    FROM family
    JOIN pg_class AS root ON root.oid = family.root
    JOIN pg_index AS root_index ON root_index.indexrelid = family.root
    JOIN pg_class AS root_table ON root_table.oid = root_index.indrelid
    JOIN pg_am ON pg_am.oid = root.relam
    LEFT JOIN pg_stat_user_indexes AS stat ON stat.indexrelid = family.member
    GROUP BY root_table.relname, root.relname, amname, root_index.indisunique
    ORDER BY sum(pg_relation_size(family.member)) DESC, root.relname
    """
)


def read_statistics(database: PostgresDatabase) -> StoreStatistics:
    """Return what the server has counted; nothing is changed."""
    with database.reading() as session:
        connection = session.connection()
        server = ServerStatistics(**connection.execute(_SERVER).mappings().one())
        return StoreStatistics(
            location=database.location,
            server=server,
            tables=tuple(
                TableStatistics(**row) for row in connection.execute(_TABLES).mappings()
            ),
            indexes=tuple(
                IndexStatistics(**row)
                for row in connection.execute(_INDEXES).mappings()
            ),
            partitions=_biggest_first(connection),
        )


def _biggest_first(connection: Connection) -> tuple[Partition, ...]:
    partitions = list_partitions(connection)
    return tuple(sorted(partitions, key=lambda p: (-p.size_bytes, p.name)))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
