"""The command `foresto db smoke`: does the public API give right numbers here."""

from __future__ import annotations

import sys

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table


@click.command("smoke")
@json_option
@database_option
@pass_context
def smoke(context: CommandContext, as_json: bool) -> None:
    """Try the public API against numbers worked out by hand.

    Writes nothing to the store. Ends with exit code 3 where a step fails.
    """
    report = context.lab().smoke_test()
    if as_json:
        print_json(report.to_dict())
    else:
        click.echo(f"Smoke test of {report.store}")
        print_table(
            ["", "step", "time", "what came out"],
            [
                [
                    "ok" if step.passed else "FAILED",
                    step.name,
                    f"{step.seconds * 1000:,.0f} ms",
                    step.detail,
                ]
                for step in report.steps
            ],
            right=["time"],
        )
    sys.exit(0 if report.passed else 3)
