"""The past changes when later candles become known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class LookAhead:
    """Nothing that was computed may change when later candles become known.

    Why it stops the run: a strategy that reads the future earns what nobody can.
    The signals are computed again on histories cut short, by the same code, and every
    value and signal that was there must be there again; that finds what Python code
    does as well.
    Fires: ``close.shift(-1)``, a mean over the whole span, a filled gap.
    Does not fire: values that read their own bar and those before it.
    """

    code: ClassVar[str] = "LOOK_AHEAD"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding that names the first bar and column that changed."""
        changed = inputs.changed_past
        if changed is None:
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=changed.column,
            message=f"{changed.column} on {changed.time} was {changed.before} when "
            f"the candles ended on {changed.known_until}, and is {changed.after} now "
            "that later ones are known: it looks ahead.",
            fix="Use only a bar and those before it: no negative shifts, no "
            "statistics of the whole span, no filling from later values.",
            details={
                "bar": changed.bar,
                "time": changed.time,
                "column": changed.column,
                "before": changed.before,
                "after": changed.after,
            },
        )
