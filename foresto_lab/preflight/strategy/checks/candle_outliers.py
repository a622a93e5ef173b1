"""Prices that jump far beyond what they usually do."""

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
"""The least move that is told, a fraction of the price before."""
USUAL_MOVES: Final = 12.0
"""How many times the usual move a jump must be; the usual one is the median."""
_ENOUGH_CANDLES: Final = 20


class CandleOutliers:
    """A price should move as prices do.

    Why it matters: one bad print fills a stop, makes an indicator jump, and with it the
    trades of the next hundred bars.
    Fires: a high or low 30 % off the close before, and 12 times the usual move:
    a bad print, a split that was not adjusted for.
    Does not fire: the moves of a volatile market.
    """

    code: ClassVar[str] = "CANDLE_OUTLIERS"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many candles jump, and when."""
        table = inputs.span.table
        if table is None or len(table) < _ENOUGH_CANDLES:
            return
        before = table.close[:-1]
        up, down = table.high[1:] / before - 1.0, 1.0 - table.low[1:] / before
        moves = np.maximum(up, down)
        limit = max(JUMP, USUAL_MOVES * float(np.median(moves)))
        if float(moves.max()) <= limit:
            return
        bars = np.flatnonzero(moves > limit)
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=inputs.symbol or "candles",
            message=f"{len(bars):,} candles move by more than {percent(limit, 0)} from "
            "the close before them.",
            fix="Compare them with another source; load adjusted prices.",
            count=len(bars),
            samples=tuple(
                f"{bar_time(int(table.open_times[bar + 1]))} "
                f"{percent(float(moves[bar]), 0)}"
                for bar in bars[:3]
            ),
        )
