"""Once in, it never gets out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class NeverExits:
    """A position should end before the candles do.

    Why it matters: the run is one purchase, held to the end.
    Fires: entries, no exit signal on any bar, no opposite entry and no stop, target
    or time limit.
    Does not fire: one of them.
    """

    code: ClassVar[str] = "NEVER_EXITS"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding for the first side that enters and never leaves."""
        signals = inputs.dry_run.signals
        if signals is None or not inputs.dry_run.trades or inputs.closes_by_itself:
            return
        sides = {
            "long": (signals.long_entry, signals.long_exit, signals.short_entry),
            "short": (signals.short_entry, signals.short_exit, signals.long_entry),
        }
        for side, (entry, leave, opposite) in sides.items():
            if entry.any() and not leave.any() and not opposite.any():
                yield Finding(
                    code=self.code,
                    severity=self.severity,
                    where="sellConditions" if side == "long" else "coverConditions",
                    message=f"It enters {side}, and no bar signals to leave; the first "
                    "position is held to the last candle.",
                    fix="Loosen the exit conditions, or set a stop, a target or a "
                    "time limit.",
                    details={"side": side},
                )
