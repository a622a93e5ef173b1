"""Indicators: TA-Lib's, those it lacks, and Python ones; each knows its warm-up."""

from foresto_lab.indicators.catalog import IndicatorCatalog, built_in_indicators
from foresto_lab.indicators.causality import (
    LookAhead,
    MeasuredWarmUp,
    looks_ahead,
    measure_warm_up,
)
from foresto_lab.indicators.indicator import CandleColumns, Indicator
from foresto_lab.indicators.parameters import Parameter, ParameterValue
from foresto_lab.indicators.python import (
    PythonIndicator,
    TrustList,
    check_code,
    declared_in,
    python_indicator,
)
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
    "LookAhead",
    "MeasuredWarmUp",
    "Parameter",
    "ParameterValue",
    "PythonIndicator",
    "TrustList",
    "built_in_indicators",
    "check_code",
    "compute_indicators",
    "declared_in",
    "looks_ahead",
    "measure_warm_up",
    "python_indicator",
]
