"""`foresto portfolios`: custom portfolios of the registry."""

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
    from foresto_lab.scenarios.portfolio import Portfolio


@click.group(invoke_without_command=True)
@click.pass_context
def portfolios(ctx: click.Context) -> None:
    """Find, keep, compare and share portfolios of any instruments."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_portfolios)


@portfolios.command("list")
@click.argument("text", required=False)
@click.option(
    "--tag", "tags", multiple=True, help="Only with this tag; may be repeated."
)
@click.option("--all", "everything", is_flag=True, help="Deactivated ones too.")
@json_option
@pass_context
def list_portfolios(
    context: CommandContext,
    text: str | None = None,
    tags: Sequence[str] = (),
    everything: bool = False,
    as_json: bool = False,
) -> None:
    """List the portfolios; TEXT must occur in what they say."""
    table = context.lab().portfolios(text, tags=tags, include_inactive=everything)
    rows = table.reset_index().to_dict("records")
    if as_json:
        print_json(rows)
        return
    print_table(
        ["name", "version", "instruments", "sleeves", "weights", "state", "tags"],
        [
            [
                row["name"],
                row["version"],
                str(row["instruments"]),
                row["sleeves"],
                row["weights"],
                "" if row["is_active"] else "inactive",
                ", ".join(row["tags"]),
            ]
            for row in rows
        ],
        right=["instruments"],
        empty="No portfolio yet. `foresto portfolios add FILE` keeps one.",
    )


@portfolios.command("show")
@click.argument("reference", metavar="NAME[@VERSION]")
@json_option
@pass_context
def show_portfolio(context: CommandContext, reference: str, as_json: bool) -> None:
    """Show a portfolio: its newest active version, or the one that is named."""
    lab = context.lab()
    portfolio = lab.portfolio(reference)
    stored = lab.portfolio_versions(portfolio.name)
    kept = next(item for item in stored if item.version == portfolio.version)
    if as_json:
        print_json({**kept.to_dict(), "symbols": list(portfolio.symbols)})
        return
    print_facts(
        [
            ("name", kept.name),
            ("version", kept.version),
            ("state", "active" if kept.is_active else "inactive"),
            ("tags", ", ".join(kept.tags)),
            ("description", portfolio.description),
            ("checksum", kept.checksum),
            ("registered", f"{kept.registered_at:%Y-%m-%d %H:%M} UTC"),
            (
                "versions",
                ", ".join(
                    item.version + ("" if item.is_active else " (inactive)")
                    for item in stored
                ),
            ),
            ("weights", _how(portfolio)),
        ]
    )
    print_table(
        ["sleeve", "symbol", "in sleeve", "of NAV"],
        _holdings(portfolio),
        right=["in sleeve", "of NAV"],
    )


def _how(portfolio: Portfolio) -> str:
    if portfolio.weighting is not None:
        return portfolio.weighting.describe()
    return "computed within sleeves" if portfolio.is_computed else "fixed"


def _holdings(portfolio: Portfolio) -> list[list[str]]:
    """Return a row for each instrument; computed weights are said to be so."""
    rows = []
    for asset_class, sleeve in portfolio.sleeves.items():
        fixed = portfolio.weighting is None and sleeve.weighting is None
        for symbol in sleeve.symbols:
            inner = sleeve.weights[symbol] if fixed else None
            whole = inner * (sleeve.weight or 0.0) if inner is not None else None
            rows.append([asset_class, symbol, _percent(inner), _percent(whole)])
    if portfolio.uninvested:
        rows.append(["uninvested", "", "", _percent(portfolio.uninvested)])
    return rows


def _percent(weight: float | None) -> str:
    return "computed" if weight is None else f"{weight:.2%}"


@portfolios.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--version", help="Semantic version; else the file's, or the next one.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be repeated.")
@json_option
@pass_context
def add_portfolio(
    context: CommandContext,
    file: Path,
    version: str | None,
    tags: Sequence[str],
    as_json: bool,
) -> None:
    """Register the portfolio in FILE (JSON) as a version that never changes."""
    kept = context.lab().save_portfolio(file, version=version, tags=tags)
    if as_json:
        print_json(kept.to_dict())
        return
    click.echo(f"Portfolio {kept.reference}, checksum {kept.checksum[:12]}…")


@portfolios.command("diff")
@click.argument("name")
@click.argument("before")
@click.argument("after")
@json_option
@pass_context
@click.pass_context
def diff_portfolios(
    ctx: click.Context,
    context: CommandContext,
    name: str,
    before: str,
    after: str,
    as_json: bool,
) -> None:
    """Show in what version AFTER of NAME differs from BEFORE; exit 1 when it does."""
    told = [c.to_dict() for c in context.lab().compare_portfolios(name, before, after)]
    if as_json:
        print_json(told)
    else:
        print_table(
            ["place", before, after],
            [[c["path"], _shown(c, "before"), _shown(c, "after")] for c in told],
            empty="They say the same.",
        )
    ctx.exit(1 if told else 0)


def _shown(change: Mapping[str, Any], side: str) -> str:
    if side not in change:
        return "–"
    value = change[side]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@portfolios.command("activate")
@click.argument("reference", metavar="NAME@VERSION")
@pass_context
def activate_portfolio(context: CommandContext, reference: str) -> None:
    """Let a version be found by its name again."""
    kept = context.lab().activate_portfolio(*_with_version(reference))
    click.echo(f"{kept.reference} is active.")


@portfolios.command("deactivate")
@click.argument("reference", metavar="NAME@VERSION")
@pass_context
def deactivate_portfolio(context: CommandContext, reference: str) -> None:
    """Let a version be found by its version only; nothing is deleted."""
    kept = context.lab().deactivate_portfolio(*_with_version(reference))
    click.echo(f"{kept.reference} is not active any more.")


def _with_version(reference: str) -> tuple[str, str]:
    from foresto_lab.errors import InputError
    from foresto_lab.registry import split_reference

    name, version = split_reference(reference)
    if version is None:
        raise InputError(message=f"Say which version: {name}@1.0.0, for example.")
    return name, version


@portfolios.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1)
@json_option
@pass_context
def export_portfolios(
    context: CommandContext, folder: Path, names: Sequence[str], as_json: bool
) -> None:
    """Write the stored portfolios to FOLDER as JSON files for git, one per name."""
    written = context.lab().export_portfolios(folder, *names)
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        click.echo(str(path))
    click.echo(f"{human_count(len(written), 'file')}.")


@portfolios.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
@pass_context
def import_portfolios(
    context: CommandContext, path: Path, dry_run: bool, as_json: bool
) -> None:
    """Register the versions in an exported file or folder: all of them or none."""
    done = context.lab().import_portfolios(path, dry_run=dry_run)
    if as_json:
        print_json(
            [
                {
                    "name": item.definition.name,
                    "version": item.definition.version,
                    "status": item.status,
                    "path": str(item.path),
                }
                for item in done
            ]
        )
        return
    print_table(
        ["name", "version", "status"],
        [[i.definition.name, i.definition.version, i.status] for i in done],
        empty="There is no portfolio in it.",
    )
