"""The figures of a path by name."""

from __future__ import annotations

from typing import Final

FIGURES: Final = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "max_drawdown",
    "max_drawdown_duration",
    "recovery_days",
    "longest_underwater_days",
    "worst_month",
    "best_month",
    "worst_year",
    "best_year",
    "positive_month_share",
    "var_95",
    "cvar_95",
    "ulcer_index",
    "skew",
    "kurtosis",
)
"""The figures in the order the kernel writes them."""

N_FIGURES: Final = len(FIGURES)
