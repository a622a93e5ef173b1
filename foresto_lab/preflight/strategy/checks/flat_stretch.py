"""The price stands still for long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import Severity

SHARE: Final = 0.2
"""The share of candles without any movement from which on it is told."""


class FlatStretch:
    """Most candles should move.

    Why it matters: a candle with one price was hardly traded; fills there are assumed.
    Fires: a fifth of the candles or more have one price, that of the candle before.
    Does not fire: fewer.
    """

    code: ClassVar[str] = "FLAT_STRETCH"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many candles stand still."""
        table = inputs.span.table
        if table is None or len(table) < 2 or table.high.max() == table.low.min():
            return
        flat = (table.high == table.low)[1:] & (table.close[1:] == table.close[:-1])
        still = int(flat.sum())
        if still < SHARE * len(table):
            return
        bars = np.flatnonzero(flat) + 1
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=inputs.symbol or "candles",
            message=f"{still:,} of {len(table):,} candles have one price, that of the "
            "candle before.",
            fix="Compare with another source; choose a longer timeframe.",
            count=still,
            samples=tuple(bar_time(int(table.open_times[bar])) for bar in bars[:3]),
        )
