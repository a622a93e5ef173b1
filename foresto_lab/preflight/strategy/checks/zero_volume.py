"""Candles without volume."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import Severity


class ZeroVolume:
    """A candle should have volume.

    Why it matters: what nobody traded could not be bought; fills there are assumed,
    and indicators of volume say nothing.
    Fires: a candle with volume 0.
    Does not fire: volume above 0 on every candle.
    """

    code: ClassVar[str] = "ZERO_VOLUME"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many candles have no volume."""
        table = inputs.span.table
        if table is None or not len(table):
            return
        bars = np.flatnonzero(table.volume == 0.0)
        if len(bars):
            yield Finding(
                code=self.code,
                severity=self.severity,
                where=inputs.symbol or "candles",
                message=f"{len(bars):,} of {len(table):,} candles have no volume; "
                "fills on them are assumed.",
                fix="Compare with another source.",
                count=len(bars),
                samples=tuple(bar_time(int(table.open_times[b])) for b in bars[:3]),
            )
