"""The catalog's tables as SQLAlchemy models, shaped for SQLite and PostgreSQL."""

from __future__ import annotations

from foresto_lab.storage.models.base import Base
from foresto_lab.storage.models.definitions import (
    ModelVersionRegistry,
    PortfolioAllocation,
    PortfolioModel,
    ScenarioDefinition,
    StoredRule,
)
from foresto_lab.storage.models.market import (
    InstrumentMap,
    InstrumentMaster,
    SourceLoadHistory,
)
from foresto_lab.storage.models.runs import (
    POSTGRESQL_ONLY,
    RebalancingEvent,
    SimulationPath,
    SimulationRun,
    SimulationSummary,
)

__all__ = [
    "POSTGRESQL_ONLY",
    "Base",
    "InstrumentMap",
    "InstrumentMaster",
    "ModelVersionRegistry",
    "PortfolioAllocation",
    "PortfolioModel",
    "RebalancingEvent",
    "ScenarioDefinition",
    "SimulationPath",
    "SimulationRun",
    "SimulationSummary",
    "SourceLoadHistory",
    "StoredRule",
]
