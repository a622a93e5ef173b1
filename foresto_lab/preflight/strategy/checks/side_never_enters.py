"""One side of the strategy never enters, though the other does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import ConditionReading
from foresto_lab.types import Severity


class SideNeverEnters:
    """Each side that has conditions should enter on some bar.

    Why it matters: half of the strategy is not tested by this run.
    Fires: long entries, but short conditions that never hold.
    Does not fire: both sides enter, or one has no conditions.
    """

    code: ClassVar[str] = "SIDE_NEVER_ENTERS"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding for a side whose conditions never hold together."""
        run = inputs.dry_run
        if run.signals is None or not run.trades:
            return
        entries = {"long": run.signals.long_entry, "short": run.signals.short_entry}
        for side, entered in entries.items():
            own = [r for r in inputs.readings if r.side == side]
            if own and not entered.any():
                yield self._finding(side, own)

    def _finding(self, side: str, readings: list[ConditionReading]) -> Finding:
        never = [reading.text for reading in readings if not reading.truth.any()]
        reason = f"{never[0]} never held" if never else "they never held together"
        return Finding(
            code=self.code,
            severity=self.severity,
            where=readings[0].path,
            message=f"No bar signals a {side} entry: {reason}.",
            fix=f"Loosen its conditions, or leave the {side} side out.",
            details={"side": side},
        )
