"""The position would be liquidated before its stop is reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.labels import percent
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class StopBeyondLiquidation:
    """The stop must be nearer than the liquidation.

    Why it matters: with leverage the margin is gone first, and the loss is the margin
    instead of what the stop allows.
    Fires: a stop at 6 % with leverage 20, which is liquidated at 4.5 %.
    Does not fire: a stop at 2 % with leverage 3.
    """

    code: ClassVar[str] = "STOP_BEYOND_LIQUIDATION"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding when liquidation comes before the stop."""
        stop, distance = inputs.stop_loss, inputs.liquidation_distance
        if stop is None or distance is None or stop < distance:
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="risk.stop_loss",
            message=f"With leverage {inputs.leverage:g} a position is liquidated "
            f"{percent(distance)} from its entry, before its stop at {percent(stop)}.",
            fix=f"Set the stop below {percent(distance)}, or lower the leverage.",
            details={
                "stop_loss": stop,
                "liquidation": distance,
                "leverage": inputs.leverage,
            },
        )
