"""`foresto metrics`: what Prometheus scrapes, printed, written or served."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context

if TYPE_CHECKING:
    from foresto_lab.telemetry.exposition import Exposition


@click.command()
@click.option(
    "--serve",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Serve them over HTTP until Ctrl-C; port 0 is any free one.",
)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="The address to serve on; 0.0.0.0 is every one of this machine.",
)
@click.option(
    "--textfile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write them, in one step, for node_exporter; it reads names ending in .prom.",
)
@database_option
@pass_context
def metrics(
    context: CommandContext, serve: int | None, address: str, textfile: Path | None
) -> None:
    """Print the workspace's metrics in Prometheus's text format.

    What the catalog knows, and, where FORESTO_METRICS_DIR is set, what every process
    counted. A database that is down is shown as `foresto_database_up 0`.
    """
    exposition = workspace_metrics(context)
    if textfile is not None:
        exposition.write_textfile(textfile)
    if serve is not None:
        _serve(exposition, serve, address)
    elif textfile is None:
        click.echo(exposition.text(), nl=False)


def workspace_metrics(context: CommandContext) -> Exposition:
    """Return the metrics of the workspace that the options name.

    Its database is asked as it is: nothing is created, migrated or cleared up.
    """
    from foresto_lab.storage.tallies import read_tally
    from foresto_lab.telemetry.exposition import Exposition
    from foresto_lab.telemetry.metrics import metrics_folder

    settings, database = context.settings(), context.database()
    assert settings.home is not None
    return Exposition(
        metrics_folder(settings, settings.home),
        lambda: read_tally(database, datetime.now(UTC)),
    )


def _serve(exposition: Exposition, port: int, address: str) -> None:
    with exposition.serving(port=port, address=address) as url:
        click.echo(f"Metrics on {url} until Ctrl-C.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            click.echo("Stopped.")
