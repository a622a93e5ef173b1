"""Strategies: what says at each bar's close to enter or to leave."""

from foresto_lab.strategies.agreement import require_agreement
from foresto_lab.strategies.bars import Bars
from foresto_lab.strategies.comparisons import (
    between,
    crossover,
    crossunder,
    falling,
    rising,
    shifted,
)
from foresto_lab.strategies.json_definition import check_definition
from foresto_lab.strategies.json_strategy import JsonStrategy
from foresto_lab.strategies.library import BUILT_IN_STRATEGIES
from foresto_lab.strategies.parsing import built_in_strategy, parse_strategy
from foresto_lab.strategies.protocols import Strategy
from foresto_lab.strategies.python_source import python_strategy
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
from foresto_lab.strategies.trading_strategy import StrategyConfig, TradingStrategy

__all__ = [
    "BUILT_IN_STRATEGIES",
    "MAX_LEVERAGE",
    "SIZINGS",
    "AllIn",
    "Bars",
    "ConditionTruth",
    "FixedAmount",
    "FixedRisk",
    "FractionOfEquity",
    "JsonStrategy",
    "Risk",
    "SignalBits",
    "Signals",
    "Sizing",
    "Strategy",
    "StrategyConfig",
    "TradingStrategy",
    "VolatilityTarget",
    "between",
    "built_in_strategy",
    "check_definition",
    "crossover",
    "crossunder",
    "falling",
    "parse_sizing",
    "parse_strategy",
    "python_strategy",
    "require_agreement",
    "rising",
    "shifted",
]
