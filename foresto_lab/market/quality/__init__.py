"""Quality: rules over daily prices, one per file, and the report of what they find.

A rule finds rows and changes none. Errors refuse a load whole, warnings are recorded
with it. The rules are listed in ``rules.RULES``, by code.
"""

from foresto_lab.market.quality.check import check_daily_prices, check_store
from foresto_lab.market.quality.report import CheckedRows, QualityReport, rule_name
from foresto_lab.market.quality.rule import QualityRule
from foresto_lab.market.quality.rules import RULES

__all__ = [
    "RULES",
    "CheckedRows",
    "QualityReport",
    "QualityRule",
    "check_daily_prices",
    "check_store",
    "rule_name",
]
