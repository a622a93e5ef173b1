"""A batch: many reports from one list, in several processes, resumed where it stopped.

Each item is named by the hash of what decides its report: template, parameters,
language, engine and data version. An item that was completed leaves a small file under
``reports/.batches`` that says where its report is; running the same list again makes
what is missing, and after new prices were loaded, everything.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import (
    BatchFileError,
    ForestoError,
    ReportFailedError,
    WorkerLostError,
    nearest_names,
)
from foresto_lab.reports.publication import reports_folder, write_flushed, writing
from foresto_lab.reports.run import Report, report_parameters, run_report
from foresto_lab.reports.templates import Template, load_template
from foresto_lab.telemetry import bound, get_logger
from foresto_lab.telemetry.logs import show_from, shown_from

if TYPE_CHECKING:
    from foresto_lab.lab import Lab

_FIELDS = ("report", "parameters", "language")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One report of a batch, its parameters complete and checked."""

    position: int
    kind: str
    parameters: Mapping[str, Any]
    key: str


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of an item; a failed one keeps its place and its reason."""

    position: int
    kind: str
    status: Literal["completed", "failed", "kept"]
    title: str = ""
    path: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The outcomes of a batch in the order of its list."""

    outcomes: tuple[BatchOutcome, ...]

    @property
    def failed(self) -> tuple[BatchOutcome, ...]:
        """The outcomes without a good report."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "failed")

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON-ready values."""
        return {
            "failed": len(self.failed),
            "reports": [asdict(outcome) for outcome in self.outcomes],
        }

    def _repr_html_(self) -> str:
        """Return the outcomes as a table."""
        rows = "".join(
            f"<tr><td>{outcome.position}</td>"
            f"<td>{escape(outcome.title or outcome.kind)}</td>"
            f"<td>{outcome.status}</td><td>{escape(outcome.reason)}</td></tr>"
            for outcome in self.outcomes
        )
        return f"<table>{rows}</table>"


def run_batch(
    lab: Lab,
    path: Path,
    *,
    workers: int = 1,
    dask: str | None = None,
    force: bool = False,
    on_outcome: Callable[[BatchOutcome, int], None] | None = None,
) -> BatchResult:
    """Make the reports that a YAML file lists, those that are there already left out.

    Parameters
    ----------
    path : Path
        A list of ``{report, parameters, language}``.
    workers : int
        Processes of this machine, one report at a time each.
    dask : str, optional
        Address of a Dask scheduler whose workers make the reports instead; the
        workspace must be at the same path for them.
    force : bool
        Make every report, also those that are there.
    on_outcome : callable, optional
        Called with each outcome as it comes, and the number of items in all.

    Raises
    ------
    BatchFileError
        The file cannot be read, or an item is no report; nothing was run.
    ReportParameterError, UnknownNameError
        An item's parameters or report are not good; nothing was run.
    ClusterError
        The workers cannot be used.
    """
    items = load_batch(lab, path)
    outcomes: dict[int, BatchOutcome] = {}
    for outcome in _outcomes(lab, items, workers=workers, dask=dask, force=force):
        outcomes[outcome.position] = outcome
        _tell(outcome, len(items))
        if on_outcome is not None:
            on_outcome(outcome, len(items))
    return BatchResult(tuple(outcomes[item.position] for item in items))


def _tell(outcome: BatchOutcome, of: int) -> None:
    write = log.failure if outcome.status == "failed" else log.info
    facts = {key: value for key, value in asdict(outcome).items() if value != ""}
    write("batch item", of=of, **facts)


def load_batch(lab: Lab, path: Path) -> list[BatchItem]:
    """Return the items of a batch file, each checked against its template."""
    data_version = lab.storage.series.data_version()
    templates: dict[str, Template] = {}
    items = []
    for position, entry in enumerate(_read_entries(path), start=1):
        kind = str(entry["report"])
        template = templates.setdefault(kind, load_template(kind, lab.home))
        given = entry.get("parameters") or {}
        values = report_parameters(lab, template, given, entry.get("language"))
        key = sha256_of(
            {
                "template": template.identity,
                "parameters": values,
                "engine_version": __version__,
                "data_version": data_version,
            }
        )
        items.append(BatchItem(position, kind, values, key))
    return items


def _read_entries(path: Path) -> list[dict[str, Any]]:
    import yaml

    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BatchFileError(path=str(path), reason=f"{error}.") from None
    if not isinstance(entries, list) or not entries:
        raise BatchFileError(
            path=str(path), reason="it must hold a list of reports, one or more."
        )
    for position, entry in enumerate(entries, start=1):
        _require_entry(path, position, entry)
    return entries


def _require_entry(path: Path, position: int, entry: Any) -> None:
    if not isinstance(entry, dict) or "report" not in entry:
        reason = f"item {position} names no report: {entry!r}."
        raise BatchFileError(path=str(path), reason=reason)
    for name in entry:
        if name not in _FIELDS:
            near = nearest_names(name, _FIELDS)
            hint = f" Did you mean {near[0]}?" if near else ""
            reason = (
                f"item {position} has {name!r}, which is no field of an item.{hint}"
            )
            raise BatchFileError(path=str(path), reason=reason)
    if not isinstance(entry.get("parameters") or {}, dict):
        reason = f"item {position}: parameters must be a mapping."
        raise BatchFileError(path=str(path), reason=reason)


# --- running ------------------------------------------------------------------------


