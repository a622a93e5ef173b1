"""Tables of runs: the registry, summaries, events and, on PostgreSQL, paths.

``simulation_run`` registers runs of every kind. What a backtest or an optimisation has
beyond that goes into tables of their own that refer to it.

In the embedded store a run's series are Parquet files beside the catalog, and
``simulation_path`` exists on PostgreSQL only, partitioned by month: one row per session
and run would make a SQLite file of gigabytes that nobody queries across runs. The same
goes for ``run_artifact``, which holds the other tables of a run there.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Double, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
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
from foresto_lab.types import RunKind, RunStatus, TriggerType

PATH_KEY = {"primary_key": ["run_id", "session"]}
Weights = ARRAY(Double).with_variant(JSON(), "sqlite")


class SimulationRun(Base):
    """A registered run and, while it runs, the process that it lives in."""

    __tablename__ = "simulation_run"
    __table_args__ = (
        one_of("kind", RunKind),
        one_of("status", RunStatus),
        CheckConstraint("length(request_hash) = 64", name="request_hash"),
        CheckConstraint(
            "status <> 'running' OR (started_at IS NOT NULL AND host IS NOT NULL "
            "AND process_id IS NOT NULL AND heartbeat_at IS NOT NULL)",
            name="running",
        ),
        CheckConstraint(
            "status <> 'completed' OR (completed_at IS NOT NULL "
            "AND artifact_checksum IS NOT NULL)",
            name="completed",
        ),
        CheckConstraint(
            "status <> 'failed' OR error_message IS NOT NULL", name="failed"
        ),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint("process_id > 0", name="process_id"),
        Index(None, "request_hash", "status", "completed_at"),
        Index(None, "status"),
        Index(None, "created_at"),
    )

    run_id: Mapped[str] = mapped_column(RunId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(128))
    request: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    request_hash: Mapped[str] = mapped_column(Checksum)
    status: Mapped[str] = mapped_column(String(16))
    error_message: Mapped[str | None]
    engine_version: Mapped[str] = mapped_column(String(32))
    git_commit: Mapped[str | None] = mapped_column(String(64))
    packages: Mapped[dict[str, str]] = mapped_column(Document)
    data_version: Mapped[str] = mapped_column(String(128))
    snapshots: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    created_by: Mapped[str] = mapped_column(String(128))
    started_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    completed_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    expires_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    path_expires_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    host: Mapped[str | None] = mapped_column(String(128))
    process_id: Mapped[int | None]
    process_started_at: Mapped[float | None]
    artifact_checksum: Mapped[str | None] = mapped_column(Checksum)
    path_deleted_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    archive: Mapped[str | None]


class SimulationSummary(Base):
    """A run's summary: all of it as a document, the common measures as columns."""

    __tablename__ = "simulation_summary"
    __table_args__ = (
        CheckConstraint("volatility >= 0", name="volatility"),
        CheckConstraint("max_drawdown >= -1 AND max_drawdown <= 0", name="drawdown"),
        CheckConstraint("total_turnover >= 0", name="total_turnover"),
        CheckConstraint("total_cost >= 0", name="total_cost"),
        CheckConstraint("rebalancing_count >= 0", name="rebalancing_count"),
    )

    run_id: Mapped[str] = mapped_column(
        ForeignKey("simulation_run.run_id", ondelete="CASCADE"), primary_key=True
    )
    total_return: Mapped[float | None]
    cagr: Mapped[float | None]
    volatility: Mapped[float | None]
    sharpe_ratio: Mapped[float | None]
    sortino_ratio: Mapped[float | None]
    calmar_ratio: Mapped[float | None]
    max_drawdown: Mapped[float | None]
    total_turnover: Mapped[float | None]
    total_cost: Mapped[float | None]
    rebalancing_count: Mapped[int | None]
    measures: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)


