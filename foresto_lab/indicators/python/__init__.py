"""Indicators made of Python code: read, held to a trust list, run apart."""

from foresto_lab.indicators.python.code import check_code, declared_in
from foresto_lab.indicators.python.indicator import (
    PythonIndicator,
    TrustList,
    python_indicator,
)

__all__ = [
    "PythonIndicator",
    "TrustList",
    "check_code",
    "declared_in",
    "python_indicator",
]
