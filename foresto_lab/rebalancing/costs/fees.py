"""Fees on what is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from foresto_lab.errors import UnknownNameError
from foresto_lab.rebalancing.costs.part import AccountDraft, CostPart
from foresto_lab.rebalancing.costs.proportional import parse_cost_rate
from foresto_lab.rebalancing.costs.span_facts import SpanFacts
from foresto_lab.types import BoolArray1D, Frequency

FEE_YEAR: Final = 365.0
"""Calendar days in the year of a fee."""


@dataclass(frozen=True, init=False, repr=False)
class ManagementFee(CostPart):
    """A fee on net assets, in proportion to the calendar days since the last.

    At the last session of each period, and at the last of all,
    ``annual_rate * days / 365`` of NAV is taken, pro rata from every holding; days
    count from day 0, or from the fee before.

    Parameters
    ----------
    annual_rate : float
        Fraction of NAV a year.
    frequency : {"WEEKLY", "MONTHLY", "QUARTERLY", "SEMIANNUAL", "ANNUAL"}

    Raises
    ------
    AmountError
        The rate is negative, or 1 or more.
    UnknownNameError
        The frequency is none of these.
    """

    annual_rate: float = 0.0
    frequency: Frequency = Frequency.MONTHLY
    kind: ClassVar[str] = "MANAGEMENT_FEE"

    def __init__(
        self, annual_rate: float, frequency: Frequency | str = Frequency.MONTHLY
    ) -> None:
        rate = parse_cost_rate(annual_rate, "annual_rate")
        object.__setattr__(self, "annual_rate", rate)
        if str(frequency) not in tuple(Frequency):
            raise UnknownNameError(
                kind="frequency", given=frequency, allowed=tuple(map(str, Frequency))
            )
        object.__setattr__(self, "frequency", Frequency(str(frequency)))

    def fill(self, draft: AccountDraft) -> None:
        """Add the fraction of NAV taken at each period's last session."""
        facts = draft.facts
        due = np.flatnonzero(_closes(facts, self.frequency))
        if self.annual_rate == 0.0 or len(due) == 0:
            return
        days = facts.sessions.astype(np.int64)
        elapsed = np.diff(days[np.append(0, due)])
        draft.values["fee_rate"][due] += self.annual_rate * elapsed / FEE_YEAR


def _closes(facts: SpanFacts, frequency: Frequency) -> BoolArray1D:
    """Return which sessions are the last of their period, the last of all included."""
    days = facts.sessions.astype(np.int64)
    months = facts.sessions.astype("datetime64[M]").astype(np.int64)
    periods = {
        Frequency.WEEKLY: (days + 3) // 7,  # 1970-01-01 was a Thursday
        Frequency.MONTHLY: months,
        Frequency.QUARTERLY: months // 3,
        Frequency.SEMIANNUAL: months // 6,
        Frequency.ANNUAL: months // 12,
    }[frequency]
    closes = np.zeros(len(days), dtype=np.bool_)
    if len(days) > 1:
        closes[:-1] = periods[1:] != periods[:-1]
        closes[-1] = True
        closes[0] = False
    return closes
