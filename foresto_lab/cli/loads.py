"""Loading files, as `foresto data load` and `foresto candles load` both do it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from foresto_lab.cli.findings import print_findings
from foresto_lab.cli.output import print_json
from foresto_lab.cli.progress import progress_bar
from foresto_lab.errors import ForestoError

if TYPE_CHECKING:
    from foresto_lab.sources import CandleLoadReport, LoadReport

    _Report = TypeVar("_Report", LoadReport, CandleLoadReport)


def load_files(
    load: Callable[..., _Report],
    files: tuple[Path, ...],
    options: Mapping[str, Any],
    *,
    show: Callable[[Mapping[Path, _Report | ForestoError]], None],
    as_json: bool,
) -> None:
    """Load files, each whole or not at all; print what became of them, and exit.

    A file that is refused keeps its place in what is printed; its sentence follows on
    standard error, and the exit code is that of the first one.
    """
    done: dict[Path, _Report | ForestoError] = {}
    with progress_bar(wanted=not as_json and len(files) > 1) as tell:
        for place, path in enumerate(files):
            tell(path.name, place, len(files))
            try:
                done[path] = load(path, **options)
            except ForestoError as error:
                done[path] = error
    if as_json:
        print_json([_as_json(path, result) for path, result in done.items()])
    else:
        show(done)
        _print_findings_of(done.values())
    failures = [error for error in done.values() if isinstance(error, ForestoError)]
    for failure in failures:
        click.echo(click.style("Error: ", fg="red", bold=True) + str(failure), err=True)
    sys.exit(failures[0].exit_code if failures else 0)


def parse_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Return what pairs of FIELD=HEADER say."""
    mapping = {}
    for pair in pairs:
        field, equals, header = pair.partition("=")
        if not (field and equals and header):
            raise click.UsageError(f"{pair!r} is not FIELD=HEADER, e.g. close=NAV.")
        mapping[field.strip()] = header
    return mapping


def _print_findings_of(results: Iterable[_Report | ForestoError]) -> None:
    findings = [
        finding
        for result in results
        if not isinstance(result, ForestoError)
        for finding in result.findings
    ]
    if findings:
        click.echo()
        print_findings(findings)


def _as_json(path: Path, result: _Report | ForestoError) -> dict[str, Any]:
    if not isinstance(result, ForestoError):
        return result.to_dict()
    findings = [finding.to_dict() for finding in result.facts.get("findings", ())]
    return {
        "path": str(path),
        "status": "refused",
        "error": type(result).__name__,
        "message": str(result),
        "findings": findings,
    }
