"""`foresto db stats`: sizes, use of indexes, cache hits, dead rows, biggest months."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import (
    human_count,
    human_size,
    json_option,
    print_facts,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from foresto_lab.storage.embedded_files import EmbeddedFiles
    from foresto_lab.storage.postgresql.statistics import (
        IndexStatistics,
        StoreStatistics,
        TableStatistics,
    )

WORTH_TELLING = 1_000_000
"""Bytes from which on an index is compared with its table, or called unused."""


@click.command()
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="How many tables, indexes and partitions to show, the biggest first.",
)
@database_option
@json_option
@pass_context
def stats(context: CommandContext, limit: int, as_json: bool) -> None:
    """Show sizes and the use of indexes.

    Also cache hits, dead rows and the biggest partitions. Of an embedded store: its
    files, their sizes, and the lake's versions.
    """
    from foresto_lab.storage.postgresql.database import PostgresDatabase

    database = context.database()
    if isinstance(database, PostgresDatabase):
        from foresto_lab.storage.postgresql.statistics import read_statistics

        statistics = read_statistics(database)
        if as_json:
            print_json(statistics.to_dict())
        else:
            _show_server(statistics, limit)
        return
    from foresto_lab.storage.embedded_files import embedded_files

    home = context.settings().home
    assert home is not None
    files = embedded_files(home, Path(database.location))
    if as_json:
        print_json({"store": "embedded", "location": str(home), **files.to_dict()})
    else:
        _show_files(home, files)


# --- a team's database --------------------------------------------------------------


def _show_server(statistics: StoreStatistics, limit: int) -> None:
    server = statistics.server
    print_facts(
        [
            ("store", statistics.location),
            ("size", human_size(server.size_bytes)),
            ("cache hits", _share(server.cache_hit_ratio)),
            (
                "connections",
                f"{server.connections} here, {server.connections_allowed} allowed",
            ),
            ("oldest transaction", f"{server.oldest_transaction_seconds:,.0f} s"),
            ("deadlocks", f"{server.deadlocks:,}"),
            ("temporary files", human_size(server.temporary_bytes)),
            ("counted since", _day(server.counted_since) or "the server's beginning"),
        ]
    )
    right = ["rows", "dead", "parts", "size", "indexes", "scans", "by index", "cache"]
    click.echo()
    print_table(
        ["table", *right, "vacuumed", "analyzed"],
        [_table_row(table) for table in statistics.tables[:limit]],
        right=right,
    )
    click.echo()
    print_table(
        ["index", "table", "kind", "reads", "size", "of table"],
        [_index_row(index) for index in statistics.indexes[:limit]],
        right=["reads", "size", "of table"],
    )
    click.echo()
    print_table(
        ["biggest partitions", "rows", "size"],
        [
            [part.name, f"{part.row_estimate:,}", human_size(part.size_bytes)]
            for part in statistics.partitions[:limit]
        ],
        right=["rows", "size"],
        empty="No partitions yet. `foresto db partitions` makes some.",
    )
    _tell_unused(statistics)


def _table_row(table: TableStatistics) -> list[str]:
    dead = table.dead_rows / max(table.rows + table.dead_rows, 1)
    return [
        table.name,
        f"{table.rows:,}",
        f"{dead:.0%}",
        str(table.partitions or ""),
        human_size(table.table_bytes),
        human_size(table.index_bytes),
        f"{table.sequential_scans:,}",
        f"{table.index_scans:,}",
        _share(table.cache_hit_ratio),
        _day(table.last_vacuum),
        _day(table.last_analyze),
    ]


def _index_row(index: IndexStatistics) -> list[str]:
    return [
        index.name,
        index.table,
        index.method,
        f"{index.scans:,}",
        human_size(index.size_bytes),
        _share(index.size_bytes / index.table_bytes)
        if index.table_bytes >= WORTH_TELLING
        else "",
    ]


def _tell_unused(statistics: StoreStatistics) -> None:
    unused = [
        index
        for index in statistics.indexes
        if index.unused and index.size_bytes >= WORTH_TELLING
    ]
    if unused:
        size = human_size(sum(index.size_bytes for index in unused))
        click.echo(
            f"\nNot read once since then: {', '.join(i.name for i in unused)} ({size})."
        )


def _share(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1%}"


def _day(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d}"


# --- the embedded store -------------------------------------------------------------


def _show_files(home: Path, files: EmbeddedFiles) -> None:
    print_facts(
        [
            ("store", home),
            ("size", human_size(files.size_bytes)),
            ("catalog", human_size(files.catalog_bytes)),
            (
                "runs",
                f"{human_size(files.run_bytes)} in "
                f"{human_count(files.run_folders, 'folder')}",
            ),
        ]
    )
    click.echo()
    right = ["rows", "files", "size", "kept beside", "Delta version"]
    print_table(
        ["table of the lake", *right, "data version"],
        [
            [
                table.name,
                f"{table.rows:,}",
                f"{table.files:,}",
                human_size(table.size_bytes),
                human_size(table.kept_bytes),
                "–" if table.delta_version < 0 else str(table.delta_version),
                table.data_version,
            ]
            for table in files.tables
        ],
        right=right,
    )
