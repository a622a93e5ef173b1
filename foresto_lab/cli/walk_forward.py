"""`foresto walk-forward`: choose on the past, trade what came next, again and again."""

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
    from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult

SHOWN = ("total_return", "cagr", "sharpe", "max_drawdown", "total_trades")


@click.command("walk-forward")
@click.argument("strategy")
@click.option(
    "--train", required=True, help="What is chosen on: bars, 0.4 of all, or 730D."
)
@click.option("--test", required=True, help="What is traded then, in the same units.")
@click.option("--step", help="From one test span to the next; by default --test.")
@click.option("--anchored", is_flag=True, help="Train spans begin at the first bar.")
@click.option(
    "--embargo", type=int, default=0, help="Bars left out between train and test."
)
@search_options
@click.option("--html", is_flag=True, help="Publish the report's page as well.")
@click.option("--force", is_flag=True, help="Do it anew even if it is there already.")
@json_option
@pass_context
@click.pass_context
def walk_forward(
    ctx: click.Context,
    context: CommandContext,
    /,
    strategy: str,
    html: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Walk STRATEGY forward: search each train span, trade the test span after it.

    Ctrl-C stops it and keeps the windows that were done; the same command goes on
    from there.
    """
    lab = context.lab()
    arguments = search_arguments(options)
    space = arguments.pop("space")
    cuts = {name: _length(options[name]) for name in ("train", "test", "step")}
    for name in ("anchored", "embargo"):
        cuts[name] = options[name]
    result = lab.walk_forward(strategy, space, **cuts, **arguments)
    page = _publish(lab, strategy, options, {**arguments, **cuts}) if html else None
    if as_json:
        print_json({**result.to_dict(), "report": page})
    else:
        _print_result(result)
        if page is not None:
            click.echo(f"Report: {page}")
    if result.status == "cancelled":
        ctx.exit(CANCELLED_EXIT)


def _length(text: str | None) -> Any:
    """Return bars, a share of all bars, or the text of a duration."""
    if text is None:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _publish(
    lab: Lab, strategy: str, options: dict[str, Any], arguments: dict[str, Any]
) -> str:
    """Publish the report of the same walk-forward, which is found by its hash."""
    same = (
        *("symbols", "timeframe", "start", "end", "method", "trials", "seed"),
        *("parameters", "initial_capital", "execution"),
        *("train", "test", "step", "anchored", "embargo"),
    )
    report = lab.report(
        "walk_forward",
        strategy=strategy,
        space=list(options["ranges"]),
        where=list(options["where"]),
        constraints=list(options["constraints"]),
        objective=options["objectives"][0],
        **{name: arguments[name] for name in same},
    )
    return str(report.path)


def _print_result(result: WalkForwardResult) -> None:
    from foresto_lab.labels import label, measure_text

    click.echo(result.title)
    click.echo(
        f"{len(result.windows)} windows, {result.evaluated:,} trials, "
        f"efficiency {result.efficiency:.0%}, {result.elapsed:.1f} s"
    )
    print_table(
        ["out of sample", "value"],
        [
            [label(name, "en"), measure_text(name, result.metrics[name], "en")]
            for name in SHOWN
        ],
        right=["value"],
    )
    parameters = result.parameters
    rows = [
        [
            str(number),
            f"{row['test_start']:%Y-%m-%d}",
            f"{row['test_end']:%Y-%m-%d}",
            f"{row['train_objective']:.4g}",
            f"{row['test_objective']:.4g}",
            *(str(parameters.at[number, name]) for name in parameters),
        ]
        for number, row in result.windows.to_dict("index").items()
    ]
    figures = [f"{result.objective} before", "after"]
    print_table(
        ["window", "from", "to", *figures, *map(str, parameters)],
        rows,
        right=["window", *figures],
    )
    for finding in result.findings:
        click.echo(str(finding))
    if result.status == "cancelled":
        click.echo(
            "Stopped; the windows that were done are kept, and the same command goes "
            "on from there."
        )
    if result.run_id is not None:
        click.echo(f"Run {result.run_id}, request {result.request_hash[:12]}…")
