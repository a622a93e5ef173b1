"""Too few trades to measure anything by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity

LEAST_TRADES: Final = 30


class FewTrades:
    """Measures of trades need some trades.

    Why it matters: a win rate of 3 of 4 trades is anything between 20 and 99 %.
    Fires: 1 to 29 trades.
    Does not fire: 30 or more; none at all, which is an error of its own.
    """

    code: ClassVar[str] = "FEW_TRADES"
    severity: ClassVar[Severity] = Severity.INFO

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding when fewer than 30 trades are expected."""
        trades = inputs.dry_run.trades
        if trades is not None and 0 < trades < LEAST_TRADES:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="date_range",
                message=f"{trades} trades are expected; win rate, profit factor and "
                "expectancy of so few say little.",
                fix="Choose a longer span, or read the trades one by one.",
                count=trades,
            )
