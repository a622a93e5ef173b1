"""A portfolio beside its benchmark."""

from __future__ import annotations

import math

import numpy as np

from foresto_lab.types import Float64Array1D

RELATIVE_FIGURES = (
    "alpha",
    "beta",
    "correlation",
    "tracking_error",
    "information_ratio",
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


def _quotient(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else math.nan
