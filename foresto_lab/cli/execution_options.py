"""Options of commands that backtest: fills, costs, sizes and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--fee-rate", type=float, help="Of each fill's value. Default: 0.0004."
    ),
    click.option("--maker-fee-rate", type=float, help="Of take-profit fills instead."),
    click.option(
        "--slippage-bps", type=float, help="Basis points that fills are worse by."
    ),
    click.option("--sell-tax-rate", type=float, help="Of each sale's value."),
    click.option("--leverage", type=float, help="1 to 20; else the strategy's."),
    click.option(
        "--lot-size", type=float, help="1 for whole shares, 0 for any quantity."
    ),
    click.option("--minimum-order", type=float, help="Least value of an order."),
    click.option(
        "--max-entries", type=int, help="How often a position may be entered."
    ),
    click.option("--stop-loss", type=float, help="Fraction of the entry price."),
    click.option("--take-profit", type=float, help="Fraction of the entry price."),
    click.option(
        "--trailing-stop", type=float, help="Fraction of the best price since."
    ),
    click.option(
        "--time-stop", type=int, help="Bars after which a position is closed."
    ),
    click.option(
        "--fill",
        type=click.Choice(["next_open", "close"]),
        help="Where a signal fills: at the next open, or at its own close.",
    ),
    click.option(
        "--on-opposite",
        type=click.Choice(["reverse", "close", "ignore"]),
        help="What an opposite signal does.",
    ),
    click.option("--long-only", is_flag=True, help="Open no shorts."),
)
NAMES = (
    *("fee_rate", "maker_fee_rate", "slippage_bps", "sell_tax_rate", "leverage"),
    *("lot_size", "minimum_order", "max_entries", "stop_loss", "take_profit"),
    *("trailing_stop", "time_stop", "fill", "on_opposite"),
)


def execution_options(command: Command) -> Command:
    """Give a command the options, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def execution_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the options says how trades are executed."""
    given = {name: options[name] for name in NAMES if options[name] is not None}
    return {**given, "allow_short": False} if options["long_only"] else given
