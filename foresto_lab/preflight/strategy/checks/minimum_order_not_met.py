"""A position is smaller than the least order that is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.wording import figure
from foresto_lab.types import Severity


class MinimumOrderNotMet:
    """The money for one position must be the least order at least.

    Why it stops the run: every order would be refused.
    Fires: 5 % of a capital of 1,000 where orders begin at 100.
    Does not fire: 10 % of it.
    """

    code: ClassVar[str] = "MINIMUM_ORDER_NOT_MET"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with the money required, there and missing."""
        budget = inputs.position_budget
        required = inputs.minimum_order
        if budget is None or required <= budget:
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="initial_capital",
            message=f"A position may take {figure(budget)}, but no order below "
            f"{figure(required)} is taken; {figure(required - budget)} is missing.",
            fix="Start with more capital, or put more of it into a position.",
            details={
                "required": required,
                "available": budget,
                "missing": required - budget,
            },
        )
