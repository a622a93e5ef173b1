"""What is withdrawn, and when: the same in every window and on every path."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from numbers import Integral, Real
from typing import Any, Final

from foresto_lab.errors import AmountError, UnknownNameError
from foresto_lab.types import Frequency

MONTHS_PER_YEAR: Final = 12
MONTHS_BETWEEN: Final = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.SEMIANNUAL: 6,
    Frequency.ANNUAL: 12,
}
MOST_YEARS: Final = 100


class WithdrawalTime(StrEnum):
    """When in its period a withdrawal is made."""

    BEGIN = "BEGIN"
    END = "END"


@dataclass(frozen=True, slots=True)
class WithdrawalPlan:
    """A yearly withdrawal that keeps its purchasing power.

    Parameters
    ----------
    rate : float
        What a year takes, as a fraction of the initial amount, in the money of the
        start; 0 or more and at most 1. A period takes its share of it.
    years : int
        1 to 100.
    frequency : {"MONTHLY", "QUARTERLY", "SEMIANNUAL", "ANNUAL"}
    time : {"BEGIN", "END"}
        ``BEGIN``: the first withdrawal is made at the start itself (Bengen, Trinity).
    annual_fee : float
        Fraction of the money taken a year, whatever it earns; 0 or more and below 1.

    Raises
    ------
    AmountError, UnknownNameError
    """

    rate: float = 0.04
    years: int = 30
    frequency: Frequency = Frequency.ANNUAL
    time: WithdrawalTime = WithdrawalTime.BEGIN
    annual_fee: float = 0.0

    def __post_init__(self) -> None:
        rate = _parse_number(
            self.rate,
            "withdrawal_rate",
            "a fraction of the initial amount a year, 0 to 1 (0.04 is 4 %)",
            highest=1.0,
        )
        fee = _parse_number(
            self.annual_fee,
            "annual_fee",
            "a fraction of the money a year, 0 or more and below 1 (0.002 is 0.2 %)",
            highest=math.nextafter(1.0, 0.0),
        )
        values = {
            "rate": rate,
            "years": _parse_years(self.years),
            "frequency": _parse_frequency(self.frequency),
            "time": _parse_time(self.time),
            "annual_fee": fee,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def months_between(self) -> int:
        """Months from withdrawal to withdrawal."""
        return MONTHS_BETWEEN[self.frequency]

    @property
    def per_year(self) -> int:
        """Withdrawals a year."""
        return MONTHS_PER_YEAR // self.months_between

    def n_periods(self, years: int | None = None) -> int:
        """Return how many withdrawals there are in so many years."""
        return (self.years if years is None else years) * self.per_year

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON-ready values."""
        return {
            "rate": self.rate,
            "years": self.years,
            "frequency": str(self.frequency),
            "time": str(self.time),
            "annual_fee": self.annual_fee,
        }


def _parse_number(
    given: object, parameter: str, allowed: str, *, highest: float
) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        number = float(given)
        if 0.0 <= number <= highest:
            return number + 0.0
    raise AmountError(parameter=parameter, given=given, allowed=allowed)


def _parse_years(given: object) -> int:
    if isinstance(given, Integral) and not isinstance(given, bool):
        years = int(given)
        if 1 <= years <= MOST_YEARS:
            return years
    raise AmountError(
        parameter="years", given=given, allowed=f"a whole number, 1 to {MOST_YEARS}"
    )


def _parse_frequency(given: object) -> Frequency:
    for frequency in MONTHS_BETWEEN:
        if str(given).upper() == frequency:
            return frequency
    raise UnknownNameError(
        kind="frequency of withdrawals",
        given=given,
        allowed=tuple(map(str, MONTHS_BETWEEN)),
    )


def _parse_time(given: object) -> WithdrawalTime:
    try:
        return WithdrawalTime(str(given).upper())
    except ValueError:
        raise UnknownNameError(
            kind="time of withdrawals", given=given, allowed=tuple(WithdrawalTime)
        ) from None
