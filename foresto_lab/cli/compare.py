"""`foresto compare`: hold a run beside a benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.scenarios.comparison import BenchmarkComparison


@click.command()
@click.argument("run_id")
@click.option(
    "--benchmark",
    required=True,
    help="A loaded symbol, an asset class, or a portfolio's name.",
)
@click.option(
    "--crisis",
    "crises",
    multiple=True,
    metavar="NAME=START:END",
    help="A bad time of your own, as mine=2015-06-01:2016-02-11.",
)
@click.option(
    "--years",
    "years",
    multiple=True,
    type=int,
    default=(1, 3, 5),
    show_default=True,
    help="Length of rolling windows; may be given many times.",
)
@json_option
@pass_context
def compare(
    context: CommandContext,
    run_id: str,
    benchmark: str,
    crises: tuple[str, ...],
    years: tuple[int, ...],
    as_json: bool,
) -> None:
    """Show the run RUN_ID beside a benchmark: figures, crises, rolling windows."""
    own = dict(_parse_crisis(text) for text in crises)
    comparison = context.lab().compare(run_id, benchmark, crises=own, years=years)
    if as_json:
        print_json(comparison.to_dict())
        return
    _print_figures(comparison)
    _print_crises(comparison)
    _print_windows(comparison)


def _parse_crisis(text: str) -> tuple[str, tuple[str, str]]:
    name, equals, dates = text.partition("=")
    start, colon, end = dates.partition(":")
    if not (name and equals and colon):
        raise click.BadParameter(
            f"{text!r} is not NAME=START:END.", param_hint="--crisis"
        )
    return name, (start, end)


def _print_figures(comparison: BenchmarkComparison) -> None:
    from foresto_lab.labels import label, measure_text

    relative = comparison.relative
    rows = [
        [label(str(name), "en"), measure_text(str(name), value, "en")]
        for name, value in relative.summary.items()
    ]
    first, last = relative.growth.index[0], relative.growth.index[-1]
    title = f"{relative.name}, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    print_table(["beside", title], rows, right=[title])
    for finding in relative.findings:
        click.echo(f"  {finding.severity}: {finding.message} {finding.fix}".rstrip())


def _print_crises(comparison: BenchmarkComparison) -> None:
    from foresto_lab.labels import crisis_label, day, label, percent
    from foresto_lab.labels import days as days_text

    def figure(row: dict[str, Any], prefix: str = "") -> list[str]:
        return [
            percent(row[f"{prefix}return"]),
            percent(row[f"{prefix}max_drawdown"]),
            days_text(row[f"{prefix}days_to_recover"], "en"),
        ]

    rows = [
        [
            crisis_label(str(name), "en"),
            f"{day(row['start'])} to {day(row['end'])}",
            label(f"coverage_{row['coverage']}", "en"),
            *figure(row),
            *figure(row, "benchmark_"),
        ]
        for name, row in _rows(comparison.crises)
    ]
    heads = ["return", "max DD", "to recover"]
    beside = [f"{head} (b)" for head in heads]
    print_table(
        ["crisis", "from close to close", "data", *heads, *beside],
        rows,
        right=[*heads, *beside],
    )


def _rows(table: Any) -> Iterable[tuple[Any, dict[str, Any]]]:
    """Yield the rows of a table by their names."""
    for name, row in table.iterrows():
        yield name, dict(row)


def _print_windows(comparison: BenchmarkComparison) -> None:
    from foresto_lab.labels import MISSING, percent

    rows = []
    for of, rolling in (
        ("portfolio", comparison.rolling),
        ("benchmark", comparison.benchmark_rolling),
    ):
        table: Any = rolling.summary.xs("return", level="measure")
        for years, row in _rows(table):
            worst = row["worst_start"]
            rows.append(
                [
                    f"{years} {'year' if years == 1 else 'years'}, {of}",
                    percent(row["worst"]),
                    percent(row["median"]),
                    percent(row["best"]),
                    percent(row["positive_share"], 0),
                    f"{worst:%Y-%m-%d}" if row["windows"] else MISSING,
                    str(row["windows"]),
                ]
            )
    heads = ["worst", "median", "best", "positive", "worst from", "windows"]
    print_table(["return a year over", *heads], rows, right=heads)