class RebalancingEvent(Base):
    """One rebalancing of a completed run.

    ``cost_parts`` is what ``cost_amount`` is made of, by its part; None where a run had
    the one cost rate of its rule.
    """

    __tablename__ = "rebalancing_event"
    __table_args__ = (
        one_of("trigger_type", TriggerType),
        CheckConstraint("sequence >= 0", name="sequence"),
        CheckConstraint("turnover >= 0 AND turnover <= 1.000001", name="turnover"),
        CheckConstraint("cost_rate >= 0 AND cost_rate < 1", name="cost_rate"),
        CheckConstraint("cost_amount >= 0", name="cost_amount"),
        CheckConstraint("nav_before >= 0 AND nav_after >= 0", name="nav"),
    )

    run_id: Mapped[str] = mapped_column(
        ForeignKey("simulation_run.run_id", ondelete="CASCADE"), primary_key=True
    )
    sequence: Mapped[int] = mapped_column(primary_key=True)
    event_date: Mapped[date]
    trigger_type: Mapped[str] = mapped_column(String(16))
    trigger_detail: Mapped[str] = mapped_column(String(128))
    before_weights: Mapped[dict[str, float]] = mapped_column(Document)
    after_weights: Mapped[dict[str, float]] = mapped_column(Document)
    turnover: Mapped[float]
    cost_rate: Mapped[float]
    cost_amount: Mapped[float]
    nav_before: Mapped[float]
    nav_after: Mapped[float]
    cost_parts: Mapped[dict[str, float] | None] = mapped_column(OrderedDocument)


class SimulationPath(Base):
    """One session of a run's path; PostgreSQL only, by month of its expiry.

    A path lies whole in the month in which its time is over, so the paths of a month
    go with their partition. There is no foreign key, whose check would cost more than
    the row: a trigger on ``simulation_run`` deletes a deleted run's path.

    Runs are written one after the other and their ids ascend with time, so a block
    range index finds a run's rows; keeping a B-tree costs as much again as writing the
    rows (100,000 sessions: 326 ms beside 198 ms). A run is completed once, under a
    lock, and its path read back against its SHA-256, so no key is needed to tell a
    session that came twice.
    """

    __tablename__ = "simulation_path"
    __mapper_args__ = PATH_KEY
    __table_args__ = (
        Index(
            None,
            "run_id",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16, "autosummarize": True},
        ),
        CheckConstraint("nav > 0", name="nav"),
        CheckConstraint("drawdown >= -1 AND drawdown <= 0", name="drawdown"),
        {
            "postgresql_partition_by": "RANGE (expires_on)",
            "info": {POSTGRESQL_ONLY: True},
        },
    )

    run_id: Mapped[str] = mapped_column(RunId)
    session: Mapped[date]
    expires_on: Mapped[date]
    nav: Mapped[float]
    daily_return: Mapped[float]
    cumulative_return: Mapped[float]
    drawdown: Mapped[float]
    weights: Mapped[list[float]] = mapped_column(Weights)


class RunArtifact(Base):
    """One table of a completed run; PostgreSQL only.

    Kept as the bytes of a Parquet file, or as the rows of a table of its own; then
    ``layout`` says how to make the table from them that was stored.
    """

    __tablename__ = "run_artifact"
    __table_args__ = (
        one_of("stored_as", ("rows", "parquet")),
        CheckConstraint(
            "(stored_as = 'parquet') = (content IS NOT NULL)", name="content"
        ),
        CheckConstraint("length(checksum) = 64", name="checksum"),
        {"info": {POSTGRESQL_ONLY: True}},
    )

    run_id: Mapped[str] = mapped_column(
        ForeignKey("simulation_run.run_id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(ShortName, primary_key=True)
    stored_as: Mapped[str] = mapped_column(String(16))
    content: Mapped[bytes | None]
    layout: Mapped[dict[str, Any] | None] = mapped_column(OrderedDocument)
    checksum: Mapped[str] = mapped_column(Checksum)
