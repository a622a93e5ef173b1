"""Findings: what a person should decide, shared by data quality and preflight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from foresto_lab.types import Severity

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation that a check made.

    Parameters
    ----------
    code : str
        Stable name, e.g. ``"PRICE_NOT_POSITIVE"``; never reused for another meaning.
    severity : Severity
        An error stops what is being done; a warning is recorded; info is shown.
    message : str
        One sentence: what was found, and why it matters.
    where : str
        The place: a symbol, a column, a path inside a strategy, a report parameter.
    fix : str
        What to do next.
    count : int
        How many rows or values the finding stands for.
    samples : tuple of str
        A few of them, ready to read.
    details : mapping
        The facts behind the message, by name.
    """

    code: str
    severity: Severity
    message: str
    where: str = ""
    fix: str = ""
    count: int = 1
    samples: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON-ready values."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "where": self.where,
            "fix": self.fix,
            "count": self.count,
            "samples": list(self.samples),
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Finding:
        """Return the finding that ``to_dict`` described."""
        return cls(
            **{
                **given,
                "severity": Severity(given["severity"]),
                "samples": tuple(given["samples"]),
            }
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Let findings cross process borders; a mapping proxy alone would not."""
        values = [getattr(self, item.name) for item in fields(self)]
        return (type(self), (*values[:-1], dict(self.details)))

    def __str__(self) -> str:
        """Return the finding as one line."""
        where = f" {self.where}:" if self.where else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"[{self.severity}] {self.code}{where} {self.message}{fix}"


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with the gravest first, otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


def errors_in(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that stop what is being done."""
    return tuple(f for f in findings if f.severity is Severity.ERROR)


def warnings_in(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are recorded but stop nothing."""
    return tuple(f for f in findings if f.severity is Severity.WARNING)