def _outcomes(
    lab: Lab,
    items: Sequence[BatchItem],
    *,
    workers: int,
    dask: str | None,
    force: bool,
) -> Iterator[BatchOutcome]:
    """Yield the outcomes as they come, those of kept reports first."""
    kept = {} if force else {item.key: _kept_report(lab.home, item) for item in items}
    missing: dict[str, BatchItem] = {}
    twins: dict[str, list[BatchItem]] = {}
    for item in items:
        report = kept.get(item.key)
        if report is not None:
            yield _outcome(item, "kept", report)
        elif item.key in missing:
            twins.setdefault(item.key, []).append(item)
        else:
            missing[item.key] = item
    for outcome, item in _run_all(lab, list(missing.values()), workers, dask):
        yield outcome
        for twin in twins.get(item.key, []):
            yield BatchOutcome(**{**asdict(outcome), "position": twin.position})


def _run_all(
    lab: Lab, items: Sequence[BatchItem], workers: int, dask: str | None
) -> Iterator[tuple[BatchOutcome, BatchItem]]:
    if dask is None and (workers <= 1 or len(items) <= 1):
        for item in items:
            yield run_item(lab, item), item
        return
    if not items:
        return
    from foresto_lab.cluster import DaskExecutor

    started = None if dask is not None else min(workers, len(items))
    terms = WorkerTerms.of(lab, elsewhere=dask is not None)
    run = partial(run_in_worker, terms)
    with DaskExecutor(dask, workers=started, show_errors=True) as executor:
        answers = executor.completed(run, items, lost_as=_lost_worker)
        for place, answer in answers:
            item = items[place]
            told = answer if isinstance(answer, BatchOutcome) else None
            yield told or _failure(item, str(answer)), item


def _lost_worker(error: WorkerLostError) -> str:
    """Return why a report has no outcome: it took down every worker."""
    return "its process ended again and again; the machine may be out of memory."


def run_item(lab: Lab, item: BatchItem) -> BatchOutcome:
    """Make one item's report and remember it; a failure becomes an outcome."""
    try:
        with bound(batch_item=item.position):
            report = run_report(lab, item.kind, item.parameters, progress=False)
    except ReportFailedError as error:
        failed: Report = error.facts["report"]
        return _failure(item, str(error.facts["reason"]), failed)
    except ForestoError as error:
        return _failure(item, str(error))
    except Exception as error:  # one item's fault is not the batch's
        return _failure(item, f"{type(error).__name__}: {error}")
    _remember(lab.home, item, report)
    return _outcome(item, "completed", report.to_dict())


# --- in a worker --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerTerms:
    """What a worker opens the workspace with; its home is a path that it can reach.

    Parameters
    ----------
    home : str
    data_version : str
        Of the data that the reports are to be made from.
    log_level : str, optional
    database_url : str, optional
        For workers of this machine; those of a scheduler use their own, so that no
        password passes through it.
    """

    home: str
    data_version: str
    log_level: str | None
    database_url: str | None = field(repr=False)

    @classmethod
    def of(cls, lab: Lab, *, elsewhere: bool) -> WorkerTerms:
        """Return how to open the same workspace in another process."""
        url = None if elsewhere else lab.settings.database_url
        return cls(
            home=str(lab.home),
            data_version=str(lab.storage.series.data_version()),
            log_level=shown_from(),
            database_url=None if url is None else url.get_secret_value(),
        )


_one_at_a_time: Final = threading.Lock()


def run_in_worker(terms: WorkerTerms, item: BatchItem) -> BatchOutcome:
    """Make one item's report in a worker; a failure becomes an outcome."""
    with _one_at_a_time:
        try:
            lab = _worker_lab(terms)
        except ForestoError as error:
            return _failure(item, f"its worker cannot open {terms.home}: {error}")
        if str(lab.storage.series.data_version()) != terms.data_version:
            return _failure(item, _OTHER_DATA.format(home=terms.home))
        return run_item(lab, item)


_OTHER_DATA: Final = (
    "its worker finds other data in {home}. Share that folder with the workers, and "
    "set FORESTO_DATABASE_URL for them as it is here."
)


@cache
def _worker_lab(terms: WorkerTerms) -> Lab:
    """Return the workspace, opened once in each worker."""
    from foresto_lab.lab import open_lab

    show_from(terms.log_level)
    return open_lab(terms.home, terms.database_url)


# --- what is there ------------------------------------------------------------------


def _state_file(home: Path, key: str) -> Path:
    return reports_folder(home) / ".batches" / f"{key}.json"


def _kept_report(home: Path, item: BatchItem) -> dict[str, str] | None:
    """Return the report that an earlier batch made of this item, if it is there."""
    try:
        kept: dict[str, str] = json.loads(
            _state_file(home, item.key).read_text("utf-8")
        )
        return kept if Path(home, kept["path"]).is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(home: Path, item: BatchItem, report: Report) -> None:
    """Write down where an item's report is, whole or not at all."""
    target = _state_file(home, item.key)
    draft = target.with_suffix(f".{os.getpid()}")
    note = {**report.to_dict(), "path": str(report.path.relative_to(home))}
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_flushed(draft, json.dumps(note, ensure_ascii=False))
        os.replace(draft, target)


def _outcome(
    item: BatchItem, status: Literal["completed", "kept"], report: Mapping[str, str]
) -> BatchOutcome:
    return BatchOutcome(
        item.position, item.kind, status, report["title"], report["path"]
    )


def _failure(
    item: BatchItem, reason: str, report: Report | None = None
) -> BatchOutcome:
    return BatchOutcome(
        item.position,
        item.kind,
        "failed",
        title="" if report is None else report.title,
        path="" if report is None else str(report.path),
        reason=reason,
    )
