"""The span is short beside the longest warm-up of the strategy's indicators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import WARM_UPS, StrategyInputs
from foresto_lab.types import Severity


class SpanTooShort:
    """The span must hold three times the longest warm-up.

    Why it stops the run: while an indicator warms up nothing can be traded, so that a
    result would speak of the last third of the span at best.
    Fires: a 200-bar average on 599 candles.
    Does not fire: the same on 600.
    """

    code: ClassVar[str] = "SPAN_TOO_SHORT"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many candles are required, there and missing."""
        shortfall = inputs.span_shortfall
        if shortfall is None or shortfall.missing <= 0:
            return
        required, available = int(shortfall.required), int(shortfall.available)
        name, warm_up = inputs.longest_warm_up
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="date_range",
            message=f"{available:,} candles are too few for {name}, which warms up for "
            f"{warm_up:,}: {required:,} ({WARM_UPS} times that) are required, "
            f"{required - available:,} are missing.",
            fix="Choose a longer span, a shorter timeframe, or a shorter period.",
            details={
                "required": required,
                "available": available,
                "missing": required - available,
                "warm_up": warm_up,
                "indicator": name,
            },
        )
