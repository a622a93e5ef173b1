"""`foresto db copy`: a store's content into another, embedded or a team's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, database_option, pass_context
from foresto_lab.cli.db.target import split_target, target_option
from foresto_lab.cli.output import (
    human_count,
    json_option,
    print_facts,
    print_json,
)
from foresto_lab.cli.progress import progress_bar

if TYPE_CHECKING:
    from foresto_lab.storage import Storage
    from foresto_lab.storage.copying import CopyReport, RunsCopied, SeriesCopied


@click.command(short_help="Copy the store into another one.")
@target_option(required=True)
@click.option(
    "--merge",
    is_flag=True,
    help="Let the target keep what it has of its own; what has the same name or key "
    "becomes the source's.",
)
@database_option
@json_option
@pass_context
def copy(context: CommandContext, target: str, merge: bool, as_json: bool) -> None:
    """Copy the store into another one: definitions, prices, returns, candles and runs.

    The target is a folder, made where there is none, or a team's database. All of it is
    compared afterwards, bit by bit. A copy that was interrupted is run again and goes
    on where it was. Runs keep their ids and request hashes, and are found by them.
    """
    from foresto_lab.storage.copying import copy_store

    context.database()  # what is not there is not made only to be copied
    source = context.lab().storage
    opened = _open(target, source)
    with progress_bar(wanted=not as_json) as progress:
        report = copy_store(source, opened, merge=merge, progress=progress)
    if as_json:
        print_json(report.to_dict())
    else:
        _tell(report)


def _open(target: str, source: Storage) -> Storage:
    from foresto_lab.storage import open_storage

    folder, url = split_target(target)
    return open_storage(folder or source.home, url)


def _tell(report: CopyReport) -> None:
    click.echo(f"Copied: {report.source} to {report.target}")
    returns = {
        "equal": "equal",
        "recomputed": "computed from the prices; the source's rest on older ones",
        "none": None,
    }
    print_facts(
        [
            ("definitions", f"{sum(report.definitions.values()):,} compared"),
            ("prices", _series(report.prices)),
            ("data version", report.prices.data_version),
            ("returns", returns[report.returns]),
            ("candles", _series(report.candles) if report.candles.rows else None),
            ("runs", _runs(report.runs)),
            ("took", f"{report.seconds:.1f} s"),
        ]
    )
    for sentence in _remarks(report):
        click.echo(sentence)


def _series(series: SeriesCopied) -> str:
    rows = human_count(series.rows, "row")
    return f"{rows} compared, {series.rows_copied:,} of them copied now"


def _runs(runs: RunsCopied) -> str:
    compared = human_count(runs.completed, "completed run")
    rest = [
        f"{count:,} {what}"
        for what, count in {
            "cleaned up": runs.cleaned_up,
            "failed": runs.failed,
        }.items()
        if count
    ]
    return f"{', '.join([f'{compared} compared', *rest])}; {runs.copied:,} copied now"


def _remarks(report: CopyReport) -> list[str]:
    """Return what is not as one might expect."""
    runs, remarks = report.runs, []
    if runs.running:
        remarks.append(
            f"{human_count(runs.running, 'run')} under way left out: run the copy "
            "again when they are done."
        )
    if runs.unreadable:
        remarks.append(
            "Missing or damaged in the source, so left out: "
            f"{', '.join(runs.unreadable)}."
        )
    if runs.other_data:
        remarks.append(
            f"{human_count(runs.other_data, 'run')} computed on earlier prices: the "
            "results are there, but `foresto runs reproduce` works in the source only."
        )
    if report.prices.rows and not report.prices.adopted:
        remarks.append(
            "The target has prices of its own beside, so its data version is another: "
            "the same request is computed anew there."
        )
    return remarks
