"""The report of a preflight: findings by severity, shown as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from foresto_lab.errors import PreflightError
from foresto_lab.findings import Finding, sort_findings
from foresto_lab.types import Severity

_MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "i"}


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """What preflight found about one subject, the gravest first."""

    subject: str
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, subject: str, findings: Iterable[Finding]) -> PreflightReport:
        """Return the report of these findings, sorted by severity."""
        return cls(subject, sort_findings(findings))

    @property
    def passed(self) -> bool:
        """Whether nothing stands against running it."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop the run."""
        return self._of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are kept with the run."""
        return self._of(Severity.WARNING)

    @property
    def info(self) -> tuple[Finding, ...]:
        """The findings that are only told."""
        return self._of(Severity.INFO)

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is severity)

    def require_passed(self) -> None:
        """Raise PreflightError with every error-level finding, if there is one."""
        if self.errors:
            raise PreflightError(subject=self.subject, findings=self.errors)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "subject": self.subject,
            "passed": self.passed,
            "errors": [f.to_dict() for f in self.errors],
            "warnings": [f.to_dict() for f in self.warnings],
            "info": [f.to_dict() for f in self.info],
        }

    def __str__(self) -> str:
        """Return the verdict and one line per finding."""
        verdict = "ready to run" if self.passed else "cannot run as it is"
        return "\n".join([f"{self.subject}: {verdict}", *map(str, self.findings)])

    def _repr_html_(self) -> str:
        """Return the findings as a table for a notebook."""
        verdict = "ready to run" if self.passed else "cannot run as it is"
        rows = "".join(
            f"<tr><td>{_MARKS[f.severity]} {f.severity}</td><td><code>{f.code}</code>"
            f"</td><td>{escape(f.where)}</td><td>{escape(f.message)}</td>"
            f"<td>{escape(f.fix)}</td></tr>"
            for f in self.findings
        )
        head = "<tr><th></th><th>code</th><th>where</th><th>what</th><th>fix</th></tr>"
        table = f"<table style='text-align:left'>{head}{rows}</table>" if rows else ""
        return f"<p><b>{escape(self.subject)}</b>: {verdict}</p>{table}"
