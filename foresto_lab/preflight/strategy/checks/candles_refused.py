"""The candles break the rules for candles: columns, order, prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.errors import ForestoError
from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class CandlesRefused:
    """Candles must be such as the engine takes.

    Why it stops the run: an order of rows or a price that cannot be makes every
    number after it wrong.
    Fires: a missing column, an index without a time zone, rows out of order or twice,
    NaN or zero prices, a high below the low.
    Does not fire: open, high, low, close and volume on ascending UTC open times.
    """

    code: ClassVar[str] = "CANDLES_REFUSED"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield what the table of candles itself says of them."""
        error = inputs.span.refusal
        if error is None or inputs.refused_arguments:
            return
        facts = error.facts if isinstance(error, ForestoError) else {}
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=inputs.symbol or "candles",
            message=str(error) or type(error).__name__,
            details={name: str(value) for name, value in facts.items()},
        )
