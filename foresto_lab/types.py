"""Array aliases that carry rank, and the enumerations of the domain."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import numpy as np

Float64Array1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
Float64Array2D: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Float64Array3D: TypeAlias = np.ndarray[tuple[int, int, int], np.dtype[np.float64]]
Int64Array1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
Int64Array2D: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.int64]]
UInt8Array2D: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
UInt8Array1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint8]]
BoolArray1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
SessionArray: TypeAlias = np.ndarray[tuple[int], np.dtype[np.datetime64]]
"""Tz-naive exchange dates, ``datetime64[D]``, ascending and unique."""


class Frequency(StrEnum):
    """How often a periodic rule comes due."""

    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    SEMIANNUAL = "SEMIANNUAL"
    ANNUAL = "ANNUAL"


class BaseDay(StrEnum):
    """Which session of its period a periodic rule trades on."""

    FIRST_TRADING_DAY = "FIRST_TRADING_DAY"
    LAST_TRADING_DAY = "LAST_TRADING_DAY"


class HybridMode(StrEnum):
    """How a hybrid rule joins its periodic date and its drift band."""

    ALL = "ALL"
    ANY = "ANY"


class TriggerType(StrEnum):
    """What set off a rebalancing: a rule, or a new row of a weights schedule."""

    PERIODIC = "PERIODIC"
    DRIFT = "DRIFT"
    HYBRID = "HYBRID"
    SCHEDULE = "SCHEDULE"


class Execution(StrEnum):
    """When a rebalancing decided at a session's close is traded."""

    CLOSE = "close"
    NEXT_CLOSE = "next_close"


class AssetClass(StrEnum):
    """The five sleeves of the built-in scenarios."""

    EQUITY = "equity"
    BOND = "bond"
    CASH = "cash"
    GOLD = "gold"
    OTHER = "other"


class Severity(StrEnum):
    """How much a finding matters: an error stops, a warning is recorded."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class RunKind(StrEnum):
    """What a registered run computed."""

    SIMULATION = "simulation"
    BACKTEST = "backtest"
    OPTIMIZATION = "optimization"
    REPORT = "report"
    FORWARD = "forward"
    STUDY = "study"


class RunStatus(StrEnum):
    """The life of a run; only a completed one can be read as a result."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
