"""`foresto db restore`: put a backup back where nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.db.target import split_target, target_option
from foresto_lab.cli.output import (
    human_count,
    json_option,
    print_facts,
    print_json,
)
from foresto_lab.cli.progress import progress_bar
from foresto_lab.errors import WorkspaceNotFoundError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from foresto_lab.storage.backup import RestoreReport


@click.command(short_help="Restore a backup where nothing is.")
@click.argument(
    "path", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path)
)
@target_option(required=False)
@database_option
@json_option
@pass_context
def restore(
    context: CommandContext, path: Path, target: str | None, as_json: bool
) -> None:
    """Restore the backup in FOLDER into an empty database or workspace.

    Left out, --to is the workspace's own place: its database, or the folder you are
    in. Every file is checked against the backup's manifest first; where something is
    already, nothing happens. A backup of a folder goes into a folder, one of
    PostgreSQL into PostgreSQL; `foresto db copy` crosses over.
    """
    from foresto_lab.storage.backup import restore_backup

    home, url = _place(context, target)
    with progress_bar(wanted=not as_json) as progress:
        report = restore_backup(path, home, url, progress=progress)
    if as_json:
        print_json(report.to_dict())
    else:
        _tell(report)


def _place(
    context: CommandContext, target: str | None
) -> tuple[Path, SecretStr | str | None]:
    """Return the folder and the database to restore into."""
    if target is not None:
        folder, url = split_target(target)
        return folder or Path.cwd(), url
    try:
        settings = context.settings()
    except WorkspaceNotFoundError:  # it is to be made here
        settings = replace(context, home=Path.cwd()).settings()
    assert settings.home is not None
    return settings.home, settings.database_url


def _tell(report: RestoreReport) -> None:
    from foresto_lab.storage.schema import SCHEMA_VERSION

    manifest = report.manifest
    click.echo(f"Restored: {report.target}")
    print_facts(
        [
            ("from", report.path),
            ("as of", f"{manifest.created_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("data", ", ".join(manifest.data_versions.values())),
            ("rows", f"{sum(manifest.counts.values()):,}, as many as were backed up"),
            ("took", f"{report.seconds:.1f} s"),
        ]
    )
    if report.runs_failed:
        click.echo(
            f"{human_count(report.runs_failed, 'run')} had been under way when the "
            "backup was made, and failed by that."
        )
    if manifest.kind == "postgresql":
        click.echo(
            "Who may do what is no part of a backup: `foresto db roles --help` shows "
            "how to grant it again."
        )
        if manifest.schema != SCHEMA_VERSION:
            click.echo(
                f"Its tables have schema {manifest.schema}: bring them to "
                f"{SCHEMA_VERSION} with `foresto db upgrade`."
            )
