"""A periodic rule has no base day within the span."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.market.calendars import get_calendar
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.rebalancing import Hybrid, Periodic
from foresto_lab.types import Severity


class RuleNeverDue:
    """A periodic rule should come due at least once.

    Why it matters: without a due date the rule's run is buy and hold under another
    name.
    Fires: an annual rule on three months of prices.
    Does not fire: a base day of the calendar lies after the first session.
    """

    code: ClassVar[str] = "RULE_NEVER_DUE"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield a finding when no base day lies after the first session."""
        rule = inputs.rule.periodic if isinstance(inputs.rule, Hybrid) else inputs.rule
        if not isinstance(rule, Periodic) or len(inputs.prices) < 2:
            return
        first, last = inputs.prices.index[0].date(), inputs.prices.index[-1].date()
        due = get_calendar(inputs.calendar).period_sessions(
            rule.frequency, rule.base_day, first, last
        )
        if not (due > due.dtype.type(first)).any():
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="rebalancing",
                message=f"{rule.label} never comes due between {first} and {last}.",
                fix="Choose a longer span or a higher frequency.",
            )
