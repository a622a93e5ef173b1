"""What an out-of-sample account says of itself: how sure its Sharpe ratio is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.metrics.inference import (
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
)
from foresto_lab.types import Float64Array1D

_CONSTANT = 1e-12
"""A deviation this small beside the largest return is rounding."""


def out_of_sample_statistics(
    equity: pd.Series[Any],
    initial_capital: float,
    windows: pd.DataFrame,
    periods_per_year: float,
) -> pd.Series[Any]:
    """Return how much an out-of-sample record can carry.

    No parameter was chosen on these bars, so nothing is deflated here; whoever walks
    forward again and again until it looks good chooses on them after all.

    Parameters
    ----------
    equity : Series of money
        At each close, out of sample.
    initial_capital : money
    windows : DataFrame
        ``status``, ``start_equity``, ``end_equity`` and ``degradation`` of each.
    periods_per_year : float

    Returns
    -------
    Series
        ``out_of_sample_years``, ``return_skewness`` and ``return_kurtosis`` (3 is
        normal) of the bars' returns, ``probabilistic_sharpe_ratio`` (that the true
        ratio is above 0), ``minimum_track_record_years`` (to say so with 95 %
        confidence; infinite where the ratio is not above 0), ``winning_windows`` (the
        share of those traded that gained), and ``median_degradation``.
    """
    returns = _returns(equity.to_numpy(dtype=np.float64), initial_capital)
    ratio, skewness, kurtosis = _moments(returns)
    traded = windows[windows["status"] == "traded"]
    gained = traded["end_equity"] > traded["start_equity"]
    length = math.nan
    if not math.isnan(ratio):
        length = minimum_track_record_length(ratio, skewness, kurtosis)
    found = {
        "out_of_sample_years": len(returns) / periods_per_year,
        "return_skewness": skewness,
        "return_kurtosis": kurtosis,
        "probabilistic_sharpe_ratio": probabilistic_sharpe_ratio(
            ratio, len(returns), skewness, kurtosis
        ),
        "minimum_track_record_years": length / periods_per_year,
        "winning_windows": float(gained.mean()) if len(traded) else math.nan,
        "median_degradation": float(traded["degradation"].median()),
    }
    return pd.Series(found, name="statistics", dtype=np.float64)


def _returns(equity: Float64Array1D, initial: float) -> Float64Array1D:
    """Return the simple return of each bar; 0 once nothing is left."""
    before = np.concatenate(([initial], equity[:-1]))
    growth = np.ones(len(equity))
    np.divide(equity, before, out=growth, where=before > 0.0)
    return growth - 1.0


def _moments(returns: Float64Array1D) -> tuple[float, float, float]:
    """Return the Sharpe ratio a bar, skewness and kurtosis; NaN where nothing moves."""
    away = returns - returns.mean()
    variance = float((away * away).mean())
    largest = float(np.abs(returns).max(initial=0.0))
    if len(returns) < 2 or not variance > (_CONSTANT * largest) ** 2:
        return math.nan, math.nan, math.nan
    scaled = away / math.sqrt(variance)
    return (
        float(returns.mean() / returns.std(ddof=1)),
        float((scaled**3).mean()),
        float((scaled**4).mean()),
    )
