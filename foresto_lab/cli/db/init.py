"""`foresto db init`: tables, definitions and months, as far as they are missing."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import human_count, json_option, print_json


@click.command()
@database_option
@json_option
@pass_context
def init(context: CommandContext, as_json: bool) -> None:
    """Create tables, definitions and months.

    The definitions are the built-in scenarios, rules and instruments. What is there
    stays as it is, so it can be run at any time. A new team's database needs an owner's
    rights.
    """
    from foresto_lab.storage.preparation import prepare_store

    settings = context.settings()
    assert settings.home is not None
    today = datetime.now(UTC).date()
    done = prepare_store(settings.home, settings.database_url, today=today)
    if as_json:
        print_json(done.to_dict())
        return
    state = "Created" if done.created else "Ready"
    click.echo(f"{state}: {done.location}, schema {done.schema}")
    if not done.months:
        return
    made = sum(months.made for months in done.months)
    there = sum(len(months.months) for months in done.months)
    click.echo(
        f"{human_count(made, 'monthly partition')} made; {there:,} there, for "
        f"{human_count(len(done.months), 'table')}."
    )
    if done.created:
        click.echo("Next, who may do what: `foresto db roles --apply`.")
