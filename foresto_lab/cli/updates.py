"""`foresto data update` and `foresto candles update`: options and what they print."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.findings import print_findings
from foresto_lab.cli.output import json_option, print_json, print_table
from foresto_lab.cli.progress import progress_bar

if TYPE_CHECKING:
    from rich.text import Text

    from foresto_lab.sources.connectors import SymbolUpdate, UpdateReport

_STYLES = {
    "updated": "green",
    "reloaded": "green",
    "would update": "cyan",
    "up to date": "dim",
    "nothing given": "yellow",
    "not tried": "yellow",
    "restated": "red",
    "refused": "red",
    "failed": "red",
}


def _shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that both updates take."""
    options = (
        click.option(
            "--overlap",
            default=20,
            show_default=True,
            metavar="ROWS",
            help="Stored rows that are asked for again and compared.",
        ),
        click.option(
            "--accept-restated",
            is_flag=True,
            help="Load the whole history anew where the provider changed its past.",
        ),
        click.option(
            "--dry-run", is_flag=True, help="Ask and compare, and store nothing."
        ),
        json_option,
        pass_context,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("update")
@click.argument("symbols", nargs=-1)
@click.option(
    "--source",
    metavar="[pykrx|fdr|yfinance]",
    help="Whom to ask; by default whom each symbol came from last.",
)
@click.option(
    "--start", help="First day of symbols without rows; by default all there is."
)
@click.option(
    "--calendar", help="Exchange of symbols without rows, where it is not known: XTKS."
)
@click.option(
    "--recheck", is_flag=True, help="Compare also what has every session that is over."
)
@_shared_options
def update_data(
    context: CommandContext, /, symbols: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Fetch what is new of daily prices from their providers, symbol by symbol.

    Without SYMBOLS, all stored ones. Each goes on from its last row; its last rows are
    compared with what the provider says now, and a restated history (a split, a
    dividend) is reported, not mixed in. Today is fetched when its session is over.
    """
    lab = context.lab()
    with progress_bar(wanted=not as_json) as tell:
        tell("getting ready", 0, 0)
        report = lab.update_data(symbols or None, progress=tell, **options)
    _finish(report, as_json=as_json)


@click.command("update")
@click.argument("symbols", nargs=-1)
@click.option(
    "--source",
    metavar="ccxt:EXCHANGE",
    help="Whom to ask: ccxt:binance, ccxt:upbit; by default whom each came from last.",
)
@click.option(
    "--timeframe",
    multiple=True,
    help="How long a candle lasts: 1m, 1h, 1d; by default the stored ones.",
)
@click.option("--start", help="Where a series without candles begins: 2024-01-31.")
@_shared_options
def update_candles(
    context: CommandContext, /, symbols: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Fetch what is new of candles from their exchanges, series by series.

    Without SYMBOLS, all stored ones. Each series goes on from its last candle, page by
    page; a candle that is still forming is not stored. The last candles are compared
    with what the exchange says now.
    """
    lab = context.lab()
    with progress_bar(wanted=not as_json) as tell:
        tell("getting ready", 0, 0)
        report = lab.update_candles(symbols or None, progress=tell, **options)
    _finish(report, as_json=as_json)


def _finish(report: UpdateReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_dict())
    else:
        _print_updates(report)
    sys.exit(report.exit_code)


def _print_updates(report: UpdateReport) -> None:
    if report.updates:
        names = [
            "symbol",
            "source",
            "",
            "new",
            "changed",
            "compared",
            "first new",
            "last",
        ]
        print_table(
            names, [_row(update) for update in report.updates], right=names[3:6]
        )
    shown = [finding for finding in report.findings if finding.severity != "info"]
    if shown:
        click.echo()
        print_findings(shown)
    click.echo()
    click.echo(report.headline())
    _print_messages(report)
    if report.dry_run:
        click.echo("Nothing was stored (--dry-run).")
    if report.interrupted:
        click.echo(
            click.style("Stopped. ", fg="yellow", bold=True)
            + "What was done is stored; run it again to go on.",
            err=True,
        )


def _print_messages(report: UpdateReport) -> None:
    """Print why symbols were not updated; those not tried together, by the reason."""
    left: dict[str, list[str]] = {}
    for update in report.updates:
        if update.exit_code:
            mark = click.style("Error: ", fg="red", bold=True)
            click.echo(mark + update.message, err=True)
        elif update.message:
            left.setdefault(update.message, []).append(update.title)
    for message, titles in left.items():
        names = ", ".join(titles[:5]) + (
            f" and {len(titles) - 5:,} more" if len(titles) > 5 else ""
        )
        mark = click.style("Not tried: ", fg="yellow", bold=True)
        click.echo(f"{mark}{names}: {message}", err=True)


def _row(update: SymbolUpdate) -> list[str | Text]:
    from rich.text import Text

    status = str(update.status)
    counts = (update.rows_inserted, update.rows_updated, update.rows_compared)
    return [
        update.title,
        update.source,
        Text(status, style=_STYLES.get(status, "")),
        *(f"{count:,}" if count else "" for count in counts),
        update.first_new if update.rows_inserted else "",
        update.last_stored,
    ]
