"""`foresto costs`: cost presets, and Korea's securities transaction tax by date."""

from __future__ import annotations

import datetime as dt

import click

from foresto_lab.cli.output import json_option, print_facts, print_json, print_table

_MARKET_HELP = "Only the rows of this market, such as KOSPI or KRX_ETF."


@click.group(invoke_without_command=True)
@click.pass_context
def costs(ctx: click.Context) -> None:
    """Show costs by name, and the transaction tax with its sources."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_costs)


@costs.command("list")
@click.option("--lang", "language", default="en", help="ko or en.", show_default=True)
@json_option
def list_costs(language: str, as_json: bool) -> None:
    """List the cost presets; `foresto costs show NAME` tells each part."""
    from foresto_lab.labels import require_language
    from foresto_lab.rebalancing.costs import COST_PRESETS

    require_language(language)
    if as_json:
        print_json([preset.to_dict() for preset in COST_PRESETS.values()])
        return
    rows = [
        [
            preset.name,
            len(preset.costs.parts),
            preset.description_ko if language == "ko" else preset.description_en,
        ]
        for preset in COST_PRESETS.values()
    ]
    print_table(["name", "parts", "what it is of"], rows, right=["parts"])


@costs.command("show")
@click.argument("name")
@json_option
def show_costs(name: str, as_json: bool) -> None:
    """Show the parts of preset NAME, and where its numbers are from."""
    from foresto_lab.rebalancing.costs import cost_preset

    preset = cost_preset(name)
    if as_json:
        print_json(preset.to_dict())
        return
    click.echo(f"{preset.name}: {preset.description_en}.\n")
    rows = []
    for part in preset.costs.to_dict()["parts"]:
        kind, where = part.pop("type"), part.pop("markets", None)
        part.pop("assets", None)
        table = part.pop("table", None)
        shown = ", ".join(f"{key} {value}" for key, value in part.items())
        if table is not None:
            shown = f"table {table['name']}, {len(table['rows'])} rows"
        rows.append([kind, shown, ", ".join(where) if where else "all"])
    print_table(["part", "values", "markets"], rows)
    click.echo("\nSources:")
    for source in preset.sources:
        click.echo(f"  - {source}")


@costs.command("tax")
@click.option("--market", help=_MARKET_HELP)
@click.option("--on", "date", help="Only the row of this trade date, YYYY-MM-DD.")
@json_option
def show_transaction_tax(market: str | None, date: str | None, as_json: bool) -> None:
    """Show Korea's securities transaction tax by market and trade date."""
    from foresto_lab.errors import UnknownNameError
    from foresto_lab.market.calendars import parse_session
    from foresto_lab.rebalancing.costs import KOREAN_TRANSACTION_TAX

    table = KOREAN_TRANSACTION_TAX
    if market is not None and market not in table.markets:
        raise UnknownNameError(kind="market", given=market, allowed=table.markets)
    rows = [row for row in table.rows if market in (None, row.market)]
    if date is not None:
        day = dt.date.fromisoformat(str(parse_session(date, "--on")))
        rows = [row for row in rows if row.holds_on(day)]
    if as_json:
        print_json([row.to_dict() for row in rows])
        return
    print_table(
        ["market", "trades from", "to", "rate", "of which", "confirmed"],
        [
            [
                row.market,
                row.from_date,
                row.to_date or "today",
                f"{row.rate:.2%}",
                row.components_text,
                "yes" if row.confirmed else "in part",
            ]
            for row in rows
        ],
        right=["rate"],
        empty="No row of that date.",
    )
    if len(rows) == 1:
        print_facts([("source", rows[0].source), ("in force", rows[0].in_force)])
    else:
        click.echo("Sources: foresto costs tax --json, or docs/costs.md.")
