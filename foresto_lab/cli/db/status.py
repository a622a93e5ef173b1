"""`foresto db status`: what the store is, holds and lacks."""

from __future__ import annotations

from datetime import UTC, datetime
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
from foresto_lab.errors import DatabaseConnectionError

if TYPE_CHECKING:
    from foresto_lab.storage.status import StoreStatus

STATUSES = ("completed", "running", "pending", "failed")


@click.command()
@database_option
@json_option
@pass_context
def status(context: CommandContext, as_json: bool) -> None:
    """Show what the store is, holds and lacks.

    Server, schema, tables, data versions, runs, months ahead. Changes nothing. Exits
    with 4 when the store cannot be used: it cannot be reached, has no tables yet, or
    has those of another version.
    """
    from foresto_lab.storage.status import read_status

    database = context.database()
    home = context.settings().home
    assert home is not None
    try:
        found = read_status(database, home, now=datetime.now(UTC))
    except DatabaseConnectionError as error:
        if as_json:
            print_json(
                {
                    "store": "postgresql",
                    "location": database.location,
                    "state": "unreachable",
                    "problem": str(error),
                }
            )
        raise
    if as_json:
        print_json(found.to_dict())
    else:
        _show(found)
    if found.problem is not None:
        raise found.problem


def _show(found: StoreStatus) -> None:
    schema = found.schema_found or "none"
    if found.state != "current":
        schema += f", this foresto_lab needs {found.schema_needed}"
    print_facts(
        [
            ("store", found.location),
            ("server", found.server),
            ("your role", found.role),
            ("schema", schema),
            ("size", human_size(found.size_bytes)),
            ("data", _data(found)),
            ("last load", _last_load(found)),
            ("runs", _runs(found)),
            ("months ahead", _months(found)),
            ("candles", found.candles),
        ]
    )
    if found.tables:
        click.echo()
        print_table(
            ["table", "rows", "size"],
            [
                [table.name, f"{table.rows:,}", human_size(table.size_bytes)]
                for table in found.tables
            ],
            right=["rows", "size"],
        )


def _data(found: StoreStatus) -> str:
    loaded = [v for v in found.data_versions.values() if not v.endswith("@none")]
    return ", ".join(loaded) or ("none yet" if found.data_versions else "")


def _last_load(found: StoreStatus) -> str | None:
    load = found.last_load
    if load is None:
        return "none" if found.state == "current" else None
    rows = "" if load.rows is None else f", {human_count(load.rows, 'row')}"
    return (
        f"{load.loaded_at:%Y-%m-%d %H:%M} UTC, {load.source} {load.status}"
        f"{rows} ({load.table})"
    )


def _runs(found: StoreStatus) -> str | None:
    if found.state != "current":
        return None
    shown = [f"{found.runs[name]:,} {name}" for name in STATUSES if name in found.runs]
    if found.silent_runs:
        shown.append(f"{found.silent_runs:,} of the running without a sign of life")
    return ", ".join(shown) or "none"


def _months(found: StoreStatus) -> str:
    by_number: dict[int, list[str]] = {}
    for table, ahead in found.months_ahead.items():
        by_number.setdefault(ahead, []).append(table)
    if len(by_number) == 1:
        return f"{next(iter(by_number))} for every partitioned table"
    return "; ".join(f"{n} for {', '.join(t)}" for n, t in sorted(by_number.items()))
