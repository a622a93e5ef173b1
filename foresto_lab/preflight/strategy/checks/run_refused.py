"""The engine would refuse to run it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class RunRefused:
    """The engine must take the strategy, its risk and its execution together.

    Why it stops the run: it would be refused in the same way.
    Fires: a size that risks a fraction to the stop, where there is no stop.
    Does not fire: the same with a stop loss.
    """

    code: ClassVar[str] = "RUN_REFUSED"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield what the engine said."""
        error = inputs.dry_run.refusal
        if error is not None:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="execution",
                message=str(error) or type(error).__name__,
                details={"error": type(error).__name__},
            )
