"""`foresto trials`: the trial ledger, every evaluation that was ever made here."""

from __future__ import annotations

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table
from foresto_lab.cli.search_options import symbols_of


@click.command()
@click.argument("strategy", required=False)
@click.option(
    "--symbol",
    "--symbols",
    "symbols",
    multiple=True,
    help="Only on data that has one of these, with commas between.",
)
@click.option(
    "--timeframe", default="1d", show_default=True, help="Of the candles of --symbol."
)
@json_option
@pass_context
def trials(
    context: CommandContext,
    strategy: str | None,
    symbols: tuple[str, ...],
    timeframe: str,
    as_json: bool,
) -> None:
    """Show how often strategies were tried on their data; STRATEGY alone, if named.

    What is said of overfitting counts every one of these trials, whatever became of
    the run that made them.
    """
    table = context.lab().trials(
        strategy, symbols=symbols_of(symbols) or None, timeframe=timeframe
    )
    records = table.to_dict("records")
    if as_json:
        finite = table.astype(object).where(table.notna(), None)
        print_json(finite.to_dict("records"))
        return
    print_table(
        ["recorded (UTC)", "strategy", "data", "method", "trials", "run"],
        [
            [
                f"{row['recorded_at']:%Y-%m-%d %H:%M}",
                row["family"],
                row["data"],
                row["method"],
                f"{row['evaluated']:,}",
                row["run_id"],
            ]
            for row in records
        ],
        right=["trials"],
        empty="Nothing was tried yet. `foresto optimize` and `foresto backtest` do.",
    )
    if records:
        click.echo(f"{int(table['evaluated'].sum()):,} trials.")
