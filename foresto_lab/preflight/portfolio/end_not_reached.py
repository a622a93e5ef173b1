"""The prices end before the end that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.market.calendars import get_calendar
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.types import Severity


class EndNotReached:
    """The span simulated is shorter than the span asked for.

    Why it matters: two runs asked for the same span may cover different ones.
    Fires: end 2024-12-31 on prices that end on 2023-12-22.
    Does not fire: no session of the calendar lies between the last price and the end.
    """

    code: ClassVar[str] = "END_NOT_REACHED"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield a finding when sessions lie after the last price, up to the end."""
        if inputs.end is None or inputs.missing or inputs.prices.empty:
            return
        last = inputs.prices.index[-1].date()
        if last >= inputs.end:
            return
        sessions = get_calendar(inputs.calendar).sessions(last, inputs.end)
        absent = int((sessions.astype("datetime64[D]") > last).sum())
        if absent:
            yield Finding(
                code=self.code,
                severity=self.severity,
                where="end",
                message=f"Prices end on {last}, {absent} sessions before the end asked "
                f"for, {inputs.end}; the simulation ends there.",
                fix=f"Load newer prices, or ask for end={last}.",
                count=absent,
            )
