"""Make a report: parameters checked, notebook executed, page rendered, published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import ReportFailedError, ReportParameterError
from foresto_lab.reports.parameters import require_parameters
from foresto_lab.reports.pdf import PDF, find_printer, print_pdf
from foresto_lab.reports.publication import (
    MANIFEST,
    NOTEBOOK,
    PAGE,
    making,
    publish,
)
from foresto_lab.reports.templates import Template, load_template
from foresto_lab.telemetry import bound, get_logger
from foresto_lab.telemetry.metrics import REPORTS
from foresto_lab.telemetry.runs import RunTelemetry

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.reports.execute import Execution
    from foresto_lab.reports.page import Page
    from foresto_lab.runs.record import RunRecord

log = get_logger(__name__)
LANGUAGE: str = "language"
_IDENTITY = ("kind", "run_id", "request_hash", "data_version", "rule", "strategy")


@dataclass(frozen=True, slots=True)
class Report:
    """A published report; it shows itself in a notebook as a link to its page."""

    kind: str
    report_id: str
    status: Literal["completed", "failed"]
    path: Path
    notebook: Path
    manifest: Path
    title: str = ""
    pdf: Path | None = None
    reason: str = field(default="", repr=False)

    def to_dict(self) -> dict[str, str]:
        """Return the report as plain values."""
        return {
            "kind": self.kind,
            "report_id": self.report_id,
            "status": self.status,
            "title": self.title,
            "path": str(self.path),
            "notebook": str(self.notebook),
            "manifest": str(self.manifest),
            **({} if self.pdf is None else {"pdf": str(self.pdf)}),
        }

    def _repr_html_(self) -> str:
        """Return a link to the page."""
        words = escape(f"{self.title or self.kind} ({self.report_id})")
        return f'<a href="{escape(self.path.as_uri())}" target="_blank">{words}</a>'


def run_report(
    lab: Lab,
    kind: str,
    parameters: Mapping[str, Any] | None = None,
    language: str | None = None,
    *,
    progress: bool | None = None,
    now: datetime | None = None,
    pdf: bool = False,
) -> Report:
    """Run a template with these parameters and publish its page.

    Nothing is written before the parameters are found good. A cell that fails leaves a
    report marked as failed, with the error's sentence.

    Parameters
    ----------
    kind : str
        The template's name.
    language : {"ko", "en"}, optional
        The workspace's by default.
    progress : bool, optional
        Show a progress bar; by default where a person looks on.
    pdf : bool
        Print the page as well, into ``report.pdf`` beside it; by a Chromium that is
        looked for before anything runs.

    Raises
    ------
    UnknownNameError
        There is no such template.
    ReportParameterError
        A parameter is unknown, missing or of the wrong type.
    ReportFailedError
        A cell failed; ``path`` names the failed report's page.
    PdfPrinterNotFoundError
        There is no Chromium here to print with; nothing was run.
    PdfError
        The page is there, but could not be printed.
    """
    printer = find_printer() if pdf else None
    template = load_template(kind, lab.home)
    values = report_parameters(lab, template, parameters or {}, language)
    created_at = now or datetime.now(UTC)
    report_id = _new_id(created_at)
    run = _begin_run(lab, template, values, report_id, created_at)
    with _told(run, template, report_id):
        try:
            report = _make(
                lab, template, values, report_id, created_at, progress=_shows(progress)
            )
        except BaseException as error:
            _fail_run(lab, run, str(error) or type(error).__name__)
            raise
        if report.status == "failed":
            _fail_run(lab, run, report.reason)
            raise ReportFailedError(
                template=kind,
                reason=report.reason,
                path=str(report.path),
                report=report,
            )
        _complete_run(lab, run, report)
        log.info("report made", path=report.path, title=report.title)
    if printer is not None:
        target = report.path.with_name(PDF)
        report = replace(report, pdf=print_pdf(report.path, target, printer=printer))
    return report


@contextmanager
def _told(run: RunRecord | None, template: Template, report_id: str) -> Iterator[None]:
    """Tell of a report's beginning and end, as a run where it is registered as one."""
    with bound(report_id=report_id, template=template.name):
        around = RunTelemetry().running(run, searched=False) if run else nullcontext()
        try:
            with around:
                yield
        except BaseException as error:
            REPORTS.add(kind=template.name, status="failed")
            log.failure("report failed", error)
            raise
        REPORTS.add(kind=template.name, status="completed")


def report_parameters(
    lab: Lab, template: Template, given: Mapping[str, Any], language: str | None
) -> dict[str, Any]:
    """Return all of a template's parameters, the language among them."""
    declared = {parameter.name for parameter in template.parameters}
    values = dict(given)
    if language is not None:
        if values.get(LANGUAGE, language) != language:
            raise ReportParameterError(
                template=template.name,
                parameter=LANGUAGE,
                reason=f"it is given twice, as {values[LANGUAGE]!r} and {language!r}.",
            )
        values[LANGUAGE] = language
    elif LANGUAGE in declared:
        values.setdefault(LANGUAGE, lab.settings.language)
    return require_parameters(template.name, template.parameters, values)


