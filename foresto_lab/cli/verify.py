"""`foresto verify`: rerun what a report's page claims."""

from __future__ import annotations

from pathlib import Path

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json


@click.command()
@click.argument("page", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@pass_context
@click.pass_context
def verify(
    ctx: click.Context, context: CommandContext, page: Path, as_json: bool
) -> None:
    """Rerun the requests recorded in PAGE and compare every number exactly.

    Exits with 1 if the page was altered or a number does not come out again.
    """
    from foresto_lab.reports import verify_report

    if context.home is None:
        context.home = _workspace_of(page)
    verification = verify_report(context.lab(), page)
    if as_json:
        print_json(verification.to_dict())
    else:
        click.echo(str(verification))
    ctx.exit(0 if verification.verified else 1)


def _workspace_of(page: Path) -> Path | None:
    """Return the workspace that a page lies in, if it lies in one."""
    from foresto_lab.errors import WorkspaceNotFoundError
    from foresto_lab.settings import find_home

    try:
        return find_home(page.resolve().parent)
    except WorkspaceNotFoundError:
        return None
