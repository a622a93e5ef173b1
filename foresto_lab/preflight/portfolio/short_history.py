"""Less than a year of prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.types import Severity

SESSIONS_PER_YEAR = 252


class ShortHistory:
    """Annual figures need at least a year.

    Why it matters: the CAGR of two months is their return to the sixth power.
    Fires: fewer than 252 sessions in the span.
    Does not fire: 252 or more.
    """

    code: ClassVar[str] = "SHORT_HISTORY"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield a finding when the span holds less than a year of sessions."""
        sessions = len(inputs.prices)
        if 2 <= sessions < SESSIONS_PER_YEAR:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="span",
                message=f"{sessions} sessions are less than a year; CAGR, volatility "
                f"and Sharpe ratio are extrapolated from them.",
                fix="Choose a longer span, or read total return and drawdown only.",
                count=sessions,
            )
