"""Leverage without any stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.labels import percent
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class LeverageWithoutStop:
    """A leveraged position should have a stop.

    Why it matters: without one, liquidation is the stop, and it takes all the margin.
    Fires: leverage 10 and neither a stop loss nor a trailing stop.
    Does not fire: leverage 1, or a stop.
    """

    code: ClassVar[str] = "LEVERAGE_WITHOUT_STOP"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding when only liquidation ends a losing position."""
        distance = inputs.liquidation_distance
        if distance is None or inputs.has_stop:
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="risk",
            message=f"Leverage {inputs.leverage:g} has no stop; a position is "
            f"liquidated {percent(distance)} from its entry.",
            fix="Set stop_loss, or lower the leverage.",
            details={"leverage": inputs.leverage, "liquidation": distance},
        )
