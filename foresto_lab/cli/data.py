"""`foresto data`: load and update prices, see what there is and how good."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.findings import print_findings
from foresto_lab.cli.loads import load_files, parse_mapping
from foresto_lab.cli.output import json_option, print_json, print_table
from foresto_lab.cli.updates import update_data
from foresto_lab.errors import ForestoError

if TYPE_CHECKING:
    from foresto_lab.sources import LoadReport


@click.group()
def data() -> None:
    """Load prices, compute returns, and see how good the data are."""


data.add_command(update_data)


# --- load -------------------------------------------------------------------------


@data.command("load")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option("--symbol", help="Whose prices they are, where no column says so.")
@click.option(
    "--columns",
    metavar="NAMES",
    help="Fields of a CSV without header, in order: date,open,high,low,close,volume; "
    "_ for a column not used.",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=HEADER",
    help="The column of a field whose header is not recognised, e.g. close=NAV.",
)
@click.option("--encoding", help="Of a CSV; by default detected (UTF-8, CP949, ...).")
@click.option("--delimiter", help="Of a CSV; by default comma, tab, semicolon or bar.")
@click.option(
    "--layout",
    default="long",
    show_default=True,
    metavar="[long|wide|yfinance-multiheader]",
    help="One row per symbol and date, one column per symbol, or yfinance's header.",
)
@click.option(
    "--calendar",
    default="XKRX",
    show_default=True,
    help="Exchange calendar that the dates are held against: XKRX, XNYS, 24/7, ...",
)
@click.option(
    "--adjusted/--unadjusted",
    default=None,
    help="Whether the close is adjusted, where there is no adjusted close.",
)
@click.option("--date-format", help="For dates of two readings, e.g. %m/%d/%Y.")
@click.option(
    "--newest-first", is_flag=True, help="Turn round a file that runs backwards."
)
@click.option("--drop-zero-rows", is_flag=True, help="Leave out rows of only zeros.")
@click.option(
    "--halts-as-missing",
    is_flag=True,
    help="Take zero prices on days with a close but no volume as missing.",
)
@json_option
@pass_context
def load(
    context: CommandContext,
    /,
    files: tuple[Path, ...],
    pairs: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Load CSV or Parquet files of daily prices, each whole or not at all.

    Loading a file again changes nothing. A file that breaks a quality rule is refused
    with the rows that do; the others are loaded all the same.
    """
    options["mapping"] = parse_mapping(pairs)
    load_files(
        context.lab().load_prices,
        files,
        options,
        show=_print_loads,
        as_json=as_json,
    )


def _print_loads(done: Mapping[Path, LoadReport | ForestoError]) -> None:
    rows = []
    for path, result in done.items():
        if isinstance(result, ForestoError):
            rows.append([path.name, "refused", *[None] * 6])
            continue
        outcome = result.outcome
        changes = (outcome.rows_inserted, outcome.rows_updated, outcome.rows_unchanged)
        rows.append(
            [
                path.name,
                "loaded",
                _symbols(tuple(result.symbols)),
                *(f"{count:,}" for count in changes),
                f"{result.first_date}",
                f"{result.last_date}",
            ]
        )
    names = ["file", "", "symbols", "new", "changed", "as before", "first", "last"]
    print_table(names, rows, right=names[3:6])


def _symbols(symbols: tuple[str, ...]) -> str:
    return symbols[0] if len(symbols) == 1 else f"{len(symbols):,} symbols"


# --- returns, list, history -------------------------------------------------------


@data.command("returns")
@json_option
@pass_context
def returns(context: CommandContext, as_json: bool) -> None:
    """Compute daily returns from the prices; only what changed is written."""
    outcome = context.lab().update_returns()
    if as_json:
        print_json(
            {
                "rows_inserted": outcome.rows_inserted,
                "rows_updated": outcome.rows_updated,
                "rows_unchanged": outcome.rows_unchanged,
                "data_version": outcome.data_version,
            }
        )
        return
    click.echo(
        f"Daily returns: {outcome.rows_inserted:,} new, {outcome.rows_updated:,} "
        f"changed, {outcome.rows_unchanged:,} as before."
    )


@data.command("list")
@json_option
@pass_context
def list_data(context: CommandContext, as_json: bool) -> None:
    """List the loaded symbols with their dates and numbers of rows."""
    coverage = context.lab().coverage()
    rows = [
        {
            **row,
            "first_date": f"{row['first_date']:%Y-%m-%d}",
            "last_date": f"{row['last_date']:%Y-%m-%d}",
        }
        for row in coverage.to_dict("records")
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ["symbol", "first", "last", "rows"],
        [
            [
                row["symbol"],
                row["first_date"],
                row["last_date"],
                f"{row['row_count']:,}",
            ]
            for row in rows
        ],
        right=["rows"],
        empty="No prices yet. Load some with `foresto data load FILE`.",
    )


@data.command("history")
@click.option("--limit", default=20, show_default=True, help="How many loads to show.")
@json_option
@pass_context
def history(context: CommandContext, limit: int, as_json: bool) -> None:
    """List the loads and refusals, newest first, with their findings."""
    loads = context.lab().storage.catalog.load_history().head(limit)
    if as_json:
        print_json(loads.astype(object).where(loads.notna(), None).to_dict("records"))
        return
    print_table(
        ["loaded at", "from", "", "rows", "findings"],
        [
            [
                f"{row['loaded_at']:%Y-%m-%d %H:%M}",
                _source(row),
                row["status"],
                f"{row['rows_received']:,}" if row["status"] == "loaded" else "",
                ", ".join(finding["code"] for finding in row["findings"]),
            ]
            for row in loads.to_dict("records")
        ],
        right=["rows"],
    )


def _source(row: Mapping[Any, Any]) -> str:
    """Return a file's name, or the connector with its symbol."""
    if isinstance(row["options"], Mapping) and "connector" in row["options"]:
        return str(row["source"])
    return Path(row["source"]).name


# --- upkeep -----------------------------------------------------------------------


@data.command("compact")
@pass_context
def compact(context: CommandContext) -> None:
    """Merge the small files that daily loads leave; no row changes."""
    context.lab().storage.series.compact()
    click.echo("Compacted. Rows and data version are as before.")


@data.command("repair")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def repair(context: CommandContext, yes: bool) -> None:
    """Drop files of prices that cannot be read, to load them again."""
    if not yes:
        click.confirm("Rows of damaged files will be gone. Drop them?", abort=True)
    dropped = context.lab().repair_prices()
    for path in dropped:
        click.echo(f"Dropped {path}")
    click.echo(
        "Load their prices again with `foresto data load FILE`."
        if dropped
        else "Every file can be read; nothing was dropped."
    )


# --- quality ----------------------------------------------------------------------


@data.command("quality")
@click.argument("symbols", nargs=-1)
@click.option("--calendar", help="One calendar for all; by default each symbol's own.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report as an HTML page.",
)
@json_option
@pass_context
def quality(
    context: CommandContext,
    symbols: tuple[str, ...],
    calendar: str | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Hold the stored prices against every quality rule.

    Ends with exit code 3 where an error-level rule is broken.
    """
    report = context.lab().quality(list(symbols) or None, calendar)
    if page is not None:
        page.write_text(report.to_html(), encoding="utf-8")
        click.echo(f"{page}", err=as_json)
    if as_json:
        print_json(report.to_dict())
    else:
        click.echo(report.headline())
        if report.findings:
            print_findings(report.findings)
    sys.exit(0 if report.passed else 3)
