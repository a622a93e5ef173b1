"""`foresto init`: a workspace with notebooks, and prices to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context

if TYPE_CHECKING:
    from foresto_lab.workspace import WorkspaceSetup


@click.command()
@click.argument(
    "folder",
    metavar="[DIR]",
    required=False,
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option(
    "--sample/--no-sample",
    default=None,
    help="Load the SIMULATED sample prices or not; by default not into a team's "
    "database.",
)
@database_option
@pass_context
def init(context: CommandContext, folder: Path | None, sample: bool | None) -> None:
    """Set up a workspace in DIR (by default --home, or the current folder).

    Creates the catalog with the built-in scenarios and rules, copies the explorer
    notebooks and loads the sample prices. Nothing that is there is overwritten. With a
    team's database, prices and runs are kept there.
    """
    from foresto_lab.workspace import set_up_workspace

    home = (folder or context.home or Path.cwd()).expanduser().resolve()
    setup = set_up_workspace(
        home, database_url=context.database_url, with_sample=sample
    )
    click.echo("\n".join(tell(setup, url_by_option=context.database_url is not None)))


def tell(setup: WorkspaceSetup, *, url_by_option: bool = False) -> list[str]:
    """Return what was done and what to do next, line by line."""
    verb = "New workspace" if setup.is_new else "Workspace"
    lines = [f"{verb} in {setup.home}"]
    if setup.team_database:
        lines.append(f"  store     {setup.team_database}")
    lines += [f"  notebook  {name} added" for name in setup.notebooks_added]
    lines += [
        f"  notebook  {name} differs from the package's and was kept"
        for name in setup.notebooks_kept
    ]
    if setup.sample_rows is not None:
        rows = f"{setup.sample_rows:,} new rows" if setup.sample_rows else "there"
        lines.append(f"  prices    SIMULATED sample, {rows}")
    if setup.asset_classes_mapped:
        classes = ", ".join(setup.asset_classes_mapped)
        lines.append(f"  mapped    {classes} to the sample's instruments")
    if url_by_option:
        lines += [
            "Put FORESTO_DATABASE_URL into the environment, or into",
            f"  {setup.home / '.env'}",
        ]
    if not setup.is_new:
        return lines
    return [
        *lines,
        "Next:",
        f"  cd {setup.home}",
        *next_steps(
            with_sample=setup.sample_rows is not None,
            with_team=setup.team_database is not None,
        ),
    ]


def next_steps(*, with_sample: bool, with_team: bool) -> list[str]:
    """Return the commands that come next."""
    if with_team and not with_sample:
        return [
            "  foresto db status                 what the team's store holds",
            "  foresto data list                 the prices there are",
            "  jupyter lab notebooks/explore     look around with widgets",
        ]
    real = [
        "  foresto data load FILE            load your own daily prices",
        "  foresto instruments map equity=069500 bond=152380",
    ]
    if not with_sample:
        return real
    return [
        "  foresto report scenario           a report on the sample prices",
        "  jupyter lab notebooks/explore     look around with widgets",
        *real,
    ]
