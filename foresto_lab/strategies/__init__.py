"""Strategies: what says at each bar's close to enter or to leave."""

from foresto_lab.strategies.risk import MAX_LEVERAGE, Risk
from foresto_lab.strategies.signals import ConditionTruth, SignalBits, Signals
from foresto_lab.strategies.sizing import (
    SIZINGS,
    AllIn,
    FixedAmount,
    FixedRisk,
    FractionOfEquity,
    Sizing,
    VolatilityTarget,
    parse_sizing,
)

__all__ = [
    "MAX_LEVERAGE",
    "SIZINGS",
    "AllIn",
    "ConditionTruth",
    "FixedAmount",
    "FixedRisk",
    "FractionOfEquity",
    "Risk",
    "SignalBits",
    "Signals",
    "Sizing",
    "VolatilityTarget",
    "parse_sizing",
]
