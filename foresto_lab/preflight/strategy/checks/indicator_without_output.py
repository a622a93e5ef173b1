"""An indicator gives no column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class IndicatorWithoutOutput:
    """An indicator must give a column.

    Why it stops the run: no condition could look at it.
    Fires: a Python indicator that declares no outputs.
    Does not fire: one output or more.
    """

    code: ClassVar[str] = "INDICATOR_WITHOUT_OUTPUT"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding for each indicator without an output column."""
        for place, use in enumerate(inputs.definition.uses):
            if use.name in inputs.definition.without_output:
                yield Finding(
                    code=self.code,
                    severity=self.severity,
                    where=f"indicators[{place}]",
                    message=f"Indicator {use.name} declares no output column.",
                    fix="Declare its outputs, or leave it out.",
                    details={"indicator": use.name},
                )
