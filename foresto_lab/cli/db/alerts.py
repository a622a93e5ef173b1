"""`foresto db alerts`: what stands out in the rebalancing of recent runs."""

from __future__ import annotations

import sys

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import json_option, print_json


@click.command("alerts", short_help="Tell of odd rebalancing.")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    default=7,
    show_default=True,
    help="Look at runs completed in the last days.",
)
@click.option(
    "--turnover",
    type=float,
    default=0.5,
    show_default=True,
    help="Tell of an event that moves more of the NAV than this.",
)
@click.option(
    "--cost",
    type=float,
    default=0.01,
    show_default=True,
    help="Tell of an event that costs more of the NAV than this.",
)
@json_option
@database_option
@pass_context
def alerts(
    context: CommandContext, days: int, turnover: float, cost: float, as_json: bool
) -> None:
    """Tell of runs that did not rebalance when they should, or did it dearly.

    Ends with exit code 3 where there is an alert.
    """
    report = context.lab().rebalancing_alerts(days=days, turnover=turnover, cost=cost)
    if as_json:
        print_json(report.to_dict())
    else:
        from foresto_lab.cli.db.quality import print_findings

        click.echo(str(report).splitlines()[0])
        if report.unreadable:
            click.echo(f"{len(report.unreadable):,} runs have no series any more.")
        if report.findings:
            print_findings(report.findings)
    sys.exit(0 if report.passed else 3)
