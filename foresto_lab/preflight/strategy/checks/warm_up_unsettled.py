"""The first signals depend on where the history begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class WarmUpUnsettled:
    """Signals should not depend on where the history happens to begin.

    Why it matters: averages that never forget (EMA, Wilder's RSI and ATR) start from
    what they see first; until that is forgotten, a run that began earlier would trade
    otherwise. The signals are computed on a part of the candles and held against those
    of the whole.
    Fires: signals of the first bars that a longer history changes.
    Does not fire: the same signals on both.
    """

    code: ClassVar[str] = "WARM_UP_UNSETTLED"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding with how many signals move, and until which bar."""
        unsettled = inputs.unsettled_start
        if unsettled is None or not unsettled.changed_signals:
            return
        moved = ", ".join(f"{name} by {by:.3g}" for name, by in unsettled.moved.items())
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="date_range",
            message=f"With a longer history {unsettled.changed_signals} entries of the "
            f"first {unsettled.last_bar + 1:,} bars would be others"
            + (f"; the first values move ({moved})." if moved else "."),
            fix="Begin earlier, and trust no trade before that bar.",
            count=unsettled.changed_signals,
            details={
                "last_bar": unsettled.last_bar,
                "moved": dict(unsettled.moved),
            },
        )
