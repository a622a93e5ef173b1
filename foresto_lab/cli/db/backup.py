"""`foresto db backup`: a copy of the store as of one moment."""

from __future__ import annotations

from pathlib import Path

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import (
    human_count,
    human_size,
    json_option,
    print_facts,
    print_json,
)
from foresto_lab.cli.progress import progress_bar


@click.command(short_help="Make a backup while others work.")
@click.argument("path", metavar="FOLDER", type=click.Path(path_type=Path))
@database_option
@json_option
@pass_context
def backup(context: CommandContext, path: Path, as_json: bool) -> None:
    """Make a backup of the store in FOLDER, which must be new or empty.

    Others may load, run and delete meanwhile: the backup is the store as of one moment.
    Of a team's database it is a dump by pg_dump; of a folder's own store its catalog,
    prices and runs. Notebooks and reports are not part of the store.
    """
    from foresto_lab.storage.backup import make_backup

    database = context.database()
    home = context.settings().home
    assert home is not None
    with progress_bar(wanted=not as_json) as progress:
        report = make_backup(database, home, path, progress=progress)
    if as_json:
        print_json(report.to_dict())
        return
    manifest = report.manifest
    click.echo(f"Backup made: {report.path}")
    versions = ", ".join(manifest.data_versions.values())
    rows = sum(manifest.counts.values())
    print_facts(
        [
            ("of", manifest.source),
            ("as of", f"{manifest.created_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("data", versions),
            ("runs", human_count(manifest.counts.get("simulation_run", 0), "run")),
            ("rows", f"{rows:,} in {human_count(len(manifest.counts), 'table')}"),
            ("size", human_size(manifest.size_bytes)),
            ("took", f"{report.seconds:.1f} s"),
        ]
    )
    if manifest.unreadable_runs:
        click.echo(
            "The series of these runs were missing or damaged already and are not in "
            f"it: {', '.join(manifest.unreadable_runs)}. `foresto runs delete RUN` "
            "removes one."
        )
