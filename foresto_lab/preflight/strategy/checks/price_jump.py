"""A close that jumps far beyond what it usually does, and stays there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.labels import percent
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import Severity

JUMP: Final = 0.3
"""The least move of a close that is told, a fraction of the one before."""
USUAL_MOVES: Final = 12.0
"""How many times the usual move a jump must be; the usual one is the median."""
_ENOUGH_CANDLES: Final = 20


class PriceJump:
    """A price should not move by a third from one candle to the next.

    Why it matters: a split that was not adjusted for looks like a crash, and a strategy
    trades it.
    Fires: a close 30 % away from the one before, and 12 times the usual move.
    Does not fire: the moves of a volatile market.
    """

    code: ClassVar[str] = "PRICE_JUMP"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many closes jump, and when."""
        table = inputs.span.table
        if table is None or len(table) < _ENOUGH_CANDLES:
            return
        moves = np.abs(table.close[1:] / table.close[:-1] - 1.0)
        if float(moves.max()) <= JUMP:
            return
        limit = max(JUMP, USUAL_MOVES * float(np.median(moves)))
        bars = np.flatnonzero(moves > limit)
        if len(bars):
            yield Finding(
                code=self.code,
                severity=self.severity,
                where=inputs.symbol or "candles",
                message=f"{len(bars):,} closes are more than {percent(limit, 0)} away "
                "from the one before.",
                fix="Compare them with another source; load adjusted prices.",
                count=len(bars),
                samples=tuple(
                    f"{bar_time(int(table.open_times[bar + 1]))} "
                    f"{percent(float(moves[bar]), 0)}"
                    for bar in bars[:3]
                ),
            )
