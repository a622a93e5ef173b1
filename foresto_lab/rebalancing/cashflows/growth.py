"""How the amount of a flow grows: by a rate a year, or with consumer prices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab.errors import AmountError, CashFlowError
from foresto_lab.market.calendars import parse_session
from foresto_lab.types import BoolArray1D, Float64Array1D, SessionArray

MONTHS_PER_YEAR: Final = 12
LONGEST_WAIT: Final = np.timedelta64(92, "D")
"""How long a consumer price may stand for later days before that is an error."""


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ConsumerPrices:
    """A series of consumer prices, such as a monthly CPI.

    A day has the last level dated on or before it. Levels are usually published weeks
    after their date: shift the series yourself where that matters.

    Parameters
    ----------
    levels : Series or mapping of date to level
        Dates ascending and unique, levels above 0. Only their ratios matter.

    Raises
    ------
    CashFlowError
        There is no level, one is not above 0, or the dates are not ascending.
    """

    dates: tuple[str, ...]
    levels: tuple[float, ...]

    def __init__(self, levels: Mapping[Any, float] | Any) -> None:
        if not hasattr(levels, "items"):
            raise CashFlowError(
                message="Consumer prices are a Series, or a mapping of date to level; "
                f"given {type(levels).__name__}."
            )
        pairs = [
            (parse_session(date, "date of a consumer price"), level)
            for date, level in levels.items()
        ]
        dates = np.array([date for date, _ in pairs], dtype="datetime64[D]")
        if len(dates) == 0 or (np.diff(dates) <= np.timedelta64(0, "D")).any():
            raise CashFlowError(
                message="Consumer prices need at least one level, and dates that are "
                "ascending and unique. Sort them: levels.sort_index()."
            )
        object.__setattr__(self, "dates", tuple(str(date) for date in dates))
        object.__setattr__(
            self, "levels", tuple(_parse_level(level, date) for date, level in pairs)
        )

    def knows(self, dates: SessionArray) -> BoolArray1D:
        """Return which days have a level: one on or before, at most 92 days old."""
        known = np.array(self.dates, dtype="datetime64[D]")
        there: BoolArray1D = (dates >= known[0]) & (dates - known[-1] <= LONGEST_WAIT)
        return there

    def factors(self, dates: SessionArray, base: np.datetime64) -> Float64Array1D:
        """Return each day's level over that of ``base``.

        Raises
        ------
        CashFlowError
            A day lies before the first level, or more than 92 days after the last.
        """
        days = np.append(dates.astype("datetime64[D]"), base.astype("datetime64[D]"))
        known = np.array(self.dates, dtype="datetime64[D]")
        places = np.searchsorted(known, days, side="right") - 1
        late = days - known[-1] > LONGEST_WAIT
        if (places < 0).any() or late.any():
            wrong = days[(places < 0) | late][0]
            raise CashFlowError(
                message=f"A flow on {wrong} needs a consumer price of that day; those "
                f"given reach from {known[0]} to {known[-1]}. Give a longer series, or "
                "a growth rate."
            )
        levels = np.array(self.levels)[places]
        factors: Float64Array1D = levels[:-1] / levels[-1]
        return factors

    def to_dict(self) -> dict[str, Any]:
        """Return the series as plain JSON-ready values."""
        return dict(zip(self.dates, self.levels, strict=True))

    def __repr__(self) -> str:
        return f"ConsumerPrices({self.dates[0]}..{self.dates[-1]}, {len(self.dates)})"


Growth: TypeAlias = float | ConsumerPrices


def parse_growth(given: object) -> Growth:
    """Return a growth rate a year, or consumer prices.

    Raises
    ------
    AmountError
        The rate is not finite, or -1 or below.
    CashFlowError
        The consumer prices are none.
    """
    if isinstance(given, ConsumerPrices):
        return given
    if hasattr(given, "items"):
        return ConsumerPrices(given)
    if isinstance(given, Real) and not isinstance(given, bool):
        rate = float(given)
        if math.isfinite(rate) and rate > -1.0:
            return rate + 0.0
    raise AmountError(
        parameter="growth",
        given=given,
        allowed="a rate a year above -1 (0.025 is 2.5 %), or a series of consumer "
        "prices",
    )


def growth_factors(
    growth: Growth, dates: SessionArray, base: np.datetime64
) -> Float64Array1D:
    """Return what an amount in the money of ``base`` has grown to on each date.

    A rate compounds over the whole calendar months between the two, / 12: the flow of
    a year later has grown by exactly the rate.
    """
    if isinstance(growth, ConsumerPrices):
        return growth.factors(dates, base)
    months = (dates.astype("datetime64[M]") - base.astype("datetime64[M]")).astype(
        np.int64
    )
    factors: Float64Array1D = (1.0 + growth) ** (months / MONTHS_PER_YEAR)
    return factors


def _parse_level(given: object, date: np.datetime64) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        level = float(given)
        if math.isfinite(level) and level > 0.0:
            return level
    raise CashFlowError(
        message=f"The consumer price of {date} is {given!r}; a level is a finite "
        "number above 0. Drop the row: zeros often stand for what is missing."
    )