def _make(
    lab: Lab,
    template: Template,
    values: Mapping[str, Any],
    report_id: str,
    created_at: datetime,
    *,
    progress: bool,
) -> Report:
    """Execute, render and publish; a failed cell gives a failed report."""
    from foresto_lab.reports.execute import execute_template
    from foresto_lab.reports.gallery import write_gallery

    with making(lab.home, report_id) as folder:
        scratch = folder / "kernel"
        scratch.mkdir()
        execution = execute_template(
            lab, template, values, scratch=scratch, progress=progress
        )
        page = _render(template, values, report_id, created_at, execution)
        reason = execution.failure.reason if execution.failure else ""
        manifest = {**_manifest(page), "reason": reason}
        place = publish(
            lab.home,
            folder,
            notebook=json.dumps(execution.notebook, ensure_ascii=False, indent=1)
            + "\n",
            page=page.html,
            manifest=manifest,
        )
    write_gallery(lab.home, lab.settings.language)
    return Report(
        kind=template.name,
        report_id=report_id,
        status="failed" if execution.failure else "completed",
        path=place / PAGE,
        notebook=place / NOTEBOOK,
        manifest=place / MANIFEST,
        title=page.title,
        reason=reason,
    )


def _render(
    template: Template,
    values: Mapping[str, Any],
    report_id: str,
    created_at: datetime,
    execution: Execution,
) -> Page:
    from foresto_lab.reports.page import ReportDescription, render_page

    description = ReportDescription(
        kind=template.name,
        report_id=report_id,
        language=str(values.get(LANGUAGE, "ko")),
        template=template.identity,
        parameters=values,
        created_at=f"{created_at:%Y-%m-%d %H:%M:%S} UTC",
        given={
            parameter.name: values[parameter.name]
            for parameter in template.parameters
            if (values[parameter.name], parameter.default) != (None, None)
        },
    )
    return render_page(execution.notebook, description, execution.failure)


def _manifest(page: Page) -> dict[str, Any]:
    """Return what the gallery and programs want to know without reading the page."""
    facts = page.facts
    return {
        **facts["report"],
        "status": facts["status"],
        "title": page.title,
        "period": facts["period"],
        "simulated": any(run.get("simulated") for run in facts["runs"]),
        "runs": [
            {key: run.get(key) for key in _IDENTITY}
            | {"numbers": run["numbers"], "spark": run.get("spark", [])}
            for run in facts["runs"]
        ],
        "facts_checksum": facts["checksum"],
        "page_sha256": facts["page_sha256"],
    }


def _shows(progress: bool | None) -> bool:
    import sys

    return sys.stderr.isatty() if progress is None else progress


# --- the registry -------------------------------------------------------------------


def _new_id(created_at: datetime) -> str:
    from foresto_lab.runs.provenance import Provenance

    return Provenance.new_run_id(created_at)


def _begin_run(
    lab: Lab,
    template: Template,
    values: Mapping[str, Any],
    report_id: str,
    created_at: datetime,
) -> RunRecord | None:
    """Register the report as a run; None where the run store is off."""
    if not lab.settings.use_sim_store:
        return None
    from foresto_lab.runs.provenance import collect_provenance
    from foresto_lab.runs.record import RunRecord
    from foresto_lab.types import RunKind, RunStatus

    request = {"template": template.name, "parameters": dict(values)}
    data_version = lab.storage.series.data_version()
    identity = {
        "kind": "report",
        "request": request,
        "template": template.identity,
        "engine_version": __version__,
        "data_version": data_version,
    }
    return lab.storage.runs.begin(
        RunRecord(
            run_id=report_id,
            kind=RunKind.REPORT,
            name=template.name,
            request=request,
            request_hash=sha256_of(identity),
            status=RunStatus.RUNNING,
            data_version=data_version,
            created_at=created_at,
            started_at=created_at,
            expires_at=created_at + timedelta(days=lab.settings.run_ttl_days),
            snapshots={"template": template.identity},
            **collect_provenance().to_record_fields(),
        )
    )


def _complete_run(lab: Lab, run: RunRecord | None, report: Report) -> None:
    if run is None:
        return
    from foresto_lab.runs.record import RunArtifacts

    manifest = json.loads(report.manifest.read_text("utf-8"))
    numbers = manifest["runs"][0]["numbers"] if manifest["runs"] else {}
    lab.storage.runs.complete(run.run_id, RunArtifacts(tables={}, summary=numbers))


def _fail_run(lab: Lab, run: RunRecord | None, reason: str) -> None:
    if run is not None:
        lab.storage.runs.fail(run.run_id, reason)
