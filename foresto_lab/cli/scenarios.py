"""`foresto scenarios`: the scenario portfolios of the workspace."""

from __future__ import annotations

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table


@click.group(invoke_without_command=True)
@click.pass_context
def scenarios(ctx: click.Context) -> None:
    """Show the scenario portfolios and what they hold."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_scenarios)


@scenarios.command("list")
@json_option
@pass_context
def list_scenarios(context: CommandContext, as_json: bool) -> None:
    """List the scenarios with their weights per asset class."""
    table = context.lab().scenarios()
    if as_json:
        print_json(table.reset_index().to_dict("records"))
        return
    labels = [c for c in table.columns if c not in ("name_ko", "name_en", "version")]
    print_table(
        ["name", "이름", "English name", *labels],
        [
            [name, row["name_ko"], row["name_en"], *(f"{row[c]:.0%}" for c in labels)]
            for name, row in table.iterrows()
        ],
        right=labels,
    )


@scenarios.command("show")
@click.argument("name")
@json_option
@pass_context
def show_scenario(context: CommandContext, name: str, as_json: bool) -> None:
    """Show one scenario, with the instrument behind each asset class."""
    lab = context.lab()
    scenario = lab.scenario(name)
    mapped = lab.storage.catalog.instrument_map()
    if as_json:
        print_json({**scenario.to_dict(), "instruments": dict(mapped)})
        return
    print_table(
        ["asset class", "weight", "instrument"],
        [
            [label, f"{weight:.2%}", mapped.get(label, label)]
            for label, weight in scenario.weights.items()
        ],
        title=f"{scenario.name}  {scenario.name_ko} / {scenario.name_en}",
        right=["weight"],
    )
