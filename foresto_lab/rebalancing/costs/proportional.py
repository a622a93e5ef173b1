"""What a trade costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Final

from foresto_lab.errors import AmountError

DEFAULT_COST_RATE: Final = 0.001


@dataclass(frozen=True, slots=True)
class ProportionalCost:
    """A cost in proportion to the traded value, taken pro rata from every holding.

    Parameters
    ----------
    rate : float
        Fraction of the traded value, one way; 0 or more and below 1.
    """

    rate: float = DEFAULT_COST_RATE

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", parse_cost_rate(self.rate))

    def to_dict(self) -> dict[str, object]:
        """Return the cost as plain JSON-ready values."""
        return {"type": "PROPORTIONAL", "rate": self.rate}


def parse_cost_rate(given: object, parameter: str = "cost_rate") -> float:
    """Return a cost rate as a float.

    Raises
    ------
    AmountError
        It is no number, negative, or 1 or more.
    """
    if isinstance(given, Real) and not isinstance(given, bool):
        rate = float(given)
        if math.isfinite(rate) and 0.0 <= rate < 1.0:
            return rate
    raise AmountError(
        parameter=parameter,
        given=given,
        allowed="a fraction of the traded value, 0 or more and below 1 "
        "(0.001 is 0.1 %)",
    )
