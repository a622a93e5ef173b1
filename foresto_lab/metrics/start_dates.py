"""Start dates: how much of a result is owed to the day on which it began."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from foresto_lab.metrics.periods import DAYS_PER_YEAR
from foresto_lab.metrics.rolling import parse_lengths, plain_value
from foresto_lab.metrics.value_series import ValueSeries, parse_values, years_later
from foresto_lab.types import Int64Array1D

TO_END: Final = "to_end"
_QUANTILES: Final = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


@dataclass(frozen=True, eq=False, kw_only=True)
class StartDates:
    """The return of every possible start. It shows itself in a notebook.

    Parameters
    ----------
    starts : DataFrame, index ``start``
        Compound return a year of one who joins at each close: ``to_end`` up to the last
        close, ``years_<n>`` over a fixed number of years; NaN where the data ends
        before that.
    summary : DataFrame, index ``horizon``
        ``count``, ``worst``, ``p05``, ``p25``, ``median``, ``p75``, ``p95``, ``best``,
        ``spread`` (best less worst), ``positive_share``, ``worst_start``,
        ``best_start``.
    """

    starts: pd.DataFrame
    summary: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return {
            "start_dates": [
                {
                    "horizon": str(name),
                    **{key: plain_value(value) for key, value in row.items()},
                }
                for name, row in self.summary.iterrows()
            ]
        }

    def __repr__(self) -> str:
        row: dict[str, Any] = dict(self.summary.loc[TO_END])
        return (
            f"<StartDates {row['count']:.0f} starts to the end: median "
            f"{row['median']:.2%} a year, {row['worst']:.2%} to {row['best']:.2%}>"
        )

    def _repr_html_(self) -> str:
        table: str = self.summary.to_html(na_rep="–")
        return table


def start_date_sensitivity(
    values: Any,
    horizons: int | Iterable[int] = (1, 3, 5, 10),
    *,
    minimum_years: float = 1.0,
) -> StartDates:
    """Return what every possible start would have earned, to the end and for years.

    Parameters
    ----------
    values : Series of values by date, or a result
        See :func:`foresto_lab.metrics.value_series.parse_values`. The path is taken as
        it is: who starts in its middle joins the portfolio with the weights it had
        then.
    horizons : int or several
        Whole years. From a start, up to the last close on or before the same day that
        many years later, where the data reaches that day.
    minimum_years : float
        A start nearer to the end counts in no ``to_end``: a few weeks told as a rate a
        year say nothing.

    Returns
    -------
    StartDates
        Compound returns over calendar days / 365.25.

    Raises
    ------
    InputError
        ``values`` is no series of values.
    AmountError
        A horizon is not whole and above 0.
    """
    series = parse_values(values, "values")
    last = len(series.dates) - 1
    everywhere = np.arange(last + 1)
    columns = {TO_END: _rates(series, np.full(last + 1, last), minimum_years)}
    for years in parse_lengths(horizons):
        targets = years_later(series.dates, years)
        ends = np.searchsorted(series.dates, targets, side="right") - 1
        reached = (targets <= series.dates[last]) & (ends > everywhere)
        columns[f"years_{years}"] = _rates(series, np.where(reached, ends, everywhere))
    index = pd.DatetimeIndex(series.dates, name="start").as_unit("ns")
    starts = pd.DataFrame(columns, index=index)
    summary = pd.DataFrame.from_dict(
        {name: _distribution(starts[name]) for name in starts}, orient="index"
    )
    summary.index.name = "horizon"
    return StartDates(starts=starts, summary=summary)


def _rates(
    series: ValueSeries, ends: Int64Array1D, minimum_years: float = 0.0
) -> np.ndarray:
    """Return the rate a year from each place to its end; NaN where it is too near."""
    years = (series.day_numbers[ends] - series.day_numbers) / DAYS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rates = (series.levels[ends] / series.levels) ** (1.0 / years) - 1.0
    return np.where((years > 0.0) & (years >= minimum_years), rates, np.nan)


def _distribution(rates: pd.Series[float]) -> dict[str, Any]:
    known = rates.dropna()
    if known.empty:
        names = ("worst", *_QUANTILES, "best", "spread", "positive_share")
        dates = dict.fromkeys(("worst_start", "best_start"), pd.NaT)
        return {"count": 0, **dict.fromkeys(names, math.nan), **dates}
    return {
        "count": len(known),
        "worst": float(known.min()),
        **{name: float(known.quantile(at)) for name, at in _QUANTILES.items()},
        "best": float(known.max()),
        "spread": float(known.max() - known.min()),
        "positive_share": float((known > 0).mean()),
        "worst_start": known.idxmin(),
        "best_start": known.idxmax(),
    }
