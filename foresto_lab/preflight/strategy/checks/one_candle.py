"""A single candle is in the span."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class OneCandle:
    """A signal takes a candle, and its fill the next one.

    Why it stops the run: nothing can be filled.
    Fires: one candle.
    Does not fire: two or more.
    """

    code: ClassVar[str] = "ONE_CANDLE"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding when the span holds one candle."""
        if inputs.span.table is not None and len(inputs.span.table) == 1:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="candles",
                message="There is one candle only: its signal could not be filled.",
                fix="Choose a longer span, or a shorter timeframe.",
            )
