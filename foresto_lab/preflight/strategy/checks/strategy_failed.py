"""The strategy's code fails: it raises, or does not come to an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.errors import StrategyError
from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.guarded import TIME_LIMIT_SECONDS, TimeLimitPassed
from foresto_lab.preflight.strategy.inputs import StrategyInputs, sentence_of
from foresto_lab.types import Severity


class StrategyFailed:
    """The signals must be computed without an error, and in time.

    Why it stops the run: it would fail in the same way.
    Fires: code that raises, that loops for ever, that returns rows of another length,
    or an indicator that is not trusted on this machine.
    Does not fire: one signal per candle.
    """

    code: ClassVar[str] = "STRATEGY_FAILED"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield what the code raised, by its kind and its own sentence."""
        error = inputs.dry_run.failure
        if error is None:
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=inputs.subject,
            message=_sentence(error),
            fix="Run strategy.signals(candles) on a few candles to see where.",
            details={"error": type(error).__name__},
        )


def _sentence(error: BaseException) -> str:
    if isinstance(error, TimeLimitPassed):
        return (
            f"Its signals were not there after {TIME_LIMIT_SECONDS:g} seconds, and it "
            "was stopped."
        )
    if isinstance(error, StrategyError):
        return " ".join(finding.message for finding in error.findings)
    return f"Computing its signals raised {sentence_of(error)}"
