"""`foresto optimize`: search a strategy's parameters, and say whether to believe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table
from foresto_lab.cli.search_options import (
    CANCELLED_EXIT,
    search_arguments,
    search_options,
)

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.optimize.result import OptimizationResult

SHOWN = ("total_return", "sharpe", "max_drawdown", "total_trades")
"""Figures of the best trials that are printed."""
STATISTICS = (
    "trials",
    "prior_trials",
    "luck_probability",
    "deflated_sharpe_ratio",
    "probability_of_overfitting",
    "plateau_score",
)


@click.command()
@click.argument("strategy")
@search_options
@click.option(
    "--top", type=int, default=10, show_default=True, help="How many trials to print."
)
@click.option(
    "--split",
    metavar="TRAIN,VALIDATION,TEST",
    help="Search the first part alone: 0.6,0.2,0.2.",
)
@click.option("--html", is_flag=True, help="Publish the report's page as well.")
@click.option("--force", is_flag=True, help="Search anew even if it is there already.")
@json_option
@pass_context
@click.pass_context
def optimize(
    ctx: click.Context,
    context: CommandContext,
    /,
    strategy: str,
    top: int,
    split: str | None,
    html: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Search the parameters of STRATEGY; print the verdict and the best trials.

    STRATEGY is a built-in one's name, a stored one's NAME or NAME@VERSION, or a JSON
    file; of JSON, parameters are paths such as `indicators[0].params.timeperiod`.

    Ctrl-C stops it and keeps what was found; the same command goes on from there.
    """
    lab = context.lab()
    arguments = search_arguments(options)
    space = arguments.pop("space")
    parts = _parse_split(split)
    result = lab.optimize(strategy, space, split=parts, **arguments)
    page = _publish(lab, strategy, options, arguments, parts) if html else None
    if as_json:
        print_json({**result.to_dict(), "report": page})
    else:
        _print_result(result, top)
        if page is not None:
            click.echo(f"Report: {page}")
    if result.status == "cancelled":
        ctx.exit(CANCELLED_EXIT)


def _parse_split(text: str | None) -> list[float] | None:
    from foresto_lab.errors import InputError

    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            message=f"--split {text!r} is no list of shares. Write 0.6,0.2,0.2."
        ) from None


def _publish(
    lab: Lab,
    strategy: str,
    options: dict[str, Any],
    arguments: dict[str, Any],
    split: list[float] | None,
) -> str:
    """Publish the report of the same search, which is found by its hash."""
    same = ("symbols", "timeframe", "start", "end", "method", "trials", "seed")
    report = lab.report(
        "optimization",
        strategy=strategy,
        space=list(options["ranges"]),
        where=list(options["where"]),
        constraints=list(options["constraints"]),
        objective=list(options["objectives"]),
        parameters=arguments["parameters"],
        initial_capital=arguments["initial_capital"],
        execution=arguments["execution"],
        split=split,
        **{name: arguments[name] for name in same},
    )
    return str(report.path)


def _print_result(result: OptimizationResult, top: int) -> None:
    """Print the verdict first, then what it is of."""
    verdict = result.verdict
    if verdict is not None:
        click.echo(verdict.text("en"))
    click.echo(result.title)
    click.echo(_searched(result))
    statistics = result.statistics
    told = [name for name in STATISTICS if name in statistics.index]
    if told:
        print_table(
            ["statistic", "value"],
            [[*_named(name, statistics[name])] for name in told],
            right=["value"],
        )
    _print_top(result, top)
    for finding in result.findings:
        click.echo(str(finding))
    if result.is_partial:
        click.echo(
            f"Stopped ({result.status}) after {result.evaluated:,} trials; they are "
            "kept, and the same command goes on from there."
        )
    if result.run_id is not None:
        click.echo(f"Run {result.run_id}, request {result.request_hash[:12]}…")


def _searched(result: OptimizationResult) -> str:
    size = result.space.size
    of = "" if size is None else f" of {size:,}"
    return (
        f"{result.evaluated:,} trials{of} by {result.method.name} for "
        f"{', '.join(objective.name for objective in result.objectives)}, "
        f"{result.elapsed:.1f} s"
    )


def _print_top(result: OptimizationResult, top: int) -> None:
    best = result.top(top)
    names = [*result.space.names]
    figures = [name for name in SHOWN if name in best.columns]
    extra = [] if result.objective in figures else ["objective"]
    rows = [
        [
            str(row["rank"]),
            *(str(row[name]) for name in names),
            *(_named(name, row[name])[1] for name in (*extra, *figures)),
        ]
        for row in best.to_dict("records")
    ]
    print_table(
        ["rank", *names, *(result.objective for _ in extra), *figures],
        rows,
        right=["rank", *figures],
        empty="No trial has a value and keeps every constraint.",
    )


def _named(name: str, value: Any) -> tuple[str, str]:
    """Return a figure's name and value as people read them."""
    from foresto_lab.labels import MEASURES, label, measure_text

    if name in MEASURES:
        return label(name, "en"), measure_text(name, value, "en")
    return name, f"{value:.4g}" if isinstance(value, float) else str(value)
