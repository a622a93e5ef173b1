"""The checks of a strategy, one per file."""

from foresto_lab.preflight.strategy.checks.argument_refused import ArgumentRefused
from foresto_lab.preflight.strategy.checks.candle_quality import (
    QUALITY_CODES,
    CandleQuality,
)
from foresto_lab.preflight.strategy.checks.candles_refused import CandlesRefused
from foresto_lab.preflight.strategy.checks.capital_below_one_lot import (
    CapitalBelowOneLot,
)
from foresto_lab.preflight.strategy.checks.condition_always_holds import (
    ConditionAlwaysHolds,
)
from foresto_lab.preflight.strategy.checks.constant_prices import ConstantPrices
from foresto_lab.preflight.strategy.checks.definition import DefinitionUnsound
from foresto_lab.preflight.strategy.checks.few_trades import FewTrades
from foresto_lab.preflight.strategy.checks.indicator_not_active import (
    IndicatorNotActive,
)
from foresto_lab.preflight.strategy.checks.indicator_without_output import (
    IndicatorWithoutOutput,
)
from foresto_lab.preflight.strategy.checks.leverage_without_stop import (
    LeverageWithoutStop,
)
from foresto_lab.preflight.strategy.checks.look_ahead import LookAhead
from foresto_lab.preflight.strategy.checks.minimum_order_not_met import (
    MinimumOrderNotMet,
)
from foresto_lab.preflight.strategy.checks.never_exits import NeverExits
from foresto_lab.preflight.strategy.checks.no_candles import NoCandles
from foresto_lab.preflight.strategy.checks.one_candle import OneCandle
from foresto_lab.preflight.strategy.checks.price_jump import PriceJump
from foresto_lab.preflight.strategy.checks.run_refused import RunRefused
from foresto_lab.preflight.strategy.checks.settlement_currency import SettlementCurrency
from foresto_lab.preflight.strategy.checks.shorts_not_allowed import ShortsNotAllowed
from foresto_lab.preflight.strategy.checks.side_never_enters import SideNeverEnters
from foresto_lab.preflight.strategy.checks.span_too_short import SpanTooShort
from foresto_lab.preflight.strategy.checks.stop_beyond_liquidation import (
    StopBeyondLiquidation,
)
from foresto_lab.preflight.strategy.checks.strategy_failed import StrategyFailed
from foresto_lab.preflight.strategy.checks.undefined_column import UndefinedColumn
from foresto_lab.preflight.strategy.checks.warm_up_unsettled import WarmUpUnsettled
from foresto_lab.preflight.strategy.checks.zero_trades import ZeroTrades

__all__ = [
    "QUALITY_CODES",
    "ArgumentRefused",
    "CandleQuality",
    "CandlesRefused",
    "CapitalBelowOneLot",
    "ConditionAlwaysHolds",
    "ConstantPrices",
    "DefinitionUnsound",
    "FewTrades",
    "IndicatorNotActive",
    "IndicatorWithoutOutput",
    "LeverageWithoutStop",
    "LookAhead",
    "MinimumOrderNotMet",
    "NeverExits",
    "NoCandles",
    "OneCandle",
    "PriceJump",
    "RunRefused",
    "SettlementCurrency",
    "ShortsNotAllowed",
    "SideNeverEnters",
    "SpanTooShort",
    "StopBeyondLiquidation",
    "StrategyFailed",
    "UndefinedColumn",
    "WarmUpUnsettled",
    "ZeroTrades",
]
