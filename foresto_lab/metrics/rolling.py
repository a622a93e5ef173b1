"""Rolling windows: every stretch of one, three or five years, and how they differ."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from foresto_lab.errors import AmountError
from foresto_lab.metrics.periods import DAYS_PER_YEAR, SESSIONS_PER_YEAR
from foresto_lab.metrics.value_series import ValueSeries, parse_values, years_later
from foresto_lab.types import Float64Array1D, Int64Array1D

MEASURES: Final = ("return", "volatility", "sharpe_ratio")
_LOSSY: Final = 1e-8
"""Where a window's variance is this share of the whole's, sums of squares are too
coarse to tell it from nothing, and it is taken from the window itself."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RollingWindows:
    """All windows of given lengths. It shows itself in a notebook.

    Parameters
    ----------
    windows : DataFrame, index ``years, end``
        ``start`` and ``end`` of each window (closes), ``return`` (compound, a year),
        ``volatility`` (annual), ``sharpe_ratio``.
    summary : DataFrame, index ``years, measure``
        ``worst``, ``median`` and ``best`` (the highest volatility is the worst), when
        the worst and the best were (``worst_start``, ``worst_end``, ``best_start``,
        ``best_end``), ``positive_share`` (NaN for volatility) and ``windows``, their
        number. A length longer than the data has no window, and NaN.
    """

    windows: pd.DataFrame
    summary: pd.DataFrame

    def frame(self, years: int) -> pd.DataFrame:
        """Return the windows of one length, index ``end``."""
        return cast(pd.DataFrame, self.windows.loc[years])

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        rows = self.summary.reset_index().to_dict("records")
        return {
            "rolling": [
                {str(name): plain_value(value) for name, value in row.items()}
                for row in rows
            ]
        }

    def __repr__(self) -> str:
        counts = self.windows.groupby(level="years").size().to_dict()
        told = ", ".join(f"{years} years: {n}" for years, n in counts.items())
        return f"<RollingWindows {told or 'none'}>"

    def _repr_html_(self) -> str:
        table: str = self.summary.to_html(na_rep="–")
        return table


def rolling_windows(
    values: Any,
    years: int | Iterable[int] = (1, 3, 5),
    *,
    risk_free: float = 0.0,
    periods_per_year: float = SESSIONS_PER_YEAR,
) -> RollingWindows:
    """Return return, volatility and Sharpe ratio of every window of these lengths.

    Parameters
    ----------
    values : Series of values by date, or a result
        See :func:`foresto_lab.metrics.value_series.parse_values`.
    years : int or several
        Whole years. A window ends at each close that has a close on or before the same
        day of the month that many years earlier, and begins at the last such close.
    risk_free : float
        Return of one period, taken off in the Sharpe ratio.
    periods_per_year : float
        252 daily, 12 monthly.

    Raises
    ------
    InputError
        ``values`` is no series of values.
    AmountError
        ``years`` is not whole and above 0.

    Notes
    -----
    All windows at once, from running sums of returns and their squares (about the
    whole's mean); the Sharpe ratio is mean over deviation, times the root of the
    periods in a year, NaN without variance, as in a simulation's summary.
    """
    series = parse_values(values, "values")
    lengths = parse_lengths(years)
    found = {n: _windows(series, n, risk_free, periods_per_year) for n in lengths}
    windows = pd.concat(found, names=["years", "end"])
    rows = {
        (n, measure): _extremes(table, measure)
        for n, table in found.items()
        for measure in MEASURES
    }
    summary = pd.DataFrame.from_dict(rows, orient="index")
    summary.index = pd.MultiIndex.from_tuples(rows, names=["years", "measure"])
    return RollingWindows(windows=windows, summary=summary)


def parse_lengths(years: int | Iterable[int]) -> tuple[int, ...]:
    """Return lengths in years, each whole and above 0, in order and once."""
    given = years if isinstance(years, Iterable) else (years,)
    lengths = tuple(given)
    for length in lengths:
        whole = isinstance(length, (int, np.integer)) and not isinstance(length, bool)
        if not whole or not 1 <= length <= 500:
            raise AmountError(
                parameter="years", given=length, allowed="a whole number from 1 to 500"
            )
    if not lengths:
        raise AmountError(parameter="years", given=years, allowed="one length or more")
    return tuple(sorted({int(length) for length in lengths}))


def _windows(
    series: ValueSeries, years: int, risk_free: float, periods: float
) -> pd.DataFrame:
    dates, values = series.dates, series.levels
    begins = np.searchsorted(dates, years_later(dates, -years), side="right") - 1
    ends = np.flatnonzero(begins >= 0)
    starts = begins[ends].astype(np.int64)
    spans = (series.day_numbers[ends] - series.day_numbers[starts]) / DAYS_PER_YEAR
    mean, deviation = _moments(series.returns, starts, ends)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(deviation > 0.0, (mean - risk_free) / deviation, np.nan)
    return pd.DataFrame(
        {
            "start": pd.DatetimeIndex(dates[starts]).as_unit("ns"),
            "return": (values[ends] / values[starts]) ** (1.0 / spans) - 1.0,
            "volatility": deviation * math.sqrt(periods),
            "sharpe_ratio": ratio * math.sqrt(periods),
        },
        index=pd.DatetimeIndex(dates[ends], name="end").as_unit("ns"),
    )


def _moments(
    returns: Float64Array1D, starts: Int64Array1D, ends: Int64Array1D
) -> tuple[Float64Array1D, Float64Array1D]:
    """Return mean and deviation (ddof 1) of ``returns[start:end]`` of each window."""
    counts = (ends - starts).astype(np.float64)
    centre = returns.mean()
    off = returns - centre
    sums = np.concatenate(([0.0], np.cumsum(off)))
    squares = np.concatenate(([0.0], np.cumsum(off * off)))
    total = sums[ends] - sums[starts]
    spread = squares[ends] - squares[starts] - total * total / counts
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(
            counts > 1, np.maximum(spread, 0.0) / (counts - 1.0), np.nan
        )
    for place in np.flatnonzero(variance <= _LOSSY * off.var()):
        window = returns[starts[place] : ends[place]]
        flat = window.max() == window.min()
        variance[place] = 0.0 if flat else window.var(ddof=1)
    return centre + total / counts, np.sqrt(variance)


def _extremes(table: pd.DataFrame, measure: str) -> dict[str, Any]:
    known = table[table[measure].notna()]
    if known.empty:
        nothing = dict.fromkeys(("worst", "median", "best"), math.nan)
        dates = ("worst_start", "worst_end", "best_start", "best_end")
        return {
            **nothing,
            **dict.fromkeys(dates, pd.NaT),
            "positive_share": math.nan,
            "windows": 0,
        }
    numbers = known[measure]
    low, high = cast(Any, numbers.idxmin()), cast(Any, numbers.idxmax())
    worst, best = (high, low) if measure == "volatility" else (low, high)
    return {
        "worst": float(numbers[worst]),
        "median": float(numbers.median()),
        "best": float(numbers[best]),
        "worst_start": known["start"][worst],
        "worst_end": worst,
        "best_start": known["start"][best],
        "best_end": best,
        "positive_share": math.nan
        if measure == "volatility"
        else float((numbers > 0).mean()),
        "windows": len(numbers),
    }


def plain_value(value: Any) -> Any:
    """Return a table's value for JSON: a date as text, NaN and NaT as None."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number
