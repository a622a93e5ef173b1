"""The span asked for holds fewer than two sessions with prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.types import Severity


class NoPricesInSpan:
    """A simulation needs a first session to buy on and a second to be worth something.

    Why it stops the run: there is nothing to simulate.
    Fires: start 2030-01-02 on prices that end in 2023.
    Does not fire: at least two sessions have a price for every held asset.
    """

    code: ClassVar[str] = "NO_PRICES_IN_SPAN"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield a finding when fewer than two complete sessions lie in the span."""
        if inputs.missing or not inputs.held:
            return
        complete = inputs.complete_sessions
        if complete >= 2:
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            where=f"{inputs.start or 'first session'} to {inputs.end or 'last'}",
            message=f"{complete} sessions have a price for every held asset; a "
            f"simulation needs at least 2.",
            fix="`foresto data list` shows from when to when each symbol has prices.",
            count=complete,
        )
