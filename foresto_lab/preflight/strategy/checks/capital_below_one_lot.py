"""The capital buys not one lot, nor the least order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.wording import figure
from foresto_lab.types import Severity


class CapitalBelowOneLot:
    """The money for one position must buy at least one lot, at the cheapest price.

    Why it stops the run: no order could ever be filled.
    Fires: 10,000 for whole shares that never cost less than 71,200.
    Does not fire: 10,000,000 for the same, or fractional quantities.
    """

    code: ClassVar[str] = "CAPITAL_BELOW_ONE_LOT"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with the money required, there and missing."""
        shortfall = inputs.lot_shortfall
        if shortfall is None or shortfall.missing <= 0:
            return
        required = figure(shortfall.required)
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="initial_capital",
            message=f"A position may take {figure(shortfall.available)}, but one lot "
            f"costs at least {required}; {figure(shortfall.missing)} is missing.",
            fix="Start with more capital, choose a smaller lot or a larger size.",
            details={
                "required": shortfall.required,
                "available": shortfall.available,
                "missing": shortfall.missing,
            },
        )
