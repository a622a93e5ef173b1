"""`foresto preflight`: what would stop or weaken a run, before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.preflight import PreflightReport


@click.command()
@click.argument("subject", metavar="SCENARIO|STRATEGY")
@click.option("--start", help="First date, YYYY-MM-DD.")
@click.option("--end", help="Last date, YYYY-MM-DD.")
@click.option("--rule", help="Of a scenario: a stored rule, see `foresto rules`.")
@click.option(
    "--symbols", help="Of a strategy: what it would trade, with commas between."
)
@click.option("--timeframe", help="Of a strategy: length of its candles. Default: 1d.")
@click.option(
    "--capital", type=float, help="Of a strategy: initial capital. Default: 10000000."
)
@json_option
@pass_context
@click.pass_context
def preflight(
    ctx: click.Context,
    context: CommandContext,
    /,
    subject: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Check a scenario or a strategy before it runs; exit 1 when it could not.

    STRATEGY is a built-in or stored one by name, or a .json file. Without --symbols its
    definition alone is checked; with them its trades are counted on stored candles.
    """
    report = context.lab().preflight(subject, **_options(given))
    if as_json:
        print_json(report.to_dict())
    else:
        _print_report(report)
    ctx.exit(0 if report.passed else 1)


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, as the Lab calls them."""
    names = {"rule": "rebalancing", "capital": "initial_capital"}
    options = {names.get(k, k): v for k, v in given.items() if v is not None}
    if "symbols" in options:
        symbols = (symbol.strip() for symbol in options["symbols"].split(","))
        options["symbols"] = [symbol for symbol in symbols if symbol]
    return options


def _print_report(report: PreflightReport) -> None:
    print_table(
        ["severity", "code", "where", "message", "fix"],
        [[f.severity, f.code, f.where, f.message, f.fix] for f in report.findings],
        empty="Nothing stands against it.",
    )
    if report.conditions:
        from foresto_lab.preflight.strategy.wording import near_miss_text

        print_table(
            ["condition", "side", "held", "bars", "nearest miss"],
            [
                [
                    "  " * row.depth + row.text,
                    row.side,
                    f"{row.share:.2%}",
                    f"{row.held_bars:,} / {row.known_bars:,}",
                    near_miss_text(row),
                ]
                for row in report.conditions
            ],
            empty="",
        )
    if report.predicted_trades is not None:
        click.echo(f"{report.predicted_trades:,} trades expected.")
    click.echo("Ready to run." if report.passed else "It cannot run as it is.")
