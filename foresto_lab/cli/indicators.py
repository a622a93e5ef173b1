"""`foresto indicators`: which indicators there are, and what each takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.output import json_option, print_facts, print_json, print_table
from foresto_lab.errors import WorkspaceNotFoundError

if TYPE_CHECKING:
    from foresto_lab.indicators import Indicator, IndicatorCatalog, Parameter

SOURCES = ("talib", "built_in", "python")


@click.group()
def indicators() -> None:
    """Show the indicators: TA-Lib's, the package's own, and stored Python ones."""


@indicators.command("list")
@click.option(
    "--source",
    type=click.Choice(SOURCES, case_sensitive=False),
    help="Only those of one source.",
)
@click.option(
    "--search", metavar="TEXT", help="What the name, group or text must have."
)
@database_option
@json_option
@pass_context
def list_indicators(
    context: CommandContext, source: str | None, search: str | None, as_json: bool
) -> None:
    """List the indicators with their parameters, outputs and warm-up.

    Those stored in the workspace's registry are listed where there is a workspace;
    their code is read, never run.
    """
    found = [
        indicator
        for indicator in _catalog(context)
        if source in (None, indicator.source) and _has(indicator, search)
    ]
    if as_json:
        print_json([indicator.to_dict() for indicator in found])
        return
    print_table(
        ["name", "parameters", "outputs", "warm-up", "source", "what it is"],
        [
            [
                indicator.name,
                ", ".join(f"{p.name}={p.default}" for p in indicator.parameters),
                ", ".join(indicator.outputs),
                indicator.warm_up(),
                indicator.source,
                indicator.summary,
            ]
            for indicator in found
        ],
        right=["warm-up"],
        empty="No indicator is like that. Leave out --source or --search to see all.",
    )


@indicators.command("show")
@click.argument("name")
@database_option
@json_option
@pass_context
def show_indicator(context: CommandContext, name: str, as_json: bool) -> None:
    """Show what indicator NAME takes, reads and gives, and how long it warms up."""
    indicator = _find(context, name)
    if as_json:
        print_json(indicator.to_dict())
        return
    told = indicator.to_dict()
    click.echo(click.style(indicator.name, bold=True) + f": {indicator.summary}")
    print_facts(
        [
            ("source", f"{indicator.source} {indicator.version}"),
            ("group", indicator.group),
            ("reads", ", ".join(indicator.inputs)),
            ("gives", ", ".join(indicator.outputs)),
            ("warm-up", f"{told['warm_up']:,} bars without a value, by default"),
            ("settling", _settling(indicator, told)),
        ]
    )
    if indicator.parameters:
        print_table(
            ["parameter", "default", "allowed", "also called"],
            [_parameter_row(parameter) for parameter in indicator.parameters],
            right=["default"],
        )


def _find(context: CommandContext, name: str) -> Indicator:
    from foresto_lab.indicators import built_in_indicators

    known = built_in_indicators()
    return known.get(name) if name in known else _catalog(context).get(name)


def _catalog(context: CommandContext) -> IndicatorCatalog:
    """Return the built-in indicators, and the stored ones of a workspace at hand."""
    from foresto_lab.indicators import built_in_indicators

    catalog = built_in_indicators()
    try:
        context.database().close()  # opening the Lab itself would make a workspace
    except WorkspaceNotFoundError:
        return catalog
    return catalog.extended(_stored(context.lab()))


def _stored(lab: Any) -> list[Indicator]:
    """Return the stored indicators that can be read; nothing of their code is run."""
    from foresto_lab.errors import ForestoError
    from foresto_lab.indicators import PythonIndicator

    newest = {item.name.casefold(): item for item in _definitions(lab)}
    found: list[Indicator] = []
    for definition in newest.values():
        try:
            found.append(
                PythonIndicator.from_code(
                    definition.code or "",
                    name=definition.name,
                    version=definition.version,
                    content=definition.content,
                    allow_imports=True,
                    definition=definition,
                    trust=lab.trusted_code,
                )
            )
        except ForestoError as error:
            click.echo(f"Passed over {definition.reference}: {error}", err=True)
    return found


def _definitions(lab: Any) -> list[Any]:
    from foresto_lab.registry import DefinitionKind

    return list(lab.storage.registry.definitions(DefinitionKind.INDICATOR))


def _has(indicator: Indicator, text: str | None) -> bool:
    told = (indicator.name, indicator.group, indicator.summary)
    return text is None or text.casefold() in " ".join(told).casefold()


def _settling(indicator: Indicator, told: Mapping[str, Any]) -> str:
    if not indicator.forgets_start:
        return "never: its level depends on the first candle"
    return f"{told['settling']:,} bars until its start is forgotten"


def _parameter_row(parameter: Parameter) -> list[object]:
    return [
        parameter.name,
        parameter.default,
        parameter.allowed,
        ", ".join(parameter.aliases),
    ]
