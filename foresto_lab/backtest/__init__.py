"""Backtests: what a strategy would have traded, and what that would have come to."""

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import backtest
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.backtest.sizing import (
    AllIn,
    FixedAmount,
    FixedRisk,
    FractionOfEquity,
    Sizing,
    VolatilityTarget,
)

__all__ = [
    "AllIn",
    "BacktestResult",
    "Execution",
    "FixedAmount",
    "FixedRisk",
    "FractionOfEquity",
    "Sizing",
    "VolatilityTarget",
    "backtest",
]
