"""The figures of a series of returns: the same as a simulation's summary has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from foresto_lab import engine
from foresto_lab.errors import AmountError, InputError
from foresto_lab.metrics.periods import DAYS_PER_YEAR, period_ends
from foresto_lab.metrics.relative import relative_figures
from foresto_lab.types import Float64Array1D, Int64Array1D, SessionArray

WHOLE_FIGURES = frozenset(
    {"max_drawdown_duration", "recovery_days", "longest_underwater_days"}
)


def performance(
    returns: pd.Series[Any] | npt.ArrayLike,
    periods_per_year: float = 252,
    risk_free: float = 0.0,
    benchmark: pd.Series[Any] | npt.ArrayLike | None = None,
) -> pd.Series[Any]:
    """Return return, risk, ratios, drawdowns and calendar figures of simple returns.

    Parameters
    ----------
    returns : Series or array (n_returns,)
        Simple returns of one period each. A leading NaN, as ``pct_change`` leaves it,
        marks the date that the first return counts from; without it, the first date
        stands for that too. NaN anywhere else is an error.
    periods_per_year : float
        For volatility, the ratios, and ``annual_return``.
    risk_free : float
        Return of one period, taken off in the Sharpe and Sortino ratios. A rate of 3 %
        a year is ``1.03 ** (1 / 252) - 1`` a session.
    benchmark : Series or array (n_returns,), optional
        Simple returns of the same periods; adds ``alpha``, ``beta``, ``correlation``,
        ``tracking_error`` and ``information_ratio``.

    Returns
    -------
    Series
        ``cagr`` compounds over calendar days / 365.25, ``annual_return`` over the
        number of returns / ``periods_per_year``. Returns without dates have no months
        and years, their cagr is their annual return, and their days are periods.
        Undefined figures are NaN; ``recovery_days`` is None when not recovered.

    Raises
    ------
    InputError
        The returns are empty, NaN, below -1, or not aligned with the benchmark.
    AmountError
        ``periods_per_year`` is not above 0, or ``risk_free`` not above -1.
    """
    periods = _parse_number(periods_per_year, "periods_per_year", above=0.0)
    rate = _parse_number(risk_free, "risk_free", above=-1.0)
    given = _parse_returns(returns, "returns")
    growth = np.concatenate(([1.0], np.cumprod(1.0 + given.numbers)))
    n_years = len(given.numbers) / periods
    dates = given.dates
    years = n_years if dates is None else _years_between(dates)
    months, calendar_years = _calendar_ends(dates)
    figures = np.empty(engine.N_FIGURES)
    engine.summary_kernel(
        growth,
        given.numbers,
        given.day_numbers,
        months,
        calendar_years,
        years,
        periods,
        rate,
        figures,
    )
    named = dict(zip(engine.FIGURES, figures.tolist(), strict=True))
    summary = {
        name: _whole(value) if name in WHOLE_FIGURES else value
        for name, value in named.items()
    }
    summary["annual_return"] = float(growth[-1] ** (1.0 / n_years) - 1.0)
    if benchmark is not None:
        summary |= relative_figures(
            given.numbers,
            _parse_benchmark(benchmark, given),
            periods_per_year=periods,
            risk_free=rate,
        )
    return pd.Series(summary, dtype=object, name="performance")


@dataclass(frozen=True, slots=True, eq=False)
class _Returns:
    """Returns without NaN; ``dates`` are one longer, the base of the first in front."""

    numbers: Float64Array1D
    dates: SessionArray | None
    index: pd.Index[Any] | None

    @property
    def day_numbers(self) -> Int64Array1D:
        """Calendar days, or the number of the period for want of dates."""
        if self.dates is None:
            return np.arange(len(self.numbers) + 1, dtype=np.int64)
        return self.dates.astype(np.int64)


def _parse_returns(given: Any, name: str) -> _Returns:
    index = given.index if isinstance(given, pd.Series) else None
    try:
        values = np.array(given, dtype=np.float64)
    except (ValueError, TypeError):
        values = np.empty((0, 0))
    if values.ndim != 1:
        raise InputError(
            message=f"{name} must be a Series or an array of numbers, of one dimension."
        )
    present = ~np.isnan(values)
    base = int(np.argmax(present)) if present.any() else len(values)
    if base == len(values):
        raise InputError(message=f"{name} holds no return. Give at least one.")
    dates = _parse_dates(index, name)
    if dates is not None:
        dates = np.insert(dates[base:], 0, dates[max(base - 1, 0)])
    index = None if index is None else index[base:]
    _require_values(values[base:], index, name)
    return _Returns(values[base:], dates, index)


def _parse_dates(index: pd.Index[Any] | None, name: str) -> SessionArray | None:
    if not isinstance(index, pd.DatetimeIndex):
        return None
    if not index.is_monotonic_increasing:
        raise InputError(
            message=f"The dates of {name} are not ascending. Sort them: "
            f"{name}.sort_index()."
        )
    days = index.tz_localize(None).to_numpy().astype("datetime64[D]")
    return cast(SessionArray, days)


def _require_values(
    values: Float64Array1D, index: pd.Index[Any] | None, name: str
) -> None:
    wrong = ~(np.isfinite(values) & (values >= -1.0))
    if wrong.any():
        place = int(np.argmax(wrong))
        where = place if index is None else index[place]
        raise InputError(
            message=f"{name} at {where} is {values[place]}; a simple return is a "
            "finite number, -1 or more. Fill or drop it knowingly."
        )


def _parse_benchmark(given: Any, returns: _Returns) -> Float64Array1D:
    if isinstance(given, pd.Series) and returns.index is not None:
        given = given.reindex(returns.index)
        values: Float64Array1D = given.to_numpy(dtype=np.float64)
        _require_values(values, returns.index, "benchmark")
        return values
    values = np.array(given, dtype=np.float64)
    if len(values) > len(returns.numbers) and np.isnan(values[0]):
        values = values[len(values) - len(returns.numbers) :]
    if values.shape != returns.numbers.shape:
        raise InputError(
            message=f"benchmark has shape {values.shape}, returns "
            f"{returns.numbers.shape}. Give one return for each of the same periods."
        )
    _require_values(values, None, "benchmark")
    return values


def _calendar_ends(dates: SessionArray | None) -> tuple[Int64Array1D, Int64Array1D]:
    if dates is None:
        nowhere = np.zeros(0, dtype=np.int64)
        return nowhere, nowhere
    return period_ends(dates, "M"), period_ends(dates, "Y")


def _years_between(dates: SessionArray) -> float:
    return float((dates[-1] - dates[0]).astype(int)) / DAYS_PER_YEAR


def _parse_number(given: object, parameter: str, *, above: float) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        number = float(given)
        if math.isfinite(number) and number > above:
            return number
    raise AmountError(
        parameter=parameter, given=given, allowed=f"a finite number above {above:g}"
    )


def _whole(number: float) -> int | None:
    return None if math.isnan(number) else int(number)
