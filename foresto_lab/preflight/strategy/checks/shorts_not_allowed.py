"""It would sell short where that is not allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class ShortsNotAllowed:
    """Short entries need an execution that allows them.

    Why it matters: they are passed over, and the result is that of half a strategy.
    Fires: short entries with ``Execution(allow_short=False)``.
    Does not fire: none, or shorts allowed.
    """

    code: ClassVar[str] = "SHORTS_NOT_ALLOWED"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many short entries are passed over."""
        signals = inputs.dry_run.signals
        if signals is None or inputs.allows_short:
            return
        count = int(signals.short_entry.sum())
        if count:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="execution.allow_short",
                message=f"{count:,} bars signal a short entry, and shorts are not "
                "allowed; they are passed over.",
                fix="Allow shorts, or leave the short side out.",
                count=count,
            )
