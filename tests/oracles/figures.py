"""The summary's figures once more, from their definitions, with pandas and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

YEAR = 365.25


def figures_slowly(
    nav: pd.Series, *, risk_free: float = 0.0
) -> dict[str, float | None]:
    """Return the figures of a path of values, index dates; ``risk_free`` a period."""
    returns = nav.pct_change().iloc[1:]
    years = (nav.index[-1] - nav.index[0]).days / YEAR
    drawdown = nav / nav.cummax() - 1.0
    cagr = (nav.iloc[-1] / nav.iloc[0]) ** (1 / years) - 1.0
    excess = returns - risk_free
    months = _period_returns(nav, "M")
    calendar_years = _period_returns(nav, "Y")
    low = np.quantile(returns, 0.05)
    below = np.minimum(excess, 0.0)
    return {
        "total_return": nav.iloc[-1] / nav.iloc[0] - 1.0,
        "cagr": cagr,
        "volatility": returns.std() * math.sqrt(252),
        "sharpe_ratio": excess.mean() / returns.std() * math.sqrt(252),
        "sortino_ratio": excess.mean() / math.sqrt((below**2).mean()) * math.sqrt(252),
        "calmar_ratio": cagr / abs(drawdown.min()),
        "max_drawdown": drawdown.min(),
        **_lengths(nav, drawdown),
        "worst_month": months.min(),
        "best_month": months.max(),
        "worst_year": calendar_years.min(),
        "best_year": calendar_years.max(),
        "positive_month_share": (months > 1e-12).mean(),
        "var_95": low,
        "cvar_95": returns[returns <= low].mean(),
        "ulcer_index": math.sqrt((drawdown**2).mean()),
        "skew": stats.skew(returns, bias=False),
        "kurtosis": stats.kurtosis(returns, bias=False),
    }


def _period_returns(nav: pd.Series, unit: str) -> pd.Series:
    """Chain the daily returns of each calendar month or year."""
    growth = nav.pct_change().iloc[1:] + 1.0
    return growth.groupby(growth.index.to_period(unit)).prod() - 1.0


def _lengths(nav: pd.Series, drawdown: pd.Series) -> dict[str, float | None]:
    trough = drawdown.idxmin()
    peak_value = nav[:trough].max()
    peak = nav[:trough][nav[:trough] == peak_value].index[-1]
    later = nav[trough:]
    recovered = later[later >= peak_value]
    end = recovered.index[0] if len(recovered) else nav.index[-1]
    return {
        "max_drawdown_duration": (end - peak).days,
        "recovery_days": (end - trough).days if len(recovered) else None,
        "longest_underwater_days": _longest_underwater(nav),
    }


def _longest_underwater(nav: pd.Series) -> int:
    longest = 0
    at_peak = nav.index[nav >= nav.cummax()]
    for peak, following in zip(at_peak, [*at_peak[1:], None], strict=True):
        stretch = nav[peak:] if following is None else nav[peak:following]
        if (stretch < nav[peak]).any():
            longest = max(longest, (stretch.index[-1] - peak).days)
    return longest
