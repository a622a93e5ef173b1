"""The price never moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class ConstantPrices:
    """A price must move to be traded.

    Why it stops the run: indicators of change (RSI, ADX) are undefined there, and no
    trade could gain or lose but its costs.
    Fires: every open, high, low and close is the same.
    Does not fire: one of them differs.
    """

    code: ClassVar[str] = "CONSTANT_PRICES"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding when the highest high is the lowest low."""
        table = inputs.span.table
        if table is None or len(table) < 2:
            return
        price = float(table.high.max())
        if price == float(table.low.min()):
            yield Finding(
                code=self.code,
                severity=self.severity,
                where=inputs.symbol or "candles",
                message=f"The price is {price:g} on all {len(table):,} candles.",
                fix="Check the source, or choose a span in which it was traded.",
                count=len(table),
            )
