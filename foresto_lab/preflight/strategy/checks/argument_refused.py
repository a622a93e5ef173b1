"""What was given beside the strategy cannot be used: dates, capital, execution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class ArgumentRefused:
    """Dates, capital, timeframe and execution must be such as a run takes.

    Why it stops the run: it could not begin.
    Fires: an end before the start, a capital of 0, an execution that is a dict.
    Does not fire: ``("2020-01-01", "2024-12-31")``, 10,000,000, ``Execution()``.
    """

    code: ClassVar[str] = "ARGUMENT_REFUSED"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield each argument that a run would refuse."""
        for name, reason in inputs.refused_arguments.items():
            yield Finding(
                code=self.code,
                severity=self.severity,
                where=name,
                message=reason,
                details={"argument": name},
            )
