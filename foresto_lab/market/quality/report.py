"""What the rules found, as a table, as JSON, and as a notebook's output."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foresto_lab.findings import Finding, errors_in, sort_findings, warnings_in
from foresto_lab.market.quality.rules import RULES

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("code", "severity", "name", "count", "where", "message", "samples", "fix")
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;"
    "padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "th,td{padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}"
)


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """The rows of some symbols, held against one calendar."""

    calendar: str
    symbols: tuple[str, ...]
    row_count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The findings over some prices, with what was checked.

    In a notebook it shows itself as a table; ``to_frame`` and ``to_dict`` give it to
    programs.
    """

    checked: tuple[CheckedRows, ...]
    data_version: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, gravest first."""
        return sort_findings(
            finding for part in self.checked for finding in part.findings
        )

    @property
    def passed(self) -> bool:
        """Whether no error-level rule is broken."""
        return not errors_in(self.findings)

    @property
    def row_count(self) -> int:
        """The number of rows checked."""
        return sum(part.row_count for part in self.checked)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols checked."""
        return tuple(symbol for part in self.checked for symbol in part.symbols)

    def counts(self) -> dict[str, int]:
        """Return the rows found by each rule, those that found none included."""
        counts = dict.fromkeys(RULES, 0)
        for finding in self.findings:
            counts[finding.code] = counts.get(finding.code, 0) + finding.count
        return counts

    def to_frame(self) -> pd.DataFrame:
        """Return one row a finding: code, severity, name, count, where, message, ..."""
        import pandas as pd

        return pd.DataFrame(
            [_cells(finding) for finding in self.findings], columns=list(COLUMNS)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "passed": self.passed,
            "symbol_count": len(self.symbols),
            "row_count": self.row_count,
            "data_version": self.data_version,
            "calendars": {part.calendar: len(part.symbols) for part in self.checked},
            "counts": self.counts(),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        """Return the report as lines of text."""
        return "\n".join([self.headline(), *(f"  {each}" for each in self.findings)])

    def headline(self) -> str:
        """Return what was checked and how it went, in one line."""
        errors = len(errors_in(self.findings))
        warnings = len(warnings_in(self.findings))
        return (
            f"Rows: {self.row_count:,}. Symbols: {len(self.symbols):,}. "
            f"Errors: {errors}. Warnings: {warnings}."
        )

    def to_html(self) -> str:
        """Return the report as a page of its own, which loads nothing."""
        title = "Data quality"
        return (
            f"<!doctype html><html lang='en'><head><meta charset='utf-8'>"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>"
            f"<title>{title}</title><style>{_STYLE}</style></head>"
            f"<body><h1>{title}</h1>{self._repr_html_()}</body></html>"
        )

    def _repr_html_(self) -> str:
        head = f"<p>{html.escape(self.headline())}</p>"
        if not self.findings:
            return head
        names = ("severity", "name", "count", "where", "message", "samples")
        titles = "".join(f"<th style='text-align:left'>{name}</th>" for name in names)
        rows = "".join(_html_row(finding, names) for finding in self.findings)
        body = f"<thead><tr>{titles}</tr></thead><tbody>{rows}</tbody>"
        return f"{head}<table>{body}</table>"


def rule_name(code: str) -> str:
    """Return a rule's readable name; a reader's findings are named by their code."""
    rule = RULES.get(code)
    return rule.name if rule else code.replace("_", " ").capitalize()


def _cells(finding: Finding) -> tuple[Any, ...]:
    return (
        finding.code,
        str(finding.severity),
        rule_name(finding.code),
        finding.count,
        finding.where,
        finding.message,
        "; ".join(finding.samples),
        finding.fix,
    )


def _html_row(finding: Finding, names: tuple[str, ...]) -> str:
    cells = dict(zip(COLUMNS, _cells(finding), strict=True))
    cells["count"] = f"{finding.count:,}"
    shown = "".join(
        f"<td style='text-align:{'right' if name == 'count' else 'left'}'>"
        f"{html.escape(str(cells[name]))}</td>"
        for name in names
    )
    return f"<tr>{shown}</tr>"
