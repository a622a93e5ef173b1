"""Options of commands that search parameters: the space, the way, and who evaluates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from foresto_lab.cli.execution_options import execution_arguments, execution_options

Command = TypeVar("Command", bound=Callable[..., Any])
METHODS = ("grid", "random", "genetic", "nsga2", "tpe")
CANCELLED_EXIT = 130
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}

_OPTIONS = (
    click.option(
        "--symbol",
        "--symbols",
        "symbols",
        multiple=True,
        required=True,
        help="What to trade, with commas between; several each on its own account.",
    ),
    click.option(
        "--timeframe", default="1d", show_default=True, help="Length of the candles."
    ),
    click.option("--start", help="First day or instant, UTC."),
    click.option("--end", help="Last day or instant, UTC."),
    click.option(
        "-p",
        "ranges",
        metavar="NAME=VALUES",
        multiple=True,
        required=True,
        help="A parameter to search: fast_period=5:50:5, x=0.1:2.0:log, or mode=a,b.",
    ),
    click.option(
        "--where",
        multiple=True,
        help='Between parameters: "fast_period < slow_period"; may be repeated.',
    ),
    click.option(
        "--constraint",
        "constraints",
        multiple=True,
        help='On figures: "total_trades >= 30"; may be repeated.',
    ),
    click.option(
        "--set",
        "fixed",
        metavar="KEY=VALUE",
        multiple=True,
        help="A parameter that is not searched; may be repeated.",
    ),
    click.option(
        "--method",
        type=click.Choice(METHODS),
        default="grid",
        show_default=True,
        help="The way to search.",
    ),
    click.option("--trials", type=int, help="Combinations at most; not for a grid."),
    click.option(
        "--objective",
        "objectives",
        multiple=True,
        default=("sharpe_ratio",),
        show_default=True,
        help="A figure, -figure for less of it; several for nsga2.",
    ),
    click.option(
        "--aggregate",
        type=click.Choice(["mean", "median", "min"]),
        default="mean",
        help="What a figure of several symbols is.",
    ),
    click.option(
        "--capital",
        type=float,
        default=10_000_000,
        show_default=True,
        help="Money at the start.",
    ),
    click.option("--seed", type=int, default=0, help="Another seed, other trials."),
    click.option(
        "--patience", type=int, help="Trials without a better one, then it stops."
    ),
    click.option(
        "--workers", type=int, help="Processes of this machine that evaluate."
    ),
    click.option("--dask", metavar="ADDRESS", help="A Dask scheduler's address."),
    click.option(
        "--time-limit",
        metavar="DURATION",
        help="After which it stops with what it has: 90s, 10m, 2h.",
    ),
    click.option("--restart", is_flag=True, help="Do not go on with a stopped search."),
)


def search_options(command: Command) -> Command:
    """Give a command the options of a search, then those of executions."""
    command = execution_options(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def search_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the options a search on a Lab is asked with.

    Raises
    ------
    SpaceError, InputError
        A range, a parameter or a duration cannot be read.
    """
    from foresto_lab.cli.backtest import parse_parameter
    from foresto_lab.optimize.spaces.space_texts import read_space

    objectives = options["objectives"]
    taken = ("timeframe", "start", "end", "method", "trials", "aggregate", "seed")
    passed = ("patience", "workers", "dask", "force")
    return {
        **{name: options[name] for name in (*taken, *passed)},
        "space": read_space(options["ranges"]),
        "symbols": symbols_of(options["symbols"]),
        "objective": objectives[0] if len(objectives) == 1 else list(objectives),
        "constraints": [*options["where"], *options["constraints"]],
        "parameters": dict(map(parse_parameter, options["fixed"])),
        "initial_capital": options["capital"],
        "execution": execution_arguments(options),
        "time_limit": parse_duration(options["time_limit"]),
        "resume": not options["restart"],
    }


def symbols_of(given: tuple[str, ...]) -> list[str]:
    """Return the symbols of texts with commas between."""
    parts = (part.strip() for text in given for part in text.split(","))
    return [part for part in parts if part]


def parse_duration(text: str | None) -> float | None:
    """Return the seconds of a duration such as ``10m``; None for none.

    Raises
    ------
    InputError
        It is no duration.
    """
    from foresto_lab.errors import InputError

    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", text)
    if found is None:
        raise InputError(
            message=f"--time-limit {text!r} is no duration. Write 90s, 10m, 2h or 1d."
        )
    return float(found.group(1)) * _UNITS[found.group(2)]
