"""`foresto simulate`: one portfolio, one rule, registered as a run."""

from __future__ import annotations

from typing import Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table
from foresto_lab.cli.trading_options import trading_arguments, trading_options


@click.command()
@click.argument("scenario")
@click.option("--start", help="First date, YYYY-MM-DD.")
@click.option("--end", help="Last date, YYYY-MM-DD.")
@click.option("--rule", help="A stored rule, see `foresto rules`; else buy and hold.")
@click.option(
    "--initial-amount",
    type=float,
    default=1_000_000,
    show_default=True,
    help="Invested at the first session's close.",
)
@click.option("--calendar", help="Exchange whose sessions the rule follows.")
@click.option(
    "--execution",
    type=click.Choice(["close", "next_close"]),
    default="close",
    help="Trade at the close that decided, or at the next one.",
)
@trading_options
@click.option("--force", is_flag=True, help="Compute it even if it is there already.")
@json_option
@pass_context
def simulate(
    context: CommandContext,
    /,
    scenario: str,
    start: str | None,
    end: str | None,
    rule: str | None,
    initial_amount: float,
    calendar: str | None,
    execution: str,
    force: bool,
    as_json: bool,
    **trading: Any,
) -> None:
    """Simulate SCENARIO, register the run and print its summary."""
    result = context.lab().simulate(
        scenario,
        start=start,
        end=end,
        rebalancing=rule,
        initial_amount=initial_amount,
        calendar=calendar,
        execution=execution,
        force=force,
        **trading_arguments(trading),
    )
    if as_json:
        print_json(
            {
                "run_id": result.run_id,
                "request_hash": result.request_hash,
                "summary": dict(result.summary),
                "findings": [finding.to_dict() for finding in result.findings],
            }
        )
        return
    from foresto_lab.labels import measure_text

    rows = [
        [key, measure_text(str(key), value, "en", result.currency)]
        for key, value in result.summary.items()
        if value or not str(key).startswith("cost_")
    ]
    click.echo(result.title)
    if result.simulated:
        click.echo("These prices are SIMULATED; no market ever traded at them.")
    print_table(["summary", "value"], rows, right=["value"])
    for finding in result.findings:
        click.echo(str(finding))
    click.echo(f"Run {result.run_id}, request {str(result.request_hash)[:12]}…")
