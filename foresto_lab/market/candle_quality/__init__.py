"""Quality of candles: rules, one per file, and the report of what they find.

A rule finds candles and changes none. Errors refuse a load whole, warnings are recorded
with it. The rules are listed in ``rules.CANDLE_RULES``, by code.
"""

from foresto_lab.market.candle_quality.check import (
    check_candle_rows,
    check_candles,
    check_stored_candles,
)
from foresto_lab.market.candle_quality.report import (
    CandleQualityReport,
    CheckedCandles,
)
from foresto_lab.market.candle_quality.rows import CandleRows, parse_candle_rows
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.candle_quality.rules import CANDLE_RULES

__all__ = [
    "CANDLE_RULES",
    "CandleQualityReport",
    "CandleRows",
    "CandleRule",
    "CheckedCandles",
    "check_candle_rows",
    "check_candles",
    "check_stored_candles",
    "parse_candle_rows",
]
