"""`foresto runs`: find, compare, reproduce and delete registered runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.runs.record import RunRecord

KINDS = ["simulation", "backtest", "optimization", "study", "forward", "report"]
STATUSES = ["pending", "running", "completed", "failed"]


@click.group()
def runs() -> None:
    """Find, compare, reproduce and delete runs."""


@runs.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only runs of this kind.")
@click.option("--status", type=click.Choice(STATUSES), help="Only of this status.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many runs to show.",
)
@json_option
@pass_context
def list_runs(
    context: CommandContext,
    kind: str | None,
    status: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the runs, newest first."""
    records = context.lab().run_records(kind=kind, status=status, limit=limit)
    if as_json:
        print_json([_as_dict(record) for record in records])
        return
    print_table(
        ["run", "kind", "name", "rule", "status", "created (UTC)", "CAGR", "max DD"],
        [_row(record) for record in records],
        right=["CAGR", "max DD"],
        empty="No runs yet. `foresto simulate MIN_VOL` makes one.",
    )


def _row(record: RunRecord) -> list[str]:
    held = "buy and hold" if str(record.kind) == "simulation" else "–"
    asked = record.request.get("search", record.request.get("study"))
    rule = record.snapshots.get("rule_label") or asked or held
    return [
        record.run_id,
        str(record.kind),
        record.name,
        str(rule),
        str(record.status),
        f"{record.created_at:%Y-%m-%d %H:%M}",
        _percent(record.summary.get("cagr")),
        _percent(record.summary.get("max_drawdown")),
    ]


def _percent(value: object) -> str:
    return f"{value:.2%}" if isinstance(value, float) else "–"


def _as_dict(record: RunRecord) -> dict[str, Any]:
    from dataclasses import fields

    plain = {field.name: getattr(record, field.name) for field in fields(record)}
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in plain.items()
    }


@runs.command("show")
@click.argument("run_id")
@click.option(
    "--archive",
    type=click.Path(file_okay=False, path_type=Path),
    help="Read the run from this archive of `foresto db cleanup`, checking it.",
)
@json_option
@pass_context
def show_run(
    context: CommandContext, run_id: str, archive: Path | None, as_json: bool
) -> None:
    """Show one run: its request, provenance and summary."""
    record = _archived(archive, run_id) if archive else context.lab().run_record(run_id)
    if as_json:
        print_json(_as_dict(record))
        return
    facts = {
        "status": record.status,
        "request hash": record.request_hash,
        "data version": record.data_version,
        "engine": record.engine_version,
        "git commit": record.git_commit,
        "created": f"{record.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "created by": record.created_by,
        "expires": f"{record.expires_at:%Y-%m-%d}" if record.expires_at else "never",
        "series deleted": (
            record.path_deleted_at and f"{record.path_deleted_at:%Y-%m-%d}"
        ),
        "archive": record.archive or archive,
        "error": record.error_message,
    }
    shown = [[name, value] for name, value in facts.items() if value]
    print_table(["run", record.run_id], [["name", record.name], *shown])
    print_table(["request", ""], list(_flatten(record.request)))
    if record.summary:
        from foresto_lab.labels import measure_text

        rows = [[k, measure_text(k, v, "en")] for k, v in record.summary.items()]
        print_table(["summary", "value"], rows, right=["value"])


def _archived(folder: Path, run_id: str) -> RunRecord:
    """Return an archived run's record; every byte of the run is checked."""
    from foresto_lab.storage.archives import Archive

    archive = Archive(folder)
    archive.require_intact(run_id)
    return archive.record(run_id)


def _flatten(mapping: Mapping[str, Any], prefix: str = "") -> list[list[str]]:
    rows: list[list[str]] = []
    for name, value in mapping.items():
        if isinstance(value, Mapping):
            rows += _flatten(value, f"{prefix}{name}.")
        else:
            rows.append([f"{prefix}{name}", "–" if value is None else str(value)])
    return rows


@runs.command("diff")
@click.argument("left")
@click.argument("right")
@json_option
@pass_context
def diff_runs(context: CommandContext, left: str, right: str, as_json: bool) -> None:
    """Show in what two runs differ: request, versions and summary."""
    differences = context.lab().diff(left, right)
    if as_json:
        print_json(
            [{"where": d.where, "left": d.left, "right": d.right} for d in differences]
        )
        return
    print_table(
        ["where", left, right],
        [[d.where, d.left, d.right] for d in differences],
        empty="The two runs are the same: request, versions and summary.",
    )


@runs.command("reproduce")
@click.argument("run_id")
@json_option
@pass_context
@click.pass_context
def reproduce_run(
    ctx: click.Context, context: CommandContext, run_id: str, as_json: bool
) -> None:
    """Rerun on the recorded data and compare every number; exit 1 on a difference."""
    reproduction = context.lab().reproduce(run_id)
    if as_json:
        print_json(reproduction.to_dict())
    else:
        click.echo(str(reproduction))
        for difference in reproduction.differences[1:20]:
            click.echo(f"  {difference}")
    ctx.exit(0 if reproduction.identical else 1)


@runs.command("delete")
@click.argument("run_ids", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def delete_runs(context: CommandContext, run_ids: tuple[str, ...], yes: bool) -> None:
    """Delete runs and their artifacts."""
    lab = context.lab()
    records = [lab.run_record(run_id) for run_id in run_ids]
    names = ", ".join(record.run_id for record in records)
    if not yes:
        click.confirm(f"Delete {names}?", abort=True)
    for record in records:
        lab.delete_run(record.run_id)
    click.echo(f"Deleted {names}.")
