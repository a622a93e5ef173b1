"""An indicator was deactivated in the registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class IndicatorNotActive:
    """The indicators must be active.

    Why it stops the run: someone took the indicator out of use, for a reason.
    Fires: an indicator of the strategy is among those deactivated.
    Does not fire: it is active, or built in.
    """

    code: ClassVar[str] = "INDICATOR_NOT_ACTIVE"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding for each indicator that is not active."""
        for place, use in enumerate(inputs.definition.uses):
            if use.name.casefold() in inputs.inactive_indicators:
                yield Finding(
                    code=self.code,
                    severity=self.severity,
                    where=f"indicators[{place}]",
                    message=f"Indicator {use.name} was deactivated.",
                    fix="Activate it again, or use a newer version.",
                    details={"indicator": use.name},
                )
