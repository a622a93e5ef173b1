"""`foresto forward`: many futures of one portfolio, registered as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table
from foresto_lab.cli.progress import progress_bar
from foresto_lab.cli.trading_options import trading_arguments, trading_options

if TYPE_CHECKING:
    from foresto_lab.scenarios.forward import ForwardResult, Method


@click.command()
@click.argument("portfolio")
@click.option("--years", type=float, default=20, show_default=True, help="How far.")
@click.option(
    "--paths", type=int, default=10_000, show_default=True, help="How many futures."
)
@click.option("--goal", type=float, help="A value whose chance is told.")
@click.option(
    "--inflation",
    type=float,
    default=0.0,
    help="A yearly rate such as 0.02; amounts are then in today's money.",
)
@click.option("--seed", type=int, default=0, help="Another seed, other futures.")
@click.option(
    "--block-length",
    type=float,
    help="Mean days of history kept together; else what suits it (Politis-White).",
)
@click.option("--mean", type=float, help="Draw from this yearly return of every asset.")
@click.option("--volatility", type=float, help="Draw from this yearly volatility.")
@click.option(
    "--student-t",
    "degrees_of_freedom",
    type=float,
    help="Draw from Student's t with these degrees of freedom, by history's moments.",
)
@click.option("--start", help="First date of history, YYYY-MM-DD.")
@click.option("--end", help="Last date of history, YYYY-MM-DD.")
@click.option("--rule", help="A stored rule, see `foresto rules`; else buy and hold.")
@click.option(
    "--initial-amount",
    type=float,
    default=1_000_000,
    show_default=True,
    help="Invested at the start.",
)
@trading_options
@click.option("--threads", type=int, help="Else one a core; changes no number.")
@click.option("--force", is_flag=True, help="Compute it even if it is there already.")
@json_option
@pass_context
def forward(
    context: CommandContext,
    /,
    portfolio: str,
    rule: str | None,
    block_length: float | None,
    mean: float | None,
    volatility: float | None,
    degrees_of_freedom: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Simulate many futures of PORTFOLIO; print the fan and the chances in it.

    PORTFOLIO is the name of a scenario or a custom portfolio.
    """
    names = ("years", "paths", "goal", "inflation", "seed", "threads", "force")
    asked = {name: options[name] for name in names}
    span = {name: options[name] for name in ("start", "end", "initial_amount")}
    stated = (mean, volatility, degrees_of_freedom)
    with progress_bar(wanted=not as_json) as tell:
        result = context.lab().forward(
            portfolio,
            method=_method(block_length, *stated),
            rebalancing=rule,
            progress=tell,
            **asked,
            **span,
            **trading_arguments(options),
        )
    if as_json:
        print_json(result.to_dict())
        return
    _print_result(result)


def _method(
    block_length: float | None,
    mean: float | None,
    volatility: float | None,
    degrees_of_freedom: float | None,
) -> Method:
    """Return the method that the options name.

    Raises
    ------
    InputError
        Options of both methods are given.
    """
    from foresto_lab.errors import InputError
    from foresto_lab.scenarios.forward import Bootstrap, Parametric

    stated = (mean, volatility, degrees_of_freedom)
    if all(value is None for value in stated):
        return Bootstrap(block_length)
    if block_length is not None:
        raise InputError(
            message="--block-length resamples history; --mean, --volatility and "
            "--student-t draw from a distribution. Give one or the other."
        )
    return Parametric(mean, volatility, degrees_of_freedom=degrees_of_freedom)


def _print_result(result: ForwardResult) -> None:
    from foresto_lab.labels import measure_text, money, percent

    click.echo(result.title)
    click.echo(result.source_line("en"))
    if result.simulated:
        click.echo("Its history is SIMULATED; no market ever traded at these prices.")
    rows = [
        [key, measure_text(str(key), value, "en", result.currency)]
        for key, value in result.summary.items()
        if value is not None
    ]
    print_table(["summary", "value"], rows, right=["value"])
    table = result.by_year
    shown = [year for year in (1, 2, 3, 5, 10, 15, 20, 30, 40) if year in table.index]
    amounts = ("p05", "p50", "p95")
    chances = [name for name in map(str, table) if name.startswith("probability")]
    words = [name.removeprefix("probability_of_") for name in chances]
    head = ["year", *amounts, *words]
    body = [
        [
            str(year),
            *(money(float(row[name]), "en", result.currency) for name in amounts),
            *(percent(float(row[name]), 1) for name in chances),
        ]
        for year, row in table.loc[shown].iterrows()
    ]
    print_table(head, body, right=head)
    for finding in result.findings:
        click.echo(str(finding))
    click.echo(f"Run {result.run_id}, request {str(result.request_hash)[:12]}…")
