"""A series of values by date: what periods and benchmarks are measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from foresto_lab.errors import InputError
from foresto_lab.types import Float64Array1D, Int64Array1D, SessionArray


@dataclass(frozen=True, slots=True, eq=False)
class ValueSeries:
    """Values above 0 by ascending date; the first is the base of the first return."""

    dates: SessionArray
    levels: Float64Array1D

    @property
    def returns(self) -> Float64Array1D:
        """Simple returns, one fewer than values."""
        return self.levels[1:] / self.levels[:-1] - 1.0

    @property
    def day_numbers(self) -> Int64Array1D:
        """The dates as calendar days since 1970."""
        return self.dates.astype(np.int64)

    def at(self, places: Any) -> ValueSeries:
        """Return the values at these places (a slice, a mask, an array of places)."""
        return ValueSeries(self.dates[places], self.levels[places])


def parse_values(given: Any, name: str = "values") -> ValueSeries:
    """Return checked values of a Series, or the growth of a simulation's result.

    Parameters
    ----------
    given : Series, or a result with a ``path``
        A Series of prices, index levels or a portfolio's value, index dates; NaN at
        either end is left away. Of a result it is the time-weighted growth of its
        path, so that contributions and withdrawals are no return.

    Raises
    ------
    InputError
        It is no such series: without dates, not ascending, with a gap, 0 or below
        (a series of returns, say), or of fewer than two values.
    """
    path = getattr(given, "path", None)
    if isinstance(path, pd.DataFrame):
        given = 1.0 + path["cumulative_return"]
    if not isinstance(given, pd.Series) or not isinstance(
        given.index, pd.DatetimeIndex
    ):
        raise InputError(
            message=f"{name} is {type(given).__name__}; give a Series of values "
            "(prices, index levels, a portfolio's worth) with an index of dates, or "
            "a result."
        )
    return _checked(given, name)


def _checked(given: pd.Series[Any], name: str) -> ValueSeries:
    index = cast(pd.DatetimeIndex, given.index)
    if not (index.is_monotonic_increasing and index.is_unique):
        raise InputError(
            message=f"The dates of {name} are not ascending and unique. Sort them and "
            "keep one value a date."
        )
    try:
        values = given.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(message=f"{name} does not hold numbers.") from None
    present = np.flatnonzero(~np.isnan(values))
    if len(present) < 2:
        raise InputError(
            message=f"{name} holds {len(present)} values; give two or more."
        )
    inside = slice(int(present[0]), int(present[-1]) + 1)
    days = index.tz_localize(None).to_numpy().astype("datetime64[D]")[inside]
    values = values[inside]
    _require_positive(values, days, name)
    return ValueSeries(cast(SessionArray, days), values)


def _require_positive(values: Float64Array1D, days: SessionArray, name: str) -> None:
    wrong = ~(np.isfinite(values) & (values > 0.0))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise InputError(
            message=f"{name} on {days[place]} is {values[place]}; a value is "
            "finite and above 0. Of returns r give (1 + r).cumprod(); fill or drop a "
            "gap knowingly."
        )


def years_later(dates: SessionArray, years: int) -> SessionArray:
    """Return the same day of the month ``years`` later (or, below 0, earlier).

    29 February becomes 28 February in a year without it.
    """
    months = dates.astype("datetime64[M]")
    target = months + 12 * years
    day = (dates - months.astype("datetime64[D]")).astype(np.int64)
    length = (
        (target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")
    ).astype(np.int64)
    moved = target.astype("datetime64[D]") + np.minimum(day, length - 1)
    return cast(SessionArray, moved)
