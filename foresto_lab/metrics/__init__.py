"""Metrics: measures of returns, the same wherever they are shown."""

from foresto_lab.metrics.crises import CRISIS_WINDOWS, CrisisWindow, crisis_windows
from foresto_lab.metrics.performance import performance
from foresto_lab.metrics.periods import DAYS_PER_YEAR, SESSIONS_PER_YEAR, period_ends
from foresto_lab.metrics.relative import RelativePerformance, relative_performance
from foresto_lab.metrics.rolling import RollingWindows, rolling_windows
from foresto_lab.metrics.start_dates import StartDates, start_date_sensitivity

__all__ = [
    "CRISIS_WINDOWS",
    "DAYS_PER_YEAR",
    "SESSIONS_PER_YEAR",
    "CrisisWindow",
    "RelativePerformance",
    "RollingWindows",
    "StartDates",
    "crisis_windows",
    "performance",
    "period_ends",
    "relative_performance",
    "rolling_windows",
    "start_date_sensitivity",
]
