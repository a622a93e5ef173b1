"""`foresto preflight`: what would stop or weaken a run, before it runs."""

from __future__ import annotations

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table


@click.command()
@click.argument("scenario")
@click.option("--start", help="First date, YYYY-MM-DD.")
@click.option("--end", help="Last date, YYYY-MM-DD.")
@click.option("--rule", help="A stored rule, see `foresto rules`.")
@json_option
@pass_context
@click.pass_context
def preflight(
    ctx: click.Context,
    context: CommandContext,
    scenario: str,
    start: str | None,
    end: str | None,
    rule: str | None,
    as_json: bool,
) -> None:
    """Check SCENARIO before it is simulated; exit 1 when it could not run."""
    report = context.lab().preflight(scenario, start=start, end=end, rebalancing=rule)
    if as_json:
        print_json(report.to_dict())
    else:
        print_table(
            ["severity", "code", "where", "message", "fix"],
            [[f.severity, f.code, f.where, f.message, f.fix] for f in report.findings],
            empty="Nothing stands against it.",
        )
        click.echo("Ready to run." if report.passed else "It cannot run as it is.")
    ctx.exit(0 if report.passed else 1)
