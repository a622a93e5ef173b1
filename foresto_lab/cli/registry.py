"""`foresto registry`: which code from the catalog may run on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.registry import RegisteredDefinition

kind_option = click.option(
    "--kind",
    type=click.Choice(["strategy", "indicator", "portfolio"]),
    help="Where several kinds share the name.",
)


@click.group()
def registry() -> None:
    """See what is registered, and say which of its code may run on this machine."""


@registry.command("list")
@click.argument("text", required=False)
@click.option(
    "--tag", "tags", multiple=True, help="Only with this tag; may be repeated."
)
@click.option("--all", "everything", is_flag=True, help="Deactivated ones too.")
@kind_option
@json_option
@pass_context
def list_definitions(
    context: CommandContext,
    text: str | None,
    tags: Sequence[str],
    everything: bool,
    kind: str | None,
    as_json: bool,
) -> None:
    """List every stored version of every kind, and what is trusted."""
    from foresto_lab.registry import DefinitionKind

    lab = context.lab()
    found = lab.storage.registry.definitions(
        DefinitionKind(kind) if kind else None,
        text=text,
        tags=tags,
        include_inactive=everything,
    )
    if as_json:
        print_json([item.to_dict() for item in found])
        return
    print_table(
        ["kind", "name", "version", "source", "state", "trusted", "checksum"],
        [
            [
                str(item.kind),
                item.name,
                item.version,
                item.source,
                "" if item.is_active else "inactive",
                "" if item.code is None else _yes(lab.trusted_code.is_trusted(item)),
                item.checksum[:12],
            ]
            for item in found
        ],
        empty="Nothing is registered. `foresto strategies add FILE` does it.",
    )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


@registry.command("trust")
@click.argument("reference", metavar="NAME[@VERSION]")
@kind_option
@click.option("--yes", is_flag=True, help="Do not show the code and ask.")
@pass_context
def trust(context: CommandContext, reference: str, kind: str | None, yes: bool) -> None:
    """Let code from the catalog run on this machine, after showing it."""
    lab = context.lab()
    found = _find(context, reference, kind)
    if found.code is None:
        click.echo(f"{found.reference} holds no code and needs no trust.")
        return
    if not yes:
        click.echo(_printable(found.code))
        click.confirm(
            f"Let {found.kind} {found.reference} (SHA-256 {found.checksum[:12]}…) run "
            "on this machine, with all that you may do?",
            abort=True,
        )
    lab.trusted_code.trust(found)
    click.echo(f"{found.reference} is trusted on this machine.")


def _printable(code: str) -> str:
    """Return code without what would move the cursor or hide a part of it."""
    return "".join(
        sign if sign in "\n\t" or sign.isprintable() else f"\\u{ord(sign):04x}"
        for sign in code
    )


@registry.command("untrust")
@click.argument("reference", metavar="NAME[@VERSION]")
@kind_option
@pass_context
def untrust(context: CommandContext, reference: str, kind: str | None) -> None:
    """Let code from the catalog not run on this machine any more."""
    lab = context.lab()
    found = _find(context, reference, kind)
    was = lab.trusted_code.untrust(found)
    click.echo(
        f"{found.reference} is not trusted any more."
        if was
        else f"{found.reference} was not trusted."
    )


@registry.command("trusted")
@json_option
@pass_context
def trusted(context: CommandContext, as_json: bool) -> None:
    """List the code that may run on this machine."""
    from foresto_lab.storage.trust import TrustedCode

    given = TrustedCode().all()
    if as_json:
        print_json([item.to_dict() for item in given])
        return
    print_table(
        ["kind", "name", "version", "checksum", "since (UTC)"],
        [
            [
                item.kind,
                item.name,
                item.version,
                item.checksum[:12],
                f"{item.trusted_at:%Y-%m-%d %H:%M}",
            ]
            for item in given
        ],
        empty="No code is trusted.",
    )


def _find(
    context: CommandContext, reference: str, kind: str | None
) -> RegisteredDefinition:
    """Return the version that is meant; with two kinds of a name, one must be said."""
    from foresto_lab.errors import InputError, UnknownNameError
    from foresto_lab.registry import DefinitionKind, split_reference

    name, version = split_reference(reference)
    stored = context.lab().storage.registry
    kinds = [DefinitionKind(kind)] if kind else list(DefinitionKind)
    found, unknown = [], []
    for each in kinds:
        try:
            found.append(stored.find(each, name, version))
        except UnknownNameError as error:
            unknown.append(error)
    if len(found) > 1:
        raise InputError(
            message=f"There is a {found[0].kind} {name} and a {found[1].kind} {name}. "
            f"Say which: --kind {found[0].kind} or --kind {found[1].kind}."
        )
    if not found:
        names = tuple(dict.fromkeys(n for error in unknown for n in error.allowed))
        asked = unknown[0].kind if len(unknown) == 1 else "definition"
        raise UnknownNameError(
            kind=asked, given=version if "version" in asked else name, allowed=names
        )
    return found[0]
