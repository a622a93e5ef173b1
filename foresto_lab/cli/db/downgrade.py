"""`foresto db downgrade`: take the tables back to an older version."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import human_count, json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.storage.losses import DowngradePlan


@click.command()
@click.argument("target", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
@json_option
@pass_context
def downgrade(
    context: CommandContext, target: str | None, yes: bool, as_json: bool
) -> None:
    """Take the tables back to version TARGET.

    Left out, it is the one before; `base` is a database without tables. What only the
    newer tables hold is lost: it is counted and shown first. Make a backup before:
    `foresto db backup DIR`.
    """
    from foresto_lab.storage.losses import plan_downgrade
    from foresto_lab.storage.schema import downgrade_schema

    database = context.database()
    plan = plan_downgrade(database, target)
    if not as_json:
        _tell(plan, database.location)
    if not yes:
        _ask()
    downgrade_schema(database, plan.target)
    if as_json:
        print_json(
            {
                "location": database.location,
                "schema_before": plan.found,
                "schema": plan.target,
                "lost": [loss.to_dict() for loss in plan.losses],
            }
        )
        return
    click.echo(f"{database.location}: schema {plan.found} is now {plan.target}.")
    click.echo(
        "Opening the workspace with this foresto_lab brings it up to date again; "
        "install the older one first."
        if database.dialect == "sqlite"
        else "This foresto_lab cannot use it so; install the older one, or go back "
        "with `foresto db upgrade`."
    )


def _tell(plan: DowngradePlan, location: str) -> None:
    click.echo(f"{location}: schema {plan.found} to {plan.target}.")
    if not plan.losses:
        click.echo("No row is lost.")
        return
    print_table(
        ["lost with it", "rows"],
        [
            [loss.table, f"{'' if loss.exact else 'about '}{loss.rows:,}"]
            for loss in plan.losses
        ],
        right=["rows"],
    )
    rows = sum(loss.rows for loss in plan.losses)
    click.echo(
        f"{human_count(rows, 'row')} would be gone for good. "
        "`foresto db backup DIR` keeps a copy."
    )


def _ask() -> None:
    """Ask on a terminal; elsewhere refuse, as nobody could answer."""
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to ask: add --yes to go on.")
    click.confirm("Go on?", abort=True, err=True)
