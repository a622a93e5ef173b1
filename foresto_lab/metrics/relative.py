"""A portfolio beside its benchmark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from foresto_lab.errors import DateRangeError
from foresto_lab.findings import Finding
from foresto_lab.metrics.periods import DAYS_PER_YEAR, SESSIONS_PER_YEAR, period_ends
from foresto_lab.metrics.value_series import ValueSeries, parse_values
from foresto_lab.types import Float64Array1D, Severity

RELATIVE_FIGURES = (
    "alpha",
    "beta",
    "correlation",
    "tracking_error",
    "information_ratio",
)
CAPTURE_FIGURES: Final = (
    "up_capture",
    "down_capture",
    "batting_average",
    "up_months",
    "down_months",
)


def relative_figures(
    returns: Float64Array1D,
    benchmark: Float64Array1D,
    *,
    periods_per_year: float,
    risk_free: float,
) -> dict[str, float]:
    """Return the figures of returns beside those of a benchmark.

    Parameters
    ----------
    returns, benchmark : (n_returns,)
        Simple returns of the same periods, without NaN.
    periods_per_year : float
    risk_free : float
        Return of one period.

    Returns
    -------
    dict
        ``beta``, covariance over the benchmark's variance; ``alpha``, Jensen's, the
        mean excess return beyond beta times the benchmark's, times periods per year;
        ``correlation``; ``tracking_error``, annual deviation of the difference;
        ``information_ratio``, mean difference over its deviation, annual. NaN where the
        divisor is 0 or there are fewer than two returns.
    """
    if len(returns) < 2:
        return dict.fromkeys(RELATIVE_FIGURES, math.nan)
    (own, joint), (_, market) = np.cov(returns, benchmark)
    beta = _quotient(joint, market)
    excess = returns.mean() - risk_free
    alpha = excess - beta * (benchmark.mean() - risk_free)
    difference = returns - benchmark
    deviation = float(difference.std(ddof=1))
    annual = math.sqrt(periods_per_year)
    return {
        "alpha": float(alpha * periods_per_year),
        "beta": beta,
        "correlation": _quotient(joint, math.sqrt(own * market)),
        "tracking_error": deviation * annual,
        "information_ratio": _quotient(float(difference.mean()), deviation) * annual,
    }


def capture_figures(
    months: Float64Array1D, benchmark: Float64Array1D
) -> dict[str, float | int]:
    """Return what of a benchmark's good and bad months came through.

    Parameters
    ----------
    months, benchmark : (n_months,)
        Simple returns of the same calendar months, without NaN.

    Returns
    -------
    dict
        ``up_capture``, the geometric mean of the portfolio's returns in the months in
        which the benchmark rose, over that of the benchmark in them; ``down_capture``
        likewise where it fell; NaN without such a month. Months in which it stood
        still count in neither. ``batting_average``, the share of all months in which
        the portfolio's return was above the benchmark's; a tie is no win.
        ``up_months``, ``down_months``, how many there were.

    References
    ----------
    .. [1] Morningstar, "Upside and Downside Capture Ratio": the geometric average of
       monthly returns of both in the benchmark's up and down months. empyrical
       annualises both averages before it divides, and takes periods as they come.
    """
    up, down = benchmark > 0.0, benchmark < 0.0
    total = len(months)
    return {
        "up_capture": _capture(months[up], benchmark[up]),
        "down_capture": _capture(months[down], benchmark[down]),
        "batting_average": float((months > benchmark).mean()) if total else math.nan,
        "up_months": int(up.sum()),
        "down_months": int(down.sum()),
    }


def _capture(own: Float64Array1D, benchmark: Float64Array1D) -> float:
    if len(own) == 0:
        return math.nan
    return _geometric_mean(own) / _geometric_mean(benchmark)


def _geometric_mean(returns: Float64Array1D) -> float:
    if (returns <= -1.0).any():
        return -1.0
    return float(np.expm1(np.log1p(returns).mean()))


@dataclass(frozen=True, eq=False, kw_only=True)
class RelativePerformance:
    """A portfolio and its benchmark, side by side. It shows itself in a notebook.

    Parameters
    ----------
    summary : Series
        The figures of :func:`relative_figures` and :func:`capture_figures`, and of both
        sides ``cagr``, ``volatility``, ``max_drawdown`` (``benchmark_`` before those of
        the benchmark); ``active_return``, the difference of the two cagr.
    growth : DataFrame, index ``date``
        ``portfolio`` and ``benchmark``, both 1 on the first common date.
    calendar_years : DataFrame, index ``year``
        ``portfolio``, ``benchmark`` and ``active`` returns; partial years too.
    name : str
        What the benchmark is called.
    findings : tuple of Finding
        What part of the portfolio's span the benchmark does not have.
    """

    summary: pd.Series[Any]
    growth: pd.DataFrame
    calendar_years: pd.DataFrame
    name: str = "benchmark"
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the daily growth as plain values."""
        return {
            "benchmark": self.name,
            "start": f"{self.growth.index[0]:%Y-%m-%d}",
            "end": f"{self.growth.index[-1]:%Y-%m-%d}",
            "summary": {k: _plain(v) for k, v in self.summary.items()},
            "calendar_years": [
                {"year": int(str(year)), **{k: _plain(v) for k, v in row.items()}}
                for year, row in self.calendar_years.iterrows()
            ],
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __repr__(self) -> str:
        beta, error = self.summary["beta"], self.summary["tracking_error"]
        return (
            f"<RelativePerformance against {self.name}, "
            f"{self.growth.index[0]:%Y-%m-%d} ~ {self.growth.index[-1]:%Y-%m-%d}: "
            f"beta {beta:.2f}, tracking error {error:.2%}>"
        )

    def _repr_html_(self) -> str:
        table: str = self.summary.to_frame(self.name).to_html(na_rep="–")
        return table


def _plain(value: Any) -> Any:
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number


def relative_performance(
    values: Any,
    benchmark: Any,
    *,
    name: str = "",
    risk_free: float = 0.0,
    periods_per_year: float = SESSIONS_PER_YEAR,
) -> RelativePerformance:
    """Return a portfolio's performance beside that of a benchmark.

    Both are compared on the dates that both have, from the first to the last of them; a
    session of one exchange alone is no date of the comparison, its move is in the next
    common one. What the benchmark lacks of the portfolio's span is a finding.

    Parameters
    ----------
    values, benchmark : Series of values by date, or results
        See :func:`parse_values`. In one currency: nothing is converted here.
    name : str
        What to call the benchmark; by default its own name.
    risk_free : float
        Return of one period, in ``alpha``.
    periods_per_year : float
        Of the common dates: 252 daily, 12 monthly.

    Raises
    ------
    InputError
        One of the two is no series of values.
    DateRangeError
        They have fewer than three dates in common.
    """
    own, other = parse_values(values, "values"), parse_values(benchmark, "benchmark")
    common, own_places, other_places = np.intersect1d(
        own.dates, other.dates, assume_unique=True, return_indices=True
    )
    called = name or str(getattr(benchmark, "name", None) or "benchmark")
    if len(common) < 3:
        raise DateRangeError(
            message=f"The portfolio ({own.dates[0]} to {own.dates[-1]}) and {called} "
            f"({other.dates[0]} to {other.dates[-1]}) have {len(common)} dates in "
            "common; a comparison needs 3. Choose a benchmark of the same years."
        )
    left, right = own.at(own_places), other.at(other_places)
    return RelativePerformance(
        summary=_summary(left, right, periods_per_year, risk_free),
        growth=pd.DataFrame(
            {
                "portfolio": left.levels / left.levels[0],
                "benchmark": right.levels / right.levels[0],
            },
            index=pd.DatetimeIndex(common, name="date").as_unit("ns"),
        ),
        calendar_years=_calendar_years(left, right),
        name=called,
        findings=tuple(_span_findings(own, left, called)),
    )


def _summary(
    own: ValueSeries, other: ValueSeries, periods: float, risk_free: float
) -> pd.Series[Any]:
    ends = np.concatenate(([0], period_ends(own.dates, "M")))
    months = own.levels[ends][1:] / own.levels[ends][:-1] - 1.0
    market = other.levels[ends][1:] / other.levels[ends][:-1] - 1.0
    portfolio, benchmark = _alone(own, periods), _alone(other, periods)
    figures: dict[str, Any] = {
        **relative_figures(
            own.returns, other.returns, periods_per_year=periods, risk_free=risk_free
        ),
        "active_return": portfolio["cagr"] - benchmark["cagr"],
        **capture_figures(months, market),
        **portfolio,
        **{f"benchmark_{name}": value for name, value in benchmark.items()},
    }
    return pd.Series(figures, dtype=object, name="relative")


def _alone(series: ValueSeries, periods: float) -> dict[str, float]:
    days = float(series.day_numbers[-1] - series.day_numbers[0])
    growth = series.levels[-1] / series.levels[0]
    below = series.levels / np.maximum.accumulate(series.levels) - 1.0
    return {
        "cagr": float(growth ** (DAYS_PER_YEAR / days) - 1.0),
        "volatility": float(series.returns.std(ddof=1) * math.sqrt(periods)),
        "max_drawdown": float(below.min()),
    }


def _calendar_years(own: ValueSeries, other: ValueSeries) -> pd.DataFrame:
    ends = np.concatenate(([0], period_ends(own.dates, "Y")))
    years = own.dates[ends[1:]].astype("datetime64[Y]").astype(int) + 1970
    portfolio = own.levels[ends][1:] / own.levels[ends][:-1] - 1.0
    benchmark = other.levels[ends][1:] / other.levels[ends][:-1] - 1.0
    return pd.DataFrame(
        {
            "portfolio": portfolio,
            "benchmark": benchmark,
            "active": portfolio - benchmark,
        },
        index=pd.Index(years, name="year"),
    )


def _span_findings(own: ValueSeries, common: ValueSeries, name: str) -> list[Finding]:
    found = []
    if common.dates[0] > own.dates[0] or common.dates[-1] < own.dates[-1]:
        found.append(
            Finding(
                code="BENCHMARK_SHORTER",
                severity=Severity.WARNING,
                message=f"{name} and the portfolio are compared from {common.dates[0]} "
                f"to {common.dates[-1]}; the portfolio runs from {own.dates[0]} to "
                f"{own.dates[-1]}.",
                where=name,
                fix="Read the figures beside it as those of the shorter span.",
                details={"start": str(common.dates[0]), "end": str(common.dates[-1])},
            )
        )
    inside = (own.dates >= common.dates[0]) & (own.dates <= common.dates[-1])
    missing = int(inside.sum()) - len(common.dates)
    if missing:
        found.append(
            Finding(
                code="BENCHMARK_SESSIONS",
                severity=Severity.INFO,
                message=f"{name} has no value on {missing} of the portfolio's dates; "
                "their moves are in the next common date.",
                where=name,
                count=missing,
            )
        )
    return found


def _quotient(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else math.nan
