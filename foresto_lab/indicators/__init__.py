"""Indicators: TA-Lib's, those it lacks, and Python ones; each knows its warm-up."""

from foresto_lab.indicators.catalog import IndicatorCatalog, built_in_indicators
from foresto_lab.indicators.indicator import CandleColumns, Indicator
from foresto_lab.indicators.parameters import Parameter, ParameterValue
from foresto_lab.indicators.use import (
    IndicatorColumns,
    IndicatorUse,
    compute_indicators,
)

__all__ = [
    "CandleColumns",
    "Indicator",
    "IndicatorCatalog",
    "IndicatorColumns",
    "IndicatorUse",
    "Parameter",
    "ParameterValue",
    "built_in_indicators",
    "compute_indicators",
]
