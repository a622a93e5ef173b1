"""There is no candle in the span."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import Severity


class NoCandles:
    """A backtest needs candles.

    Why it stops the run: there is nothing to run on.
    Fires: an empty table, or dates before the first or after the last candle.
    Does not fire: at least one candle within the dates.
    """

    code: ClassVar[str] = "NO_CANDLES"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding when the span is empty, with the dates that there are."""
        table = inputs.span.table
        if table is None or len(table):
            return
        whole = inputs.span.whole
        if whole is None or not len(whole):
            message, fix = "There are no candles at all.", "Load some first."
        else:
            first, last = (bar_time(int(whole.open_times[i])) for i in (0, -1))
            message = f"No candle lies within the dates; there are some from {first}"
            message += f" to {last}."
            fix = "Choose dates within these."
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="date_range",
            message=message,
            fix=fix,
            count=0,
        )
