"""The catalog's tables as SQLAlchemy models, shaped for SQLite and PostgreSQL."""

from __future__ import annotations

from foresto_lab.storage.models.backtests import (
    BacktestEquity,
    BacktestRun,
    BacktestTrade,
    OptimizationResult,
)
from foresto_lab.storage.models.base import POSTGRESQL_ONLY, Base
from foresto_lab.storage.models.candles import CandlesLoaded, CandlesSuperseded
from foresto_lab.storage.models.definitions import (
    ModelVersionRegistry,
    PortfolioAllocation,
    PortfolioModel,
    ScenarioDefinition,
    StoredRule,
)
from foresto_lab.storage.models.ledger import TrialLedger
from foresto_lab.storage.models.market import (
    InstrumentMap,
    InstrumentMaster,
    SourceLoadHistory,
)
from foresto_lab.storage.models.runs import (
    RebalancingEvent,
    RunArtifact,
    SimulationPath,
    SimulationRun,
    SimulationSummary,
)
from foresto_lab.storage.models.series import (
    CandlesHistory,
    DailyPrice,
    DailyPriceSuperseded,
    DailyReturn,
    SeriesCoverage,
    SeriesVersion,
)
from foresto_lab.storage.models.strategies import (
    StoredIndicator,
    StoredPortfolio,
    StoredStrategy,
)

__all__ = [
    "POSTGRESQL_ONLY",
    "BacktestEquity",
    "BacktestRun",
    "BacktestTrade",
    "Base",
    "CandlesHistory",
    "CandlesLoaded",
    "CandlesSuperseded",
    "DailyPrice",
    "DailyPriceSuperseded",
    "DailyReturn",
    "InstrumentMap",
    "InstrumentMaster",
    "ModelVersionRegistry",
    "OptimizationResult",
    "PortfolioAllocation",
    "PortfolioModel",
    "RebalancingEvent",
    "RunArtifact",
    "ScenarioDefinition",
    "SeriesCoverage",
    "SeriesVersion",
    "SimulationPath",
    "SimulationRun",
    "SimulationSummary",
    "SourceLoadHistory",
    "StoredIndicator",
    "StoredPortfolio",
    "StoredRule",
    "StoredStrategy",
    "TrialLedger",
]
