"""The `foresto` command: global options, lazy groups, and errors as sentences."""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from foresto_lab._version import __version__
from foresto_lab.cli.context import CommandContext
from foresto_lab.cli.lazy import LazyGroup
from foresto_lab.errors import ForestoError
from foresto_lab.telemetry.logs import get_logger, show_from

log = get_logger(__name__)

COMMANDS: Mapping[str, str] = {
    "init": "foresto_lab.cli.init:init",
    "data": "foresto_lab.cli.data:data",
    "candles": "foresto_lab.cli.candles:candles",
    "instruments": "foresto_lab.cli.instruments:instruments",
    "indicators": "foresto_lab.cli.indicators:indicators",
    "scenarios": "foresto_lab.cli.scenarios:scenarios",
    "portfolios": "foresto_lab.cli.portfolios:portfolios",
    "rules": "foresto_lab.cli.rules:rules",
    "costs": "foresto_lab.cli.costs:costs",
    "simulate": "foresto_lab.cli.simulate:simulate",
    "study": "foresto_lab.cli.study:study",
    "retirement": "foresto_lab.cli.retirement:retirement",
    "forward": "foresto_lab.cli.forward:forward",
    "strategies": "foresto_lab.cli.strategies:strategies",
    "backtest": "foresto_lab.cli.backtest:backtest",
    "optimize": "foresto_lab.cli.optimize:optimize",
    "walk-forward": "foresto_lab.cli.walk_forward:walk_forward",
    "trials": "foresto_lab.cli.trials:trials",
    "preflight": "foresto_lab.cli.preflight:preflight",
    "registry": "foresto_lab.cli.registry:registry",
    "runs": "foresto_lab.cli.runs:runs",
    "compare": "foresto_lab.cli.compare:compare",
    "report": "foresto_lab.cli.report:report",
    "batch": "foresto_lab.cli.batch:batch",
    "verify": "foresto_lab.cli.verify:verify",
    "metrics": "foresto_lab.cli.metrics:metrics",
    "db": "foresto_lab.cli.db:db",
}
"""Command to ``module:function``; adding a command adds one line here."""


@click.group(
    cls=LazyGroup,
    members=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="foresto_lab")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="FORESTO_HOME",
    help="The workspace; by default the nearest one here or above.",
)
@click.option("--debug", is_flag=True, help="Show Python's traceback of an error.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Tell on standard error what is done."
)
@click.pass_context
def foresto(ctx: click.Context, home: Path | None, debug: bool, verbose: bool) -> None:
    """Simulate portfolios, keep every run, and publish reproducible reports."""
    show_from("INFO" if verbose else None)
    ctx.obj = CommandContext(home=home, debug=debug)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; every error ends in one sentence and an exit code."""
    arguments = global_options_first(sys.argv[1:] if args is None else args)
    debug = "--debug" in arguments
    try:
        status = foresto.main(arguments, prog_name="foresto", standalone_mode=False)
    except click.exceptions.Abort:
        status = _complain("Stopped.", 130)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except KeyboardInterrupt:
        status = _complain("Stopped. What was completed is kept.", 130)
    except BrokenPipeError:
        status = 0
        sys.stderr.close()
    except ForestoError as error:
        if debug:
            traceback.print_exc()
        log.failure("command failed", error, exit_code=error.exit_code)
        status = _complain(str(error), error.exit_code)
    except Exception as error:  # the last line of defence
        if debug:
            traceback.print_exc()
        log.failure("command failed", error, exit_code=70)
        status = _complain(_unexpected(), 70)
    sys.exit(status if isinstance(status, int) else 0)


def global_options_first(args: Sequence[str]) -> list[str]:
    """Return the arguments with the global options moved before the command.

    So both may be written wherever they come to mind; what follows ``--`` stays.
    """
    first: list[str] = []
    rest: list[str] = []
    remaining = iter(args)
    for argument in remaining:
        if argument == "--":
            rest += [argument, *remaining]
        elif argument in _GLOBAL_FLAGS or argument.startswith("--home="):
            first.append(argument)
        elif argument == "--home":
            first += [argument, *[value for value in [next(remaining, None)] if value]]
        else:
            rest.append(argument)
    return first + rest


_GLOBAL_FLAGS = ("--debug", "--verbose", "-v")


def _complain(sentence: str, exit_code: int) -> int:
    click.echo(click.style("Error: ", fg="red", bold=True) + sentence, err=True)
    return exit_code


def _unexpected() -> str:
    """Put the traceback into a file and return the sentence that names it."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="foresto-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(traceback.format_exc())
    kind = sys.exc_info()[0]
    name = kind.__name__ if kind else "error"
    return (
        f"foresto_lab itself failed ({name}); nothing half-done is kept. The details "
        f"are in {log.name}; please send that file with what you ran."
    )
