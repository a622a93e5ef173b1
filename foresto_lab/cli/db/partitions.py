"""`foresto db partitions`: the months of the partitioned tables, and making more."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import (
    human_count,
    human_size,
    json_option,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from foresto_lab.storage.postgresql.months import TableMonths

DAY = click.DateTime(formats=["%Y-%m-%d", "%Y-%m"])


@click.command()
@click.option(
    "--ahead",
    type=click.IntRange(0, 240),
    default=6,
    show_default=True,
    help="Months beyond the present one that there should be.",
)
@click.option(
    "--from", "first", type=DAY, metavar="DATE", help="Instead, the months from here on"
)
@click.option("--to", "last", type=DAY, metavar="DATE", help="up to this one.")
@click.option(
    "--table", "tables", multiple=True, help="Only this table; may be given often."
)
@database_option
@json_option
@pass_context
def partitions(
    context: CommandContext,
    ahead: int,
    first: datetime | None,
    last: datetime | None,
    tables: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make months ahead, and show those there are.

    Nobody waits for it, and what is there stays. A load makes the months that it needs
    by itself; this is for those to come. The embedded store has no partitions.
    """
    from foresto_lab.storage.postgresql.database import PostgresDatabase
    from foresto_lab.storage.postgresql.months import make_months, spans_ahead
    from foresto_lab.storage.postgresql.partitions import (
        PARTITIONED_TABLES,
        require_partitioned,
    )

    require_partitioned(tables)
    chosen = tables or PARTITIONED_TABLES
    database = context.database()
    if not isinstance(database, PostgresDatabase):
        _tell_none(as_json=as_json)
        return
    today = datetime.now(UTC).date()
    spans = spans_ahead(today, ahead, chosen)
    if first or last:
        spans = dict.fromkeys(chosen, _span(first, last))
    months = make_months(database, spans, today=today)
    if as_json:
        print_json(
            {
                "store": "postgresql",
                "location": database.location,
                "tables": [table.to_dict() for table in months],
            }
        )
        return
    _show(months)


def _tell_none(*, as_json: bool) -> None:
    if as_json:
        print_json({"store": "embedded", "tables": []})
    else:
        click.echo("The embedded store has no partitions; nothing is to be made.")


def _span(first: datetime | None, last: datetime | None) -> tuple[date, date]:
    if first is None or last is None:
        raise click.UsageError("--from and --to go together.")
    if last < first:
        raise click.UsageError("--to lies before --from.")
    return first.date(), last.date()


def _show(tables: tuple[TableMonths, ...]) -> None:
    print_table(
        ["table", "months", "first", "last", "ahead", "made", "rows", "size"],
        [_row(table) for table in tables],
        right=["months", "ahead", "made", "rows", "size"],
    )
    made = sum(table.made for table in tables)
    click.echo(f"{human_count(made, 'partition')} made.")


def _row(table: TableMonths) -> list[str]:
    months = sorted(table.months, key=lambda month: month.first_day)
    return [
        table.table,
        f"{len(months):,}",
        f"{months[0].first_day:%Y-%m}" if months else "",
        f"{months[-1].first_day:%Y-%m}" if months else "",
        str(table.months_ahead),
        str(table.made),
        f"{sum(partition.row_estimate for partition in table.partitions):,}",
        human_size(sum(partition.size_bytes for partition in table.partitions)),
    ]
