"""foresto_lab: a research workbench in JupyterLab.

>>> import foresto_lab as fl
>>> rule = fl.Drift(threshold=0.05, cost_rate=0.001)
>>> result = fl.simulate(prices, {"equity": 0.6, "bond": 0.4}, rule)  # doctest: +SKIP

The names below load on first use, so that the import itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from sys import modules as _modules
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING, Any, Final

from foresto_lab._version import __version__

if TYPE_CHECKING:
    from foresto_lab import errors as errors
    from foresto_lab import figures as figures
    from foresto_lab import widgets as widgets
    from foresto_lab.backtest import AllIn as AllIn
    from foresto_lab.backtest import BacktestResult as BacktestResult
    from foresto_lab.backtest import Execution as Execution
    from foresto_lab.backtest import FixedAmount as FixedAmount
    from foresto_lab.backtest import FixedRisk as FixedRisk
    from foresto_lab.backtest import FractionOfEquity as FractionOfEquity
    from foresto_lab.backtest import VolatilityTarget as VolatilityTarget
    from foresto_lab.backtest.front import backtest as backtest
    from foresto_lab.cluster import DaskExecutor as DaskExecutor
    from foresto_lab.errors import ForestoError as ForestoError
    from foresto_lab.findings import Finding as Finding
    from foresto_lab.indicators import built_in_indicators as built_in_indicators
    from foresto_lab.lab import Lab as Lab
    from foresto_lab.lab import open_lab as open_lab
    from foresto_lab.market import get_calendar as get_calendar
    from foresto_lab.market.candle_quality import check_candles as check_candles
    from foresto_lab.market.distributions import (
        distributions_from_adjusted as distributions_from_adjusted,
    )
    from foresto_lab.market.resampling import resample as resample
    from foresto_lab.metrics.crises import CrisisWindow as CrisisWindow
    from foresto_lab.metrics.crises import crisis_windows as crisis_windows
    from foresto_lab.metrics.inference import DataSnoopingTest as DataSnoopingTest
    from foresto_lab.metrics.inference import (
        OverfittingProbability as OverfittingProbability,
    )
    from foresto_lab.metrics.inference import (
        deflated_sharpe_ratio as deflated_sharpe_ratio,
    )
    from foresto_lab.metrics.inference import (
        expected_maximum_sharpe as expected_maximum_sharpe,
    )
    from foresto_lab.metrics.inference import (
        minimum_backtest_length as minimum_backtest_length,
    )
    from foresto_lab.metrics.inference import (
        minimum_track_record_length as minimum_track_record_length,
    )
    from foresto_lab.metrics.inference import (
        probabilistic_sharpe_ratio as probabilistic_sharpe_ratio,
    )
    from foresto_lab.metrics.inference import (
        probability_of_backtest_overfitting as probability_of_backtest_overfitting,
    )
    from foresto_lab.metrics.inference import (
        superior_predictive_ability as superior_predictive_ability,
    )
    from foresto_lab.metrics.money_weighted import xirr as xirr
    from foresto_lab.metrics.performance import performance as performance
    from foresto_lab.metrics.relative import RelativePerformance as RelativePerformance
    from foresto_lab.metrics.rolling import rolling_windows as rolling_windows
    from foresto_lab.metrics.start_dates import (
        start_date_sensitivity as start_date_sensitivity,
    )
    from foresto_lab.optimize.evaluators.backtest_evaluator import (
        BacktestEvaluator as BacktestEvaluator,
    )
    from foresto_lab.optimize.evaluators.portfolio_evaluator import (
        PortfolioEvaluator as PortfolioEvaluator,
    )
    from foresto_lab.optimize.evaluators.several import (
        SeveralEvaluator as SeveralEvaluator,
    )
    from foresto_lab.optimize.front import optimize as optimize
    from foresto_lab.optimize.methods import Genetic as Genetic
    from foresto_lab.optimize.methods import Grid as Grid
    from foresto_lab.optimize.methods import Nsga2 as Nsga2
    from foresto_lab.optimize.methods import Random as Random
    from foresto_lab.optimize.methods import Tpe as Tpe
    from foresto_lab.optimize.overfitting.prior_trials import PriorTrials as PriorTrials
    from foresto_lab.optimize.result import OptimizationResult as OptimizationResult
    from foresto_lab.optimize.searching.objective import Objective as Objective
    from foresto_lab.optimize.searching.progress import Progress as Progress
    from foresto_lab.optimize.spaces.space import Choice as Choice
    from foresto_lab.optimize.spaces.space import FloatRange as FloatRange
    from foresto_lab.optimize.spaces.space import IntRange as IntRange
    from foresto_lab.optimize.spaces.space import Space as Space
    from foresto_lab.optimize.validation.cross_validation import (
        combinatorial_cross_validation as combinatorial_cross_validation,
    )
    from foresto_lab.optimize.validation.cross_validation_result import (
        CrossValidationResult as CrossValidationResult,
    )
    from foresto_lab.optimize.validation.splits import Split as Split
    from foresto_lab.optimize.validation.walk_forward import (
        walk_forward as walk_forward,
    )
    from foresto_lab.optimize.validation.walk_forward_result import (
        WalkForwardResult as WalkForwardResult,
    )
    from foresto_lab.preflight import PreflightReport as PreflightReport
    from foresto_lab.preflight.strategy import preflight as preflight
    from foresto_lab.rebalancing import Drift as Drift
    from foresto_lab.rebalancing import Hybrid as Hybrid
    from foresto_lab.rebalancing import Periodic as Periodic
    from foresto_lab.rebalancing.cashflows import ConsumerPrices as ConsumerPrices
    from foresto_lab.rebalancing.cashflows import Contribution as Contribution
    from foresto_lab.rebalancing.cashflows import FlowPlan as FlowPlan
    from foresto_lab.rebalancing.cashflows import ListedFlows as ListedFlows
    from foresto_lab.rebalancing.cashflows import Withdrawal as Withdrawal
    from foresto_lab.rebalancing.cashflows import parse_cashflows as parse_cashflows
    from foresto_lab.rebalancing.costs import CapitalGainsTax as CapitalGainsTax
    from foresto_lab.rebalancing.costs import Commission as Commission
    from foresto_lab.rebalancing.costs import CostModel as CostModel
    from foresto_lab.rebalancing.costs import CurrencyConversion as CurrencyConversion
    from foresto_lab.rebalancing.costs import DistributionTax as DistributionTax
    from foresto_lab.rebalancing.costs import HalfSpread as HalfSpread
    from foresto_lab.rebalancing.costs import ManagementFee as ManagementFee
    from foresto_lab.rebalancing.costs import MarketImpact as MarketImpact
    from foresto_lab.rebalancing.costs import TaxRow as TaxRow
    from foresto_lab.rebalancing.costs import TaxTable as TaxTable
    from foresto_lab.rebalancing.costs import TransactionTax as TransactionTax
    from foresto_lab.rebalancing.costs import cost_preset as cost_preset
    from foresto_lab.rebalancing.costs import korean_costs as korean_costs
    from foresto_lab.rebalancing.costs import parse_costs as parse_costs
    from foresto_lab.rebalancing.costs import us_costs_from_korea as us_costs_from_korea
    from foresto_lab.scenarios import Instrument as Instrument
    from foresto_lab.scenarios import Scenario as Scenario
    from foresto_lab.scenarios import SimulationResult as SimulationResult
    from foresto_lab.scenarios import WeightsSchedule as WeightsSchedule
    from foresto_lab.scenarios import simulate as simulate
    from foresto_lab.scenarios import simulate_many as simulate_many
    from foresto_lab.scenarios.counterfactuals import (
        RebalancingStudy as RebalancingStudy,
    )
    from foresto_lab.scenarios.counterfactuals import (
        rebalancing_study as rebalancing_study,
    )
    from foresto_lab.scenarios.forward import Bootstrap as Bootstrap
    from foresto_lab.scenarios.forward import ForwardResult as ForwardResult
    from foresto_lab.scenarios.forward import Parametric as Parametric
    from foresto_lab.scenarios.forward import forward as forward
    from foresto_lab.scenarios.market_facts import MarketFacts as MarketFacts
    from foresto_lab.scenarios.portfolio import Portfolio as Portfolio
    from foresto_lab.scenarios.retirement import RetirementOutlook as RetirementOutlook
    from foresto_lab.scenarios.retirement import RetirementStudy as RetirementStudy
    from foresto_lab.scenarios.retirement import (
        largest_withdrawal as largest_withdrawal,
    )
    from foresto_lab.scenarios.retirement import retirement as retirement
    from foresto_lab.scenarios.retirement import (
        retirement_outlook as retirement_outlook,
    )
    from foresto_lab.scenarios.timing_luck import TimingLuck as TimingLuck
    from foresto_lab.scenarios.timing_luck import timing_luck as timing_luck
    from foresto_lab.scenarios.weighting import EqualWeight as EqualWeight
    from foresto_lab.scenarios.weighting import (
        HierarchicalRiskParity as HierarchicalRiskParity,
    )
    from foresto_lab.scenarios.weighting import InverseVolatility as InverseVolatility
    from foresto_lab.scenarios.weighting import (
        MaximumDiversification as MaximumDiversification,
    )
    from foresto_lab.scenarios.weighting import MinimumVariance as MinimumVariance
    from foresto_lab.scenarios.weighting import RiskParity as RiskParity
    from foresto_lab.strategies import JsonStrategy as JsonStrategy
    from foresto_lab.strategies import Risk as Risk
    from foresto_lab.strategies import Signals as Signals
    from foresto_lab.strategies import StrategyConfig as StrategyConfig
    from foresto_lab.strategies import TradingStrategy as TradingStrategy
    from foresto_lab.strategies import crossover as crossover
    from foresto_lab.strategies import crossunder as crossunder
    from foresto_lab.strategies import parse_strategy as parse_strategy
    from foresto_lab.strategies import require_agreement as require_agreement
    from foresto_lab.strategies.library.bollinger_breakout import (
        BollingerBreakout as BollingerBreakout,
    )
    from foresto_lab.strategies.library.donchian_turtle import (
        DonchianTurtle as DonchianTurtle,
    )
    from foresto_lab.strategies.library.hyperrsi import HyperRsi as HyperRsi
    from foresto_lab.strategies.library.macd_cross import MacdCross as MacdCross
    from foresto_lab.strategies.library.momentum_rotation import (
        MomentumRotation as MomentumRotation,
    )
    from foresto_lab.strategies.library.rsi_reversal import RsiReversal as RsiReversal
    from foresto_lab.strategies.library.sma_cross import SmaCross as SmaCross

__all__ = [
    "AllIn",
    "BacktestEvaluator",
    "BacktestResult",
    "BollingerBreakout",
    "Bootstrap",
    "CapitalGainsTax",
    "Choice",
    "Commission",
    "ConsumerPrices",
    "Contribution",
    "CostModel",
    "CrisisWindow",
    "CrossValidationResult",
    "CurrencyConversion",
    "DaskExecutor",
    "DataSnoopingTest",
    "DistributionTax",
    "DonchianTurtle",
    "Drift",
    "EqualWeight",
    "Execution",
    "Finding",
    "FixedAmount",
    "FixedRisk",
    "FloatRange",
    "FlowPlan",
    "ForestoError",
    "ForwardResult",
    "FractionOfEquity",
    "Genetic",
    "Grid",
    "HalfSpread",
    "HierarchicalRiskParity",
    "Hybrid",
    "HyperRsi",
    "Instrument",
    "IntRange",
    "InverseVolatility",
    "JsonStrategy",
    "Lab",
    "ListedFlows",
    "MacdCross",
    "ManagementFee",
    "MarketFacts",
    "MarketImpact",
    "MaximumDiversification",
    "MinimumVariance",
    "MomentumRotation",
    "Nsga2",
    "Objective",
    "OptimizationResult",
    "OverfittingProbability",
    "Parametric",
    "Periodic",
    "Portfolio",
    "PortfolioEvaluator",
    "PreflightReport",
    "PriorTrials",
    "Progress",
    "Random",
    "RebalancingStudy",
    "RelativePerformance",
    "RetirementOutlook",
    "RetirementStudy",
    "Risk",
    "RiskParity",
    "RsiReversal",
    "Scenario",
    "SeveralEvaluator",
    "Signals",
    "SimulationResult",
    "SmaCross",
    "Space",
    "Split",
    "StrategyConfig",
    "TaxRow",
    "TaxTable",
    "TimingLuck",
    "Tpe",
    "TradingStrategy",
    "TransactionTax",
    "VolatilityTarget",
    "WalkForwardResult",
    "WeightsSchedule",
    "Withdrawal",
    "__version__",
    "backtest",
    "built_in_indicators",
    "check_candles",
    "combinatorial_cross_validation",
    "cost_preset",
    "crisis_windows",
    "crossover",
    "crossunder",
    "deflated_sharpe_ratio",
    "distributions_from_adjusted",
    "errors",
    "expected_maximum_sharpe",
    "figures",
    "forward",
    "get_calendar",
    "korean_costs",
    "largest_withdrawal",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "open_lab",
    "optimize",
    "parse_cashflows",
    "parse_costs",
    "parse_strategy",
    "performance",
    "preflight",
    "probabilistic_sharpe_ratio",
    "probability_of_backtest_overfitting",
    "rebalancing_study",
    "require_agreement",
    "resample",
    "retirement",
    "retirement_outlook",
    "rolling_windows",
    "simulate",
    "simulate_many",
    "start_date_sensitivity",
    "superior_predictive_ability",
    "timing_luck",
    "us_costs_from_korea",
    "walk_forward",
    "widgets",
    "xirr",
]

_HOMES: Final = {
    "AllIn": "backtest",
    "BacktestEvaluator": "optimize.evaluators.backtest_evaluator",
    "BacktestResult": "backtest",
    "BollingerBreakout": "strategies.library.bollinger_breakout",
    "Bootstrap": "scenarios.forward",
    "CapitalGainsTax": "rebalancing.costs",
    "Choice": "optimize.spaces.space",
    "Commission": "rebalancing.costs",
    "ConsumerPrices": "rebalancing.cashflows",
    "Contribution": "rebalancing.cashflows",
    "CostModel": "rebalancing.costs",
    "CrisisWindow": "metrics.crises",
    "CrossValidationResult": "optimize.validation.cross_validation_result",
    "CurrencyConversion": "rebalancing.costs",
    "DaskExecutor": "cluster",
    "DataSnoopingTest": "metrics.inference",
    "DistributionTax": "rebalancing.costs",
    "DonchianTurtle": "strategies.library.donchian_turtle",
    "Drift": "rebalancing",
    "EqualWeight": "scenarios.weighting",
    "Execution": "backtest",
    "Finding": "findings",
    "FixedAmount": "backtest",
    "FixedRisk": "backtest",
    "FloatRange": "optimize.spaces.space",
    "FlowPlan": "rebalancing.cashflows",
    "ForestoError": "errors",
    "ForwardResult": "scenarios.forward",
    "FractionOfEquity": "backtest",
    "Genetic": "optimize.methods",
    "Grid": "optimize.methods",
    "HalfSpread": "rebalancing.costs",
    "HierarchicalRiskParity": "scenarios.weighting",
    "Hybrid": "rebalancing",
    "HyperRsi": "strategies.library.hyperrsi",
    "Instrument": "scenarios",
    "IntRange": "optimize.spaces.space",
    "InverseVolatility": "scenarios.weighting",
    "JsonStrategy": "strategies",
    "Lab": "lab",
    "ListedFlows": "rebalancing.cashflows",
    "MacdCross": "strategies.library.macd_cross",
    "ManagementFee": "rebalancing.costs",
    "MarketFacts": "scenarios.market_facts",
    "MarketImpact": "rebalancing.costs",
    "MaximumDiversification": "scenarios.weighting",
    "MinimumVariance": "scenarios.weighting",
    "MomentumRotation": "strategies.library.momentum_rotation",
    "Nsga2": "optimize.methods",
    "Objective": "optimize.searching.objective",
    "OptimizationResult": "optimize.result",
    "OverfittingProbability": "metrics.inference",
    "Parametric": "scenarios.forward",
    "Periodic": "rebalancing",
    "Portfolio": "scenarios.portfolio",
    "PortfolioEvaluator": "optimize.evaluators.portfolio_evaluator",
    "PreflightReport": "preflight",
    "PriorTrials": "optimize.overfitting.prior_trials",
    "Progress": "optimize.searching.progress",
    "Random": "optimize.methods",
    "RebalancingStudy": "scenarios.counterfactuals",
    "RelativePerformance": "metrics.relative",
    "RetirementOutlook": "scenarios.retirement",
    "RetirementStudy": "scenarios.retirement",
    "Risk": "strategies",
    "RiskParity": "scenarios.weighting",
    "RsiReversal": "strategies.library.rsi_reversal",
    "Scenario": "scenarios",
    "Signals": "strategies",
    "SeveralEvaluator": "optimize.evaluators.several",
    "SimulationResult": "scenarios",
    "SmaCross": "strategies.library.sma_cross",
    "Space": "optimize.spaces.space",
    "Split": "optimize.validation.splits",
    "StrategyConfig": "strategies",
    "TaxRow": "rebalancing.costs",
    "TaxTable": "rebalancing.costs",
    "TimingLuck": "scenarios.timing_luck",
    "Tpe": "optimize.methods",
    "TradingStrategy": "strategies",
    "TransactionTax": "rebalancing.costs",
    "VolatilityTarget": "backtest",
    "WalkForwardResult": "optimize.validation.walk_forward_result",
    "WeightsSchedule": "scenarios",
    "Withdrawal": "rebalancing.cashflows",
    "backtest": "backtest.front",
    "built_in_indicators": "indicators",
    "check_candles": "market.candle_quality",
    "combinatorial_cross_validation": "optimize.validation.cross_validation",
    "cost_preset": "rebalancing.costs",
    "crisis_windows": "metrics.crises",
    "crossover": "strategies",
    "crossunder": "strategies",
    "deflated_sharpe_ratio": "metrics.inference",
    "distributions_from_adjusted": "market.distributions",
    "expected_maximum_sharpe": "metrics.inference",
    "forward": "scenarios.forward",
    "get_calendar": "market",
    "korean_costs": "rebalancing.costs",
    "largest_withdrawal": "scenarios.retirement",
    "minimum_backtest_length": "metrics.inference",
    "minimum_track_record_length": "metrics.inference",
    "open_lab": "lab",
    "optimize": "optimize.front",
    "parse_cashflows": "rebalancing.cashflows",
    "parse_costs": "rebalancing.costs",
    "parse_strategy": "strategies",
    "performance": "metrics.performance",
    "preflight": "preflight.strategy",
    "probabilistic_sharpe_ratio": "metrics.inference",
    "probability_of_backtest_overfitting": "metrics.inference",
    "rebalancing_study": "scenarios.counterfactuals",
    "require_agreement": "strategies",
    "resample": "market.resampling",
    "retirement": "scenarios.retirement",
    "retirement_outlook": "scenarios.retirement",
    "rolling_windows": "metrics.rolling",
    "simulate": "scenarios",
    "simulate_many": "scenarios",
    "start_date_sensitivity": "metrics.start_dates",
    "superior_predictive_ability": "metrics.inference",
    "timing_luck": "scenarios.timing_luck",
    "us_costs_from_korea": "rebalancing.costs",
    "walk_forward": "optimize.validation.walk_forward",
    "xirr": "metrics.money_weighted",
}
_SUBPACKAGES: Final = frozenset({"errors", "figures", "widgets"})


def __getattr__(name: str) -> Any:
    """Import a public name from the module it lives in, the first time it is used."""
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(_unknown(name), name=name, obj=import_module(__name__))
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


class _FrontDoor(_ModuleType):
    """Keeps a public name from being hidden by the package that it lives in.

    Importing ``foresto_lab.backtest`` would set ``fl.backtest`` to the package.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, _ModuleType)):
            super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let code that names this module cross process borders with it."""
        return (import_module, (__name__,))


_modules[__name__].__class__ = _FrontDoor


def __dir__() -> list[str]:
    """Return the public names, loaded or not, for tab completion."""
    return list(__all__)


def _unknown(name: str) -> str:
    return f"foresto_lab has no name {name!r}; it has {', '.join(__all__)}"
