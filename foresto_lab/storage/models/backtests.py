"""Tables of backtests and optimisations: what they have beyond a registered run.

Their runs are rows of ``simulation_run``; deleting one deletes these with it. The
equity of a backtest is a table on PostgreSQL only, as paths are: see ``runs``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from foresto_lab.storage.models.base import (
    POSTGRESQL_ONLY,
    Base,
    Checksum,
    Document,
    OrderedDocument,
    RunId,
    ShortName,
    UtcInstant,
    one_of,
)

EQUITY_KEY = {"primary_key": ["run_id", "bar_time"]}
TRADE_SIDES = ("LONG", "SHORT")


class BacktestRun(Base):
    """A backtest: what was traded, on what, with what capital, and what came out."""

    __tablename__ = "backtest_runs"
    __table_args__ = (
        CheckConstraint("initial_capital > 0", name="initial_capital"),
        CheckConstraint("end_at >= start_at", name="span"),
        CheckConstraint("max_drawdown >= -1 AND max_drawdown <= 0", name="drawdown"),
        CheckConstraint("win_rate >= 0 AND win_rate <= 1", name="win_rate"),
        CheckConstraint("profit_factor >= 0", name="profit_factor"),
        CheckConstraint("volatility >= 0", name="volatility"),
        CheckConstraint("total_trades >= 0", name="total_trades"),
        CheckConstraint("predicted_trades >= 0", name="predicted_trades"),
        CheckConstraint("total_fees >= 0", name="total_fees"),
        Index(None, "strategy_name", "strategy_version"),
    )

    run_id: Mapped[str] = mapped_column(
        ForeignKey("simulation_run.run_id", ondelete="CASCADE"), primary_key=True
    )
    strategy_name: Mapped[str] = mapped_column(ShortName)
    strategy_version: Mapped[str] = mapped_column(ShortName)
    strategy_checksum: Mapped[str] = mapped_column(Checksum)
    symbols: Mapped[list[str]] = mapped_column(OrderedDocument)
    timeframe: Mapped[str] = mapped_column(String(8))
    start_at: Mapped[datetime] = mapped_column(UtcInstant)
    end_at: Mapped[datetime] = mapped_column(UtcInstant)
    initial_capital: Mapped[float]
    execution: Mapped[dict[str, Any]] = mapped_column(Document)
    predicted_trades: Mapped[int | None]
    final_equity: Mapped[float | None]
    total_return: Mapped[float | None]
    annual_return: Mapped[float | None]
    cagr: Mapped[float | None]
    volatility: Mapped[float | None]
    sharpe: Mapped[float | None]
    sortino: Mapped[float | None]
    calmar: Mapped[float | None]
    max_drawdown: Mapped[float | None]
    win_rate: Mapped[float | None]
    profit_factor: Mapped[float | None]
    total_trades: Mapped[int | None]
    total_fees: Mapped[float | None]
    measures: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)


class BacktestTrade(Base):
    """One trade of a backtest, from entry to exit, or open at the end."""

    __tablename__ = "backtest_trades"
    __table_args__ = (
        one_of("side", TRADE_SIDES),
        CheckConstraint("sequence >= 0", name="sequence"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("entry_price > 0", name="entry_price"),
        CheckConstraint("exit_price > 0", name="exit_price"),
        CheckConstraint("exit_time >= entry_time", name="exit_time"),
        CheckConstraint("fees >= 0", name="fees"),
        CheckConstraint("tax >= 0", name="tax"),
        CheckConstraint("bars_held >= 0", name="bars_held"),
    )

    run_id: Mapped[str] = mapped_column(
        ForeignKey("simulation_run.run_id", ondelete="CASCADE"), primary_key=True
    )
    sequence: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(ShortName)
    side: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[float]
    entry_time: Mapped[datetime] = mapped_column(UtcInstant)
    entry_price: Mapped[float]
    entry_reason: Mapped[str] = mapped_column(String(128))
    exit_time: Mapped[datetime | None] = mapped_column(UtcInstant)
    exit_price: Mapped[float | None]
    exit_reason: Mapped[str | None] = mapped_column(String(128))
    pnl: Mapped[float]
    return_rate: Mapped[float]
    fees: Mapped[float]
    tax: Mapped[float]
    funding: Mapped[float]
    max_adverse_excursion: Mapped[float]
    max_favorable_excursion: Mapped[float]
    bars_held: Mapped[int]
    entry_conditions: Mapped[dict[str, Any]] = mapped_column(Document)


class BacktestEquity(Base):
    """One bar of a backtest's equity; PostgreSQL only, indexed as paths are."""

    __tablename__ = "backtest_equity"
    __mapper_args__ = EQUITY_KEY
    __table_args__ = (
        Index(
            None,
            "run_id",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16, "autosummarize": True},
        ),
        CheckConstraint("drawdown >= -1 AND drawdown <= 0", name="drawdown"),
        {
            "postgresql_partition_by": "RANGE (expires_on)",
            "info": {POSTGRESQL_ONLY: True},
        },
    )

    run_id: Mapped[str] = mapped_column(RunId)
    bar_time: Mapped[datetime] = mapped_column(UtcInstant)
    expires_on: Mapped[date]
    equity: Mapped[float]
    cash: Mapped[float]
    position_value: Mapped[float]
    drawdown: Mapped[float]
    position: Mapped[float]


class OptimizationResult(Base):
    """One evaluated set of parameters of an optimisation."""

    __tablename__ = "optimization_results"
    __table_args__ = (
        CheckConstraint("trial >= 0", name="trial"),
        CheckConstraint("rank >= 1", name="rank"),
        CheckConstraint("total_trades >= 0", name="total_trades"),
        CheckConstraint("max_drawdown >= -1 AND max_drawdown <= 0", name="drawdown"),
        Index(None, "run_id", "rank"),
    )

    run_id: Mapped[str] = mapped_column(
        ForeignKey("simulation_run.run_id", ondelete="CASCADE"), primary_key=True
    )
    trial: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    objective: Mapped[float | None]
    total_return: Mapped[float | None]
    sharpe: Mapped[float | None]
    max_drawdown: Mapped[float | None]
    total_trades: Mapped[int | None]
    measures: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    evaluated_at: Mapped[datetime] = mapped_column(UtcInstant)
