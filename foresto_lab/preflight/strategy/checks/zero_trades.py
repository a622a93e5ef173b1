"""The dry run counted no trade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class ZeroTrades:
    """A run must trade.

    Why it stops the run: a strategy that never enters has no result, only costs of
    waiting. The report's ``explanation`` says which condition stood against it, how
    near it came, and what would make it trade.
    Fires: ``rsi < 30`` on candles whose RSI never falls below 31.4.
    Does not fire: one trade or more.
    """

    code: ClassVar[str] = "ZERO_TRADES"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with the explanation's sentence and its suggestion."""
        explanation = inputs.explanation
        if explanation is None:
            return
        first = next(
            (c for c in explanation.conditions if not c.depth and not c.held_bars),
            None,
        )
        where = first.path if first and not explanation.entry_signals else ""
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=where,
            message=f"It would not trade. {explanation.headline()}",
            fix=explanation.suggestion(),
            count=0,
            details={
                "reason": explanation.reason,
                "bars": explanation.bars,
                "entry_signals": explanation.entry_signals,
            },
        )
