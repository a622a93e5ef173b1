"""`foresto db roles`: owner, writer and reader of a team's database."""

from __future__ import annotations

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import json_option, print_json
from foresto_lab.errors import SettingsError


@click.command()
@click.option("--apply", "applies", is_flag=True, help="Run it, instead of printing.")
@click.option("--schema", default="public", show_default=True, help="Of the tables.")
@click.option(
    "--prefix",
    default="foresto",
    show_default=True,
    help="What the roles' names begin with: roles belong to the whole server, so each "
    "of its databases takes its own.",
)
@database_option
@json_option
@pass_context
def roles(
    context: CommandContext, applies: bool, schema: str, prefix: str, as_json: bool
) -> None:
    """Print the SQL of a team's roles, or run it.

    They are owner, writer and reader. Nobody can log in as one of them: make people
    members, `GRANT foresto_writer TO ann`. It can be run at any time, and should be
    after a restore.
    """
    from foresto_lab.storage.postgresql.database import PostgresDatabase
    from foresto_lab.storage.postgresql.roles import TeamRoles, apply_roles

    names = TeamRoles(prefix=prefix, schema=schema)
    tables = 0
    if applies:
        database = context.database()
        if not isinstance(database, PostgresDatabase):
            raise SettingsError(
                message="The embedded store has no roles; name a team's database with "
                "FORESTO_DATABASE_URL or --database-url."
            )
        tables = apply_roles(database, names)
    if as_json:
        told = {"tables": tables} if applies else {"script": names.script()}
        print_json({"applied": applies, **names.to_dict(), **told})
    elif applies:
        click.echo(
            f"{names.owner}, {names.writer} and {names.reader} have their rights."
        )
        if not tables:
            click.echo(
                f"There are no tables in schema {schema} yet: run it again after "
                "`foresto db init`."
            )
        click.echo(f"Make people members:  GRANT {names.writer} TO ann;")
    else:
        click.echo(names.script(), nl=False)
