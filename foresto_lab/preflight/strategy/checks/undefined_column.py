"""An indicator has no value on any bar, or gaps after its warm-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import Severity


class UndefinedColumn:
    """An indicator should have a value on every bar after its warm-up.

    Why it matters: a condition on a value that is not there fails, silently.
    Fires: an indicator that is NaN throughout, a volume ratio where volume is 0.
    Does not fire: values from the warm-up on.
    """

    code: ClassVar[str] = "UNDEFINED_COLUMN"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding for each column that is undefined after its first value."""
        signals, table = inputs.dry_run.signals, inputs.span.table
        if signals is None or table is None:
            return
        for name, values in signals.columns.items():
            known = np.isfinite(values)
            start = int(known.argmax()) if known.any() else 0
            bars = np.flatnonzero(~known[start:]) + start
            if len(bars):
                times = tuple(bar_time(int(table.open_times[b])) for b in bars[:3])
                yield self._finding(name, len(bars), len(values), times)

    def _finding(
        self, name: str, missing: int, bars: int, samples: tuple[str, ...]
    ) -> Finding:
        share = "any" if missing == bars else f"{missing:,} of {bars:,}"
        return Finding(
            code=self.code,
            severity=self.severity,
            where=name,
            message=f"{name} has no value on {share} of the bars after its warm-up; "
            "conditions on it fail there."
            if missing < bars
            else f"{name} has no value on any of {bars:,} bars; conditions on it fail.",
            fix="Check its period and the columns it reads.",
            count=missing,
            samples=samples,
        )
