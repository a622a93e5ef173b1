"""`foresto candles`: load and update candles, see how good they are, resample."""

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
from foresto_lab.cli.updates import update_candles
from foresto_lab.errors import ForestoError

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.sources import CandleLoadReport

start_option = click.option(
    "--start", help="First open time: 2024-01-31, or with time."
)
end_option = click.option("--end", help="Last open time; a day means all of it, UTC.")
FIELDS = ("open", "high", "low", "close", "volume")


@click.group()
def candles() -> None:
    """Load candles of any timeframe, and see what there is and how good it is."""


candles.add_command(update_candles)


# --- load -------------------------------------------------------------------------


@candles.command("load")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option("--symbol", help="Whose candles they are; by default the file's name.")
@click.option("--timeframe", help="How long a candle lasts: 1m, 5m, 1h, 1d, 1w, 1M.")
@click.option(
    "--timezone",
    help="Of times written without one: UTC, Asia/Seoul, America/New_York.",
)
@click.option(
    "--columns",
    metavar="NAMES",
    help="Fields of a CSV without header, in order: time,open,high,low,close,volume; "
    "_ for a column not used.",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=HEADER",
    help="The column of a field whose header is not recognised, e.g. close=Last.",
)
@click.option("--encoding", help="Of a CSV; by default detected (UTF-8, CP949, ...).")
@click.option("--delimiter", help="Of a CSV; by default comma, tab, semicolon or bar.")
@click.option(
    "--calendar", help="Exchange whose sessions the candles are of: XKRX, XNYS, ..."
)
@click.option(
    "--deduplicate",
    metavar="[first|last]",
    help="Which to keep of candles that open at the same instant.",
)
@click.option("--sort", is_flag=True, help="Put candles in order of time.")
@click.option(
    "--drop-empty-rows", is_flag=True, help="Leave out rows without any price."
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
    """Load CSV or Parquet files of candles, each whole or not at all.

    Loading a file again changes nothing. A file that breaks a quality rule is refused
    with the candles that do; the others are loaded all the same.
    """
    options["mapping"] = parse_mapping(pairs)
    load_files(
        context.lab().load_candles,
        files,
        options,
        show=_print_loads,
        as_json=as_json,
    )


def _print_loads(done: Mapping[Path, CandleLoadReport | ForestoError]) -> None:
    rows: list[list[Any]] = []
    for path, result in done.items():
        if isinstance(result, ForestoError):
            rows.append([path.name, "refused", *[None] * 6])
            continue
        for series in result.series:
            rows.append(
                [
                    path.name,
                    "loaded",
                    series.symbol,
                    series.timeframe,
                    f"{series.row_count:,}",
                    f"{result.outcome.rows_inserted:,}",
                    series.first_open,
                    series.last_open,
                ]
            )
    names = ["file", "", "symbol", "of", "candles", "new in file", "first", "last"]
    print_table(names, rows, right=names[4:6])


# --- list, show, resample ---------------------------------------------------------


@candles.command("list")
@json_option
@pass_context
def list_candles(context: CommandContext, as_json: bool) -> None:
    """List the stored candles by symbol and timeframe."""
    covered = context.lab().candle_coverage()
    rows = [
        {
            **row,
            "first_open": f"{row['first_open']:%Y-%m-%dT%H:%MZ}",
            "last_open": f"{row['last_open']:%Y-%m-%dT%H:%MZ}",
        }
        for row in covered.to_dict("records")
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ["symbol", "timeframe", "first", "last", "candles"],
        [
            [
                row["symbol"],
                row["timeframe"],
                row["first_open"],
                row["last_open"],
                f"{row['row_count']:,}",
            ]
            for row in rows
        ],
        right=["candles"],
        empty="No candles yet. Load some with `foresto candles load FILE`.",
    )


@candles.command("show")
@click.argument("symbol")
@click.argument("timeframe")
@start_option
@end_option
@click.option(
    "--limit", default=20, show_default=True, help="How many to show; the last ones."
)
@click.option(
    "--recent",
    is_flag=True,
    help="Take the last 48 hours from Redis (FORESTO_REDIS_URL), the rest from the "
    "store.",
)
@json_option
@pass_context
def show(
    context: CommandContext,
    symbol: str,
    timeframe: str,
    start: str | None,
    end: str | None,
    limit: int,
    recent: bool,
    as_json: bool,
) -> None:
    """Show the last candles of a symbol."""
    frame = context.lab().candles(symbol, timeframe, start, end, recent=recent)
    for finding in frame.attrs.get("findings", ()):
        level, code = finding["severity"], finding["code"]
        click.echo(f"[{level}] {code} {finding['message']}", err=True)
    _print_candles(frame.tail(max(limit, 0)), as_json=as_json)


@candles.command("resample")
@click.argument("symbol")
@click.argument("timeframe")
@click.option(
    "--from",
    "resample_from",
    default="auto",
    show_default=True,
    help="The shorter timeframe to make them from.",
)
@start_option
@end_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write them to this file: .csv, .csv.gz or .parquet.",
)
@click.option(
    "--limit", default=20, show_default=True, help="How many to show; the last ones."
)
@json_option
@pass_context
def resample(
    context: CommandContext,
    symbol: str,
    timeframe: str,
    resample_from: str,
    start: str | None,
    end: str | None,
    output: Path | None,
    limit: int,
    as_json: bool,
) -> None:
    """Make longer candles from stored shorter ones; nothing is stored."""
    frame = context.lab().candles(
        symbol, timeframe, start, end, resample_from=resample_from
    )
    if output is not None:
        _write(frame, output)
        click.echo(f"{len(frame):,} candles of {timeframe}: {output}", err=as_json)
        if not as_json:
            return
    _print_candles(frame.tail(max(limit, 0)), as_json=as_json)


def _write(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix in (".parquet", ".pq"):
        frame.to_parquet(path)
    else:
        frame.to_csv(path)


def _print_candles(frame: pd.DataFrame, *, as_json: bool) -> None:
    times = [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in frame.index]
    rows = frame.loc[:, list(FIELDS)].to_numpy().tolist()
    if as_json:
        names = ("open_time", *FIELDS)
        given = zip(times, rows, strict=True)
        print_json([dict(zip(names, [t, *row], strict=True)) for t, row in given])
        return
    shown = [
        [time, *(f"{value:,.10g}" for value in row)]
        for time, row in zip(times, rows, strict=True)
    ]
    print_table(
        ["open time", *FIELDS],
        shown,
        right=FIELDS,
        empty="No candles in this span.",
    )


# --- quality ----------------------------------------------------------------------


@candles.command("quality")
@click.argument("symbols", nargs=-1)
@click.option("--timeframe", "timeframes", multiple=True, help="Only candles of this.")
@click.option(
    "--calendar", help="Exchange in whose sessions candles are expected: XKRX, XNYS."
)
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
    timeframes: tuple[str, ...],
    calendar: str | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Hold the stored candles against every rule over candles.

    Ends with exit code 3 where an error-level rule is broken.
    """
    report = context.lab().candle_quality(
        list(symbols) or None, list(timeframes) or None, calendar
    )
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
