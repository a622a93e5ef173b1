"""`foresto db upgrade`: bring the tables to this version."""

from __future__ import annotations

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import json_option, print_json


@click.command()
@database_option
@json_option
@pass_context
def upgrade(context: CommandContext, as_json: bool) -> None:
    """Bring the tables to this version.

    It happens whole or not at all; of several at once, one does it and the others wait.
    Make a backup first: `foresto db backup DIR`.
    """
    from foresto_lab.storage.schema import SCHEMA_VERSION, upgrade_schema

    database = context.database()
    found = upgrade_schema(database)
    if as_json:
        print_json(
            {
                "location": database.location,
                "schema_before": found,
                "schema": SCHEMA_VERSION,
            }
        )
    elif found == SCHEMA_VERSION:
        click.echo(f"{database.location} has schema {found} already.")
    elif found is None:
        click.echo(f"Created: {database.location}, schema {SCHEMA_VERSION}")
    else:
        click.echo(f"{database.location}: schema {found} is now {SCHEMA_VERSION}.")
