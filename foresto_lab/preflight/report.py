"""The report of a preflight: findings by severity, shown as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import PreflightError
from foresto_lab.findings import Finding, sort_findings
from foresto_lab.labels import count, label
from foresto_lab.types import Severity

if TYPE_CHECKING:
    from foresto_lab.preflight.strategy.explanation import (
        ConditionShare,
        ZeroTradeExplanation,
    )


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """What preflight found about one subject, the gravest first.

    Parameters
    ----------
    predicted_trades : int, optional
        How many trades the dry run of a strategy counted; None where there was none.
    conditions : tuple of ConditionShare
        The strategy's entry conditions, with how often each held.
    explanation : ZeroTradeExplanation, optional
        Why a strategy would not trade.
    bars : int, optional
        How many candles of a strategy were looked at; ``first_bar`` and ``last_bar``
        say when they open.
    """

    subject: str
    findings: tuple[Finding, ...]
    predicted_trades: int | None = None
    conditions: tuple[ConditionShare, ...] = ()
    explanation: ZeroTradeExplanation | None = None
    bars: int | None = None
    first_bar: str = ""
    last_bar: str = ""

    @classmethod
    def of(
        cls,
        subject: str,
        findings: Iterable[Finding],
        **facts: Any,
    ) -> PreflightReport:
        """Return the report of these findings, sorted by severity.

        ``facts`` are the fields beside them.
        """
        return cls(subject, sort_findings(findings), **facts)

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
        """Return the report as plain JSON-ready values.

        Of a strategy it also holds ``bars``, ``predicted_trades``, ``conditions`` and
        ``explanation``, as far as there were candles and a dry run.
        """
        facts: dict[str, Any] = {
            "subject": self.subject,
            "passed": self.passed,
            "errors": [f.to_dict() for f in self.errors],
            "warnings": [f.to_dict() for f in self.warnings],
            "info": [f.to_dict() for f in self.info],
        }
        if self.bars is not None:
            facts["bars"] = self.bars
            facts["first_bar"], facts["last_bar"] = self.first_bar, self.last_bar
        if self.predicted_trades is not None:
            facts["predicted_trades"] = self.predicted_trades
            facts["conditions"] = [c.to_dict() for c in self.conditions]
        if self.explanation is not None:
            facts["explanation"] = self.explanation.to_dict()
        return facts

    def __str__(self) -> str:
        """Return the verdict and one line per finding."""
        verdict = label("preflight_ready" if self.passed else "preflight_stopped", "en")
        lines = [f"{self.subject}: {verdict}", *map(str, self.findings)]
        if self.predicted_trades is not None:
            trades = count(self.predicted_trades)
            lines.insert(1, label("preflight_predicted", "en", trades=trades))
        if self.explanation is not None:
            from foresto_lab.preflight.strategy.wording import condition_lines

            lines += condition_lines(self.explanation)
        return "\n".join(lines)

    def to_html(self, language: str = "en") -> str:
        """Return the report as HTML that fits a light ground and a dark one."""
        from foresto_lab.preflight.strategy import view

        verdict = view.verdict_html(
            passed=self.passed, trades=self.predicted_trades, language=language
        )
        parts = [f"<p><b>{escape(self.subject)}</b>: {verdict}</p>"]
        if self.explanation is not None:
            parts.append(view.explanation_html(self.explanation, language))
        parts.append(view.findings_html(self.findings, language))
        if self.conditions and self.explanation is None:
            parts.append(view.conditions_html(self.conditions, language))
        return f"<div class='foresto-preflight'>{''.join(parts)}</div>"

    def _repr_html_(self) -> str:
        """Return the report for a notebook."""
        return self.to_html()
