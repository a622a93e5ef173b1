"""Retirement: how long money lasts, and what can be withdrawn from it."""

from foresto_lab.scenarios.retirement.front import retirement
from foresto_lab.scenarios.retirement.outlook import (
    RetirementOutlook,
    largest_withdrawal,
    retirement_outlook,
)
from foresto_lab.scenarios.retirement.plan import WithdrawalPlan, WithdrawalTime
from foresto_lab.scenarios.retirement.study import RetirementStudy

__all__ = [
    "RetirementOutlook",
    "RetirementStudy",
    "WithdrawalPlan",
    "WithdrawalTime",
    "largest_withdrawal",
    "retirement",
    "retirement_outlook",
]
