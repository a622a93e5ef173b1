"""`foresto strategies`: the built-in strategies and those of the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import (
    human_count,
    json_option,
    print_facts,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.registry import RegisteredDefinition


@click.group(invoke_without_command=True)
@click.pass_context
def strategies(ctx: click.Context) -> None:
    """Find, keep, compare and share strategies."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_strategies)


@strategies.command("list")
@click.argument("text", required=False)
@click.option(
    "--tag", "tags", multiple=True, help="Only with this tag; may be repeated."
)
@click.option("--all", "everything", is_flag=True, help="Deactivated ones too.")
@json_option
@pass_context
def list_strategies(
    context: CommandContext,
    text: str | None = None,
    tags: Sequence[str] = (),
    everything: bool = False,
    as_json: bool = False,
) -> None:
    """List the strategies, built-in ones first; TEXT must occur in what they say."""
    table = context.lab().strategies(text, tags=tags, include_inactive=everything)
    rows = table.reset_index().to_dict("records")
    if as_json:
        print_json(rows)
        return
    print_table(
        ["name", "version", "source", "state", "tags"],
        [
            [
                row["name"],
                row["version"],
                row["source"],
                "" if row["is_active"] else "inactive",
                ", ".join(row["tags"]),
            ]
            for row in rows
        ],
        empty="No strategy says that.",
    )


@strategies.command("show")
@click.argument("name")
@json_option
@pass_context
def show_strategy(context: CommandContext, name: str, as_json: bool) -> None:
    """Show a strategy: NAME, or NAME@VERSION of a stored one. Runs no code."""
    lab = context.lab()
    found = _definition(lab, name)
    if found is None:
        described = _built_in(lab, name)
        if as_json:
            print_json(described)
        else:
            click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    if as_json:
        print_json(found.to_dict())
        return
    versions = [
        item.version + ("" if item.is_active else " (inactive)")
        for item in lab.strategy_versions(found.name)
    ]
    print_facts(
        [
            ("name", found.name),
            ("version", found.version),
            ("source", found.source),
            ("state", "active" if found.is_active else "inactive"),
            ("tags", ", ".join(found.tags)),
            ("checksum", found.checksum),
            ("registered", f"{found.registered_at:%Y-%m-%d %H:%M} UTC"),
            ("versions", ", ".join(versions)),
        ]
    )
    click.echo(json.dumps(dict(found.content), ensure_ascii=False, indent=2))
    if found.code is not None:
        click.echo(found.code)


def _definition(lab: Lab, reference: str) -> RegisteredDefinition | None:
    """Return the stored strategy of a reference; None for a built-in one's name."""
    from foresto_lab.registry import DefinitionKind, split_reference

    if "@" not in reference and lab.is_built_in_strategy(reference):
        return None
    name, version = split_reference(reference)
    return lab.storage.registry.find(DefinitionKind.STRATEGY, name, version)


def _built_in(lab: Lab, name: str) -> Mapping[str, Any]:
    from foresto_lab.errors import InputError

    strategy = lab.strategy(name)
    say = getattr(strategy, "to_json", None)
    described = strategy.to_dict()
    try:
        return {**described, "json": say() if say else None}
    except InputError:
        return described


@strategies.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it; else what the file does.")
@click.option("--version", help="Semantic version; else the file's, or the next one.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be repeated.")
@json_option
@pass_context
def add_strategy(
    context: CommandContext,
    file: Path,
    name: str | None,
    version: str | None,
    tags: Sequence[str],
    as_json: bool,
) -> None:
    """Register the strategy in FILE, JSON or Python, as a version that never changes.

    Python is not run; `foresto registry trust` allows it on this machine.
    """
    lab = context.lab()
    is_code = file.suffix.casefold() == ".py"
    kept = lab.save_strategy(
        None if is_code else file,
        code=file if is_code else None,
        name=name,
        version=version,
        tags=tags,
    )
    if as_json:
        print_json(kept.to_dict())
        return
    click.echo(f"Strategy {kept.reference}, checksum {kept.checksum[:12]}…")
    if not lab.trusted_code.is_trusted(kept):
        click.echo(
            f"It runs here once you `foresto registry trust '{kept.reference}'`."
        )


@strategies.command("diff")
@click.argument("name")
@click.argument("before")
@click.argument("after")
@json_option
@pass_context
@click.pass_context
def diff_strategies(
    ctx: click.Context,
    context: CommandContext,
    name: str,
    before: str,
    after: str,
    as_json: bool,
) -> None:
    """Show in what version AFTER of NAME differs from BEFORE; exit 1 when it does."""
    changes = context.lab().compare_strategies(name, before, after)
    if as_json:
        print_json([change.to_dict() for change in changes])
    else:
        told = [change.to_dict() for change in changes]
        print_table(
            ["place", before, after],
            [[c["path"], _shown(c, "before"), _shown(c, "after")] for c in told],
            empty="They say the same.",
        )
    ctx.exit(1 if changes else 0)


def _shown(change: Mapping[str, Any], side: str) -> str:
    if side not in change:
        return "–"
    value = change[side]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@strategies.command("activate")
@click.argument("reference", metavar="NAME@VERSION")
@pass_context
def activate_strategy(context: CommandContext, reference: str) -> None:
    """Let a version be found by its name again."""
    name, version = _with_version(reference)
    click.echo(f"{context.lab().activate_strategy(name, version).reference} is active.")


@strategies.command("deactivate")
@click.argument("reference", metavar="NAME@VERSION")
@pass_context
def deactivate_strategy(context: CommandContext, reference: str) -> None:
    """Let a version be found by its version only; nothing is deleted."""
    name, version = _with_version(reference)
    kept = context.lab().deactivate_strategy(name, version)
    click.echo(f"{kept.reference} is not active any more.")


def _with_version(reference: str) -> tuple[str, str]:
    from foresto_lab.errors import InputError
    from foresto_lab.registry import split_reference

    name, version = split_reference(reference)
    if version is None:
        raise InputError(message=f"Say which version: {name}@1.0.0, for example.")
    return name, version


@strategies.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1)
@json_option
@pass_context
def export_strategies(
    context: CommandContext, folder: Path, names: Sequence[str], as_json: bool
) -> None:
    """Write the stored strategies to FOLDER as JSON files for git, one per name."""
    written = context.lab().export_definitions(folder, *names, kind="strategy")
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        click.echo(str(path))
    click.echo(f"{human_count(len(written), 'file')}.")


@strategies.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
@pass_context
def import_strategies(
    context: CommandContext, path: Path, dry_run: bool, as_json: bool
) -> None:
    """Register what an exported file, or a folder of them, holds: all or nothing.

    Code among it is not trusted by that.
    """
    done = context.lab().import_definitions(path, dry_run=dry_run)
    rows = [
        {
            "kind": str(item.definition.kind),
            "name": item.definition.name,
            "version": item.definition.version,
            "status": item.status,
            "path": str(item.path),
        }
        for item in done
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ["kind", "name", "version", "status"],
        [[row["kind"], row["name"], row["version"], row["status"]] for row in rows],
        empty="There is nothing in it.",
    )
    if dry_run:
        click.echo("Nothing was changed.")
