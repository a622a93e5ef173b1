"""`foresto rules`: the stored rebalancing rules of the workspace."""

from __future__ import annotations

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table


@click.group(invoke_without_command=True)
@click.pass_context
def rules(ctx: click.Context) -> None:
    """Show and keep rebalancing rules by name."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_rules)


@rules.command("list")
@json_option
@pass_context
def list_rules(context: CommandContext, as_json: bool) -> None:
    """List the stored rules."""
    stored = context.lab().storage.catalog.rules()
    if as_json:
        print_json({name: rule.to_dict() for name, rule in stored.items()})
        return
    print_table(
        ["name", "rule", "cost rate"],
        [[name, rule.label, f"{rule.cost_rate:.3%}"] for name, rule in stored.items()],
        right=["cost rate"],
    )


@rules.command("save")
@click.argument("name")
@click.option("--frequency", help="WEEKLY, MONTHLY, QUARTERLY, SEMIANNUAL or ANNUAL.")
@click.option(
    "--base-day",
    default="FIRST_TRADING_DAY",
    show_default=True,
    help="FIRST_TRADING_DAY or LAST_TRADING_DAY of the exchange.",
)
@click.option("--threshold", type=float, help="Drift band, e.g. 0.05.")
@click.option("--relative", is_flag=True, help="The band is relative to the target.")
@click.option("--band-edge", is_flag=True, help="Trade to the band's edge only.")
@click.option("--mode", default="ALL", show_default=True, help="ALL or ANY of both.")
@click.option(
    "--cost-rate",
    type=float,
    default=0.001,
    show_default=True,
    help="Cost as a fraction of the value traded.",
)
@pass_context
def save_rule(
    context: CommandContext,
    name: str,
    frequency: str | None,
    base_day: str,
    threshold: float | None,
    relative: bool,
    band_edge: bool,
    mode: str,
    cost_rate: float,
) -> None:
    """Keep a rule under NAME: periodic, drift, or hybrid when both are given."""
    from foresto_lab.rebalancing import Drift, Hybrid, Periodic

    to = "band_edge" if band_edge else "target"
    periodic = Periodic(frequency, base_day, cost_rate=cost_rate) if frequency else None
    drift = (
        Drift(threshold, relative=relative, to=to, cost_rate=cost_rate)
        if threshold is not None
        else None
    )
    rule = Hybrid(periodic, drift, mode) if periodic and drift else periodic or drift
    if rule is None:
        raise click.UsageError("Give --frequency, --threshold, or both for a hybrid.")
    context.lab().save_rule(name, rule)
    click.echo(f"Saved rule {name}: {rule.label}, cost rate {rule.cost_rate:.3%}.")
