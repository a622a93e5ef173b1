"""`foresto init`: a workspace with notebooks and sample prices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, pass_context

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
    "--no-sample", is_flag=True, help="Leave the SIMULATED sample prices out."
)
@pass_context
def init(context: CommandContext, folder: Path | None, no_sample: bool) -> None:
    """Set up a workspace in DIR (by default --home, or the current folder).

    Creates the catalog with the built-in scenarios and rules, copies the explorer
    notebooks and loads the sample prices. Nothing that is there is overwritten.
    """
    from foresto_lab.workspace import set_up_workspace

    home = (folder or context.home or Path.cwd()).expanduser().resolve()
    click.echo("\n".join(tell(set_up_workspace(home, with_sample=not no_sample))))


def tell(setup: WorkspaceSetup) -> list[str]:
    """Return what was done and what to do next, line by line."""
    verb = "New workspace" if setup.is_new else "Workspace"
    lines = [f"{verb} in {setup.home}"]
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
    if not setup.is_new:
        return lines
    return [
        *lines,
        "Next:",
        f"  cd {setup.home}",
        *next_steps(with_sample=setup.sample_rows is not None),
    ]


def next_steps(*, with_sample: bool) -> list[str]:
    """Return the commands that come next."""
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
