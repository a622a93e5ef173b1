"""The prices are simulated, not market prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.types import Severity


class SimulatedPrices:
    """A result made from simulated prices says so.

    Why it matters: nobody should decide about money on invented history.
    Fires: an asset class is mapped to one of the sample's instruments.
    Does not fire: every instrument has prices from a market.
    """

    code: ClassVar[str] = "SIMULATED_PRICES"
    severity: ClassVar[Severity] = Severity.INFO

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield a finding when any instrument is marked as simulated."""
        if inputs.simulated:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="prices",
                message="These prices are SIMULATED; no market ever traded at them.",
                fix="Load real ones with `foresto data load FILE` and map them with "
                "`foresto instruments map`.",
            )
