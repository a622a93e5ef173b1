"""The prices break the rules of the simulation: gaps, zeros, a late start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.errors import InputError
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import get_calendar
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.scenarios.span import parse_span
from foresto_lab.types import Severity


class PriceTableRefused:
    """The prices of the held assets must be such as the simulation takes.

    Why it stops the run: a gap filled silently is an invented return.
    Fires: an asset that ends before the others or begins long after the start, a
    zero standing for a holiday.
    Does not fire: a price above 0 on every session from each asset's first on.
    """

    code: ClassVar[str] = "PRICE_TABLE_REFUSED"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield what the simulation itself would say of the prices."""
        if inputs.missing or inputs.complete_sessions < 2:
            return
        try:
            parse_span(
                inputs.prices,
                list(inputs.held),
                get_calendar(inputs.calendar),
                start=inputs.start,
                end=inputs.end,
            )
        except InputError as error:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where=str(error.facts.get("asset", "prices")),
                message=str(error),
                details={k: str(v) for k, v in error.facts.items()},
            )
