"""`foresto instruments`: what is held, and what stands for each asset class."""

from __future__ import annotations

from typing import Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table


@click.group(invoke_without_command=True)
@click.pass_context
def instruments(ctx: click.Context) -> None:
    """Show the instruments, and map asset classes to them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_instruments)


@instruments.command("list")
@json_option
@pass_context
def list_instruments(context: CommandContext, as_json: bool) -> None:
    """List the instruments with the dates of their prices."""
    table = context.lab().instruments()
    if as_json:
        plain = table.reset_index().astype(object)
        print_json(plain.where(plain.notna(), None).to_dict("records"))
        return
    columns = ["name_ko", "name_en", "asset_class", "stands_for", "calendar"]
    columns += ["market", "first_date", "last_date", "row_count"]
    print_table(
        [*("symbol", "이름", "name", "class", "stands for", "calendar"), *_SPAN],
        [
            [symbol, *(_cell(row[column]) for column in columns)]
            for symbol, row in table.iterrows()
        ],
        right=["rows"],
    )


_SPAN = ("market", "first", "last", "rows")


def _cell(value: Any) -> str:
    """Return a cell's text; what is missing is a dash."""
    import pandas as pd

    if pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@instruments.command("map")
@click.argument("pairs", nargs=-1, required=True, metavar="CLASS=SYMBOL...")
@pass_context
def map_instruments(context: CommandContext, pairs: tuple[str, ...]) -> None:
    """Let a loaded symbol stand for an asset class, e.g. equity=SPY bond=IEF."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        asset_class, equals, symbol = pair.partition("=")
        if not (equals and asset_class and symbol):
            raise click.UsageError(f"{pair!r} is not CLASS=SYMBOL, e.g. equity=SPY.")
        mapping[asset_class.strip()] = symbol.strip()
    context.lab().map_instruments(mapping)
    for asset_class, symbol in mapping.items():
        click.echo(f"{asset_class} is now {symbol}.")
