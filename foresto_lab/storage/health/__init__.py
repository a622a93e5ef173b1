"""The state of a whole store: what is there, what is missing, what needs a hand."""

from __future__ import annotations

from foresto_lab.storage.health.check import HEALTH_CHECKS, check_health
from foresto_lab.storage.health.report import HealthLimits, HealthReport, parse_limits

__all__ = [
    "HEALTH_CHECKS",
    "HealthLimits",
    "HealthReport",
    "check_health",
    "parse_limits",
]
