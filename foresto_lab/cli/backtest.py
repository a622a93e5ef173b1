"""`foresto backtest`: one strategy on stored candles, registered as a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.execution_options import execution_arguments, execution_options
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult


@click.command()
@click.argument("strategy")
@click.option("--symbols", required=True, help="What to trade, with commas between.")
@click.option(
    "--timeframe", default="1d", show_default=True, help="Length of the candles."
)
@click.option("--start", help="First day or instant, UTC.")
@click.option("--end", help="Last day or instant, UTC.")
@click.option(
    "--capital",
    type=float,
    default=10_000_000,
    show_default=True,
    help="Money at the start.",
)
@click.option(
    "-p",
    "parameters",
    metavar="KEY=VALUE",
    multiple=True,
    help="A parameter of a built-in or Python strategy; may be repeated.",
)
@click.option("--finer", help="Shorter candles that tell stop from target, such as 1m.")
@execution_options
@click.option("--force", is_flag=True, help="Compute it even if it is there already.")
@json_option
@pass_context
def backtest(
    context: CommandContext,
    /,
    strategy: str,
    symbols: str,
    timeframe: str,
    start: str | None,
    end: str | None,
    capital: float,
    parameters: Sequence[str],
    finer: str | None,
    force: bool,
    as_json: bool,
    **execution: Any,
) -> None:
    """Backtest STRATEGY on stored candles, register the run and print its figures.

    STRATEGY is a built-in one's name, a stored one's NAME or NAME@VERSION, or a JSON
    file.
    """
    result = context.lab().backtest(
        strategy,
        symbols=[symbol.strip() for symbol in symbols.split(",") if symbol.strip()],
        timeframe=timeframe,
        start=start,
        end=end,
        initial_capital=capital,
        execution=execution_arguments(execution),
        parameters=dict(map(parse_parameter, parameters)),
        finer=finer,
        force=force,
    )
    if as_json:
        print_json(_as_dict(result))
        return
    _print_result(result)


def parse_parameter(text: str) -> tuple[str, Any]:
    """Return the name and the value of KEY=VALUE, the value as JSON where it is."""
    from foresto_lab.errors import InputError

    name, mark, value = text.partition("=")
    if not mark or not name.strip():
        raise InputError(message=f"-p {text!r} is no KEY=VALUE, such as rsi_period=7.")
    try:
        return name.strip(), json.loads(value.strip())
    except ValueError:
        return name.strip(), value.strip()


def _as_dict(result: BacktestResult) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "request_hash": result.request_hash,
        "strategy": result.strategy.to_dict(),
        "symbols": list(result.symbols),
        "timeframe": result.timeframe,
        "start": result.equity.index[0].isoformat(),
        "end": result.equity.index[-1].isoformat(),
        "initial_capital": result.initial_capital,
        "execution": result.execution.to_dict(),
        "metrics": {name: _finite(value) for name, value in result.metrics.items()},
        "findings": [finding.to_dict() for finding in result.findings],
    }


def _finite(value: Any) -> Any:
    """Return a figure as JSON has it: undefined ones and infinities as null."""
    plain = value.item() if hasattr(value, "item") else value
    is_number = isinstance(plain, float) and (
        plain != plain or abs(plain) == float("inf")
    )
    return None if is_number else plain


def _print_result(result: BacktestResult) -> None:
    from foresto_lab.labels import label, measure_text

    rows = [
        [label(str(name), "en"), measure_text(str(name), value, "en")]
        for name, value in result.metrics.items()
    ]
    half = (len(rows) + 1) // 2
    beside = [*rows[half:], ["", ""]][: len(rows[:half])]
    click.echo(result.title)
    print_table(
        ["figure", "value", "figure ", "value "],
        [[*left, *right] for left, right in zip(rows[:half], beside, strict=False)],
        right=["value", "value "],
    )
    for finding in result.findings:
        click.echo(str(finding))
    click.echo(f"Run {result.run_id}, request {result.request_hash[:12]}…")
