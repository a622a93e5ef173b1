"""How large a position is: the rules that a strategy or an execution can name."""

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
    "SIZINGS",
    "AllIn",
    "FixedAmount",
    "FixedRisk",
    "FractionOfEquity",
    "Sizing",
    "VolatilityTarget",
    "parse_sizing",
]
