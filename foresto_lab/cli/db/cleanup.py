"""`foresto db cleanup`: delete series and runs whose time is over."""

from __future__ import annotations

from pathlib import Path

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import json_option, print_json


@click.command("cleanup", short_help="Delete what has expired; archive it first.")
@click.option(
    "--archive",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each run into this folder before anything of it is deleted.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
@database_option
@pass_context
def cleanup(
    context: CommandContext, archive: Path | None, dry_run: bool, as_json: bool
) -> None:
    """Delete series whose time is over, expired runs, and what no run owns.

    A run's series are kept 90 days and its summary a year (FORESTO_PATH_TTL_DAYS,
    FORESTO_RUN_TTL_DAYS). `foresto runs show RUN --archive DIR` reads an archived run.
    """
    report = context.lab().clean_up(archive=archive, dry_run=dry_run)
    if as_json:
        print_json(report.to_dict())
    else:
        due = not report.is_empty or report.waiting
        click.echo(str(report) if due else "Nothing has expired.")
