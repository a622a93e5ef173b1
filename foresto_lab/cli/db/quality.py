"""`foresto db quality`: the state of the whole store, for people and for cron."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.findings import Finding
    from foresto_lab.storage.health import HealthReport

MOST_ROWS = 30


@click.command("quality", short_help="Check the whole store.")
@click.option("--as-of", metavar="DATE", help="Judge by this day; by default, now.")
@click.option(
    "--stale-sessions",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Completed sessions without a row until an instrument is stale.",
)
@click.option(
    "--months-ahead",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Months of partitions wanted beyond this one (PostgreSQL).",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="From which severity on the exit code is 3.",
)
@json_option
@database_option
@pass_context
def quality(
    context: CommandContext,
    as_of: str | None,
    stale_sessions: int,
    months_ahead: int,
    fail_on: str,
    as_json: bool,
) -> None:
    """Check the store: gaps, stale instruments, returns, artifacts, months, runs.

    Changes nothing. `foresto data quality` holds each price against the rules.
    """
    report = context.lab().health(
        as_of=as_of, stale_sessions=stale_sessions, months_ahead=months_ahead
    )
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report)
    sys.exit(_exit_code(report, fail_on))


def _exit_code(report: HealthReport, fail_on: str) -> int:
    from foresto_lab.types import Severity

    return 0 if fail_on == "never" else report.exit_code(Severity(fail_on))


def _print(report: HealthReport) -> None:
    click.echo(report.headline())
    poorest = report.coverage.sort_values(["coverage", "symbol"])
    print_table(
        ["symbol", "calendar", "from", "to", "rows", "missing", "coverage", "behind"],
        [
            [
                row.symbol,
                row.calendar,
                str(row.first_date)[:10],
                str(row.last_date)[:10],
                f"{row.row_count:,}",
                f"{row.missing_count:,}",
                f"{row.coverage:.1%}",
                f"{row.lag_sessions:,}",
            ]
            for row in poorest.head(MOST_ROWS).itertuples()
        ],
        right=["rows", "missing", "coverage", "behind"],
        empty="No prices are loaded yet.",
    )
    if len(poorest) > MOST_ROWS:
        click.echo(f"… and {len(poorest) - MOST_ROWS:,} more; --json has them all.")
    if report.findings:
        click.echo()
        print_findings(report.findings)


def print_findings(findings: Sequence[Finding]) -> None:
    """Print findings as a table, the gravest first."""
    print_table(
        ["severity", "finding", "where", "count", "what to know"],
        [
            [
                finding.severity,
                finding.code,
                finding.where,
                f"{finding.count:,}",
                f"{finding.message} {finding.fix}".strip()
                + "".join(f"\n{sample}" for sample in finding.samples[:3]),
            ]
            for finding in findings
        ],
        right=["count"],
    )
