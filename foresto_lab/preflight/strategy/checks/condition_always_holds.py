"""A condition that holds on every bar filters nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class ConditionAlwaysHolds:
    """A condition should make a difference.

    Why it matters: a filter that is always open is not tested by this run, and may be
    mistaken, ``rsi < 300``.
    Fires: one of several conditions of an entry holds wherever it can be judged.
    Does not fire: it fails on some bar.
    """

    code: ClassVar[str] = "CONDITION_ALWAYS_HOLDS"
    severity: ClassVar[Severity] = Severity.INFO

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding for each entry condition that never failed."""
        for reading in inputs.readings:
            known = reading.known
            if known.any() and reading.truth[known].all():
                yield Finding(
                    code=self.code,
                    severity=self.severity,
                    where=reading.path,
                    message=f"{reading.text} holds on all of {int(known.sum()):,} "
                    "bars; it filters nothing here.",
                    fix="Tighten it, or leave it out.",
                    count=int(known.sum()),
                )
