"""Metrics: measures of returns, the same wherever they are shown."""

from foresto_lab.metrics.performance import performance
from foresto_lab.metrics.periods import DAYS_PER_YEAR, SESSIONS_PER_YEAR, period_ends

__all__ = ["DAYS_PER_YEAR", "SESSIONS_PER_YEAR", "performance", "period_ends"]
