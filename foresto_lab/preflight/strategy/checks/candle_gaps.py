"""Candles are missing between the first and the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import Int64Array1D, Severity

_REGULAR: Final = 0.98
"""Share of equal spacings from which on every longer one is a gap: round the clock."""
_LONGEST_BREAK: Final = 12 * 86_400_000_000
"""What an exchange closes for at most, in microseconds."""


class CandleGaps:
    """There should be a candle for every interval in which one could trade.

    Why it matters: indicators bridge a gap as if it were one bar, and stops are not
    looked at within it.
    Fires: hours missing in candles that otherwise come every hour; a year missing in
    daily ones.
    Does not fire: nights, weekends and holidays of an exchange.
    """

    code: ClassVar[str] = "CANDLE_GAPS"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many gaps there are, and the longest of them."""
        table = inputs.span.table
        if table is None or len(table) < 3:
            return
        spacing = np.diff(table.open_times)
        bars = gap_bars(spacing)
        if not len(bars):
            return
        longest = bars[np.argsort(-spacing[bars], kind="stable")[:3]]
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=inputs.symbol or "candles",
            message=f"{len(bars):,} gaps; the longest is of "
            f"{_length(int(spacing[longest[0]]))}.",
            fix="Load what is missing from another source, or choose a span without.",
            count=len(bars),
            samples=tuple(
                f"{bar_time(int(table.open_times[bar]))} → "
                f"{bar_time(int(table.open_times[bar + 1]))}"
                for bar in longest
            ),
        )


def gap_bars(spacing: Int64Array1D) -> Int64Array1D:
    """Return the bars after which candles are missing.

    Where nearly all candles are equally far apart, any longer step is a gap; where an
    exchange closes, only one longer than its longest holiday.
    """
    usual = float(np.median(spacing))
    regular = float((spacing == usual).mean()) >= _REGULAR
    limit = 1.5 * usual if regular else max(3.0 * usual, float(_LONGEST_BREAK))
    return np.flatnonzero(spacing > limit)


def _length(microseconds: int) -> str:
    hours = microseconds / 3_600_000_000
    return f"{hours / 24:,.1f} days" if hours >= 48 else f"{hours:,.1f} hours"
