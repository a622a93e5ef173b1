"""The options of commands that trade a portfolio: costs, cash flows, currencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from foresto_lab.errors import InputError

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--costs",
        help="A preset, see `foresto costs list`, or a rate of the traded value "
        "such as 0.001; else the rule's own rate.",
    ),
    click.option(
        "--cash-flow",
        "cashflows",
        multiple=True,
        help='Such as "+500000/MONTHLY" or "-4%/ANNUAL"; may be given again.',
    ),
    click.option("--whole-shares", is_flag=True, help="Hold whole shares only."),
    click.option(
        "--base-currency",
        help="What it is counted in, such as KRW; else what the instruments share.",
    ),
    click.option(
        "--exchange-rate",
        "exchange_rates",
        multiple=True,
        metavar="CURRENCY=SYMBOL",
        help="The stored rates of a currency; else CURRENCY and base, as in USDKRW.",
    ),
    click.option(
        "--hedged", multiple=True, help="An asset whose currency is hedged; repeat."
    ),
)


def trading_options(command: Command) -> Command:
    """Give a command the options whose values ``trading_arguments`` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def trading_arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options as ``lab.simulate`` takes them.

    Raises
    ------
    InputError
        An exchange rate is not written CURRENCY=SYMBOL.
    """
    return {
        "costs": _rate_or_name(options["costs"]),
        "cashflows": list(options["cashflows"]) or None,
        "whole_shares": options["whole_shares"],
        "base_currency": options["base_currency"],
        "exchange_rates": dict(map(_pair, options["exchange_rates"])) or None,
        "hedged": options["hedged"],
    }


def _rate_or_name(given: str | None) -> float | str | None:
    if given is None:
        return None
    try:
        return float(given)
    except ValueError:
        return given


def _pair(given: str) -> tuple[str, str]:
    currency, equals, symbol = given.partition("=")
    if not (equals and currency.strip() and symbol.strip()):
        raise InputError(
            message=f"--exchange-rate is {given!r}; write a currency and the symbol of "
            "its rates, such as USD=USDKRW."
        )
    return currency.strip().upper(), symbol.strip()
