"""`foresto batch`: many reports from one list."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.reports import BatchOutcome, BatchResult


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Reports made at the same time, each in a process of its own.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Make them on the workers of this Dask scheduler; they need the workspace at "
    "the same path.",
)
@click.option("--force", is_flag=True, help="Make also the reports that are there.")
@json_option
@pass_context
@click.pass_context
def batch(
    ctx: click.Context,
    context: CommandContext,
    file: Path,
    workers: int,
    dask: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make the reports listed in FILE, a YAML list.

    Each item: `report: KIND`, with `parameters:` and `language:` where wanted. Run it
    again after a stop: it makes what is missing. Exits with 1 if a report failed.
    """
    if dask is not None and workers > 1:
        raise click.UsageError("Give --workers or --dask, not both.")
    lab = context.lab()
    result = _run(lab, file, workers=workers, dask=dask, force=force, quiet=as_json)
    if as_json:
        print_json(result.to_dict())
    else:
        print_table(
            ["#", "report", "title", "status", "page or reason"],
            [_row(outcome) for outcome in result.outcomes],
            right=["#"],
        )
        done = len(result.outcomes) - len(result.failed)
        click.echo(f"{done} of {len(result.outcomes)} reports are there.")
    ctx.exit(1 if result.failed else 0)


def _row(outcome: BatchOutcome) -> list[str]:
    return [
        str(outcome.position),
        outcome.kind,
        outcome.title,
        outcome.status,
        outcome.reason or outcome.path,
    ]


def _run(
    lab: Lab,
    file: Path,
    *,
    workers: int,
    dask: str | None,
    force: bool,
    quiet: bool,
) -> BatchResult:
    """Run the batch under a progress bar."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    from foresto_lab.reports import run_batch

    console = Console(stderr=True)
    columns = ("[progress.description]{task.description}", BarColumn())
    with Progress(
        *columns,
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=quiet or not sys.stderr.isatty(),
    ) as progress:
        task = progress.add_task("reports", total=None)

        def advance(outcome: BatchOutcome, total: int) -> None:
            progress.update(task, total=total, advance=1, description=outcome.kind)

        return run_batch(
            lab, file, workers=workers, dask=dask, force=force, on_outcome=advance
        )
