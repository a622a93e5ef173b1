"""Rows of the run tables from records and artifacts, and records from rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.models import (
    BacktestRun,
    BacktestTrade,
    RebalancingEvent,
    SimulationRun,
    SimulationSummary,
)
from foresto_lab.storage.processes import ProcessIdentity
from foresto_lab.storage.values import from_json_value, to_json_value
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    import pandas as pd

EVENTS_TABLE = "events"
EVENT_COLUMNS = tuple(
    column.name
    for column in RebalancingEvent.__table__.columns
    if column.name not in ("run_id", "sequence", "cost_parts")
)
COST_PREFIX = "cost_"
MEASURE_COLUMNS = tuple(
    column.name
    for column in SimulationSummary.__table__.columns
    if column.name not in ("run_id", "measures")
)


TRADES_TABLE = "trades"
TRIALS_TABLE = "trials"
TRIAL_FACTS = (
    *("trial", "rank", "objective", "feasible", "total_return", "sharpe"),
    *("sharpe_ratio", "max_drawdown", "total_trades"),
)
MOST_OPTIMIZATION_ROWS = 10_000
"""Trials of a search that are rows; its tables hold more of them."""
TRADE_COLUMNS = tuple(
    column.name
    for column in BacktestTrade.__table__.columns
    if column.name not in ("run_id", "sequence")
)
REQUEST_COLUMNS = (
    *("strategy_name", "strategy_version", "strategy_checksum", "symbols"),
    *("timeframe", "initial_capital", "execution"),
)
"""What a backtest's request says under the name of the column."""
RESULT_COLUMNS = {
    "final_equity": (-math.inf, math.inf),
    "total_return": (-math.inf, math.inf),
    "annual_return": (-math.inf, math.inf),
    "cagr": (-math.inf, math.inf),
    "volatility": (0.0, math.inf),
    "sharpe": (-math.inf, math.inf),
    "sortino": (-math.inf, math.inf),
    "calmar": (-math.inf, math.inf),
    "max_drawdown": (-1.0, 0.0),
    "win_rate": (0.0, 1.0),
    "profit_factor": (0.0, math.inf),
    "total_fees": (0.0, math.inf),
}
"""Measures of a backtest that are columns, and what the columns allow."""


def run_row(
    record: RunRecord, process: ProcessIdentity, now: datetime
) -> SimulationRun:
    """Return the row of a run that begins now in this process."""
    return SimulationRun(**run_values(record, process, now))


def run_values(
    record: RunRecord, process: ProcessIdentity, now: datetime
) -> dict[str, Any]:
    """Return the columns of a run that begins now in this process."""
    return {
        "run_id": record.run_id,
        "kind": str(record.kind),
        "name": record.name,
        "request": to_json_value(record.request),
        "request_hash": record.request_hash,
        "status": str(RunStatus.RUNNING),
        "engine_version": record.engine_version,
        "git_commit": record.git_commit,
        "packages": dict(record.packages),
        "data_version": record.data_version,
        "snapshots": to_json_value(record.snapshots),
        "created_at": record.created_at,
        "created_by": record.created_by,
        "started_at": record.started_at or now,
        "expires_at": record.expires_at,
        "path_expires_at": record.path_expires_at,
        "heartbeat_at": now,
        "host": process.host,
        "process_id": process.process_id,
        "process_started_at": process.started_at,
    }


def run_record(row: SimulationRun, measures: Mapping[str, Any] | None) -> RunRecord:
    """Return the frozen snapshot of a row; ``measures`` is its stored summary."""
    return RunRecord(
        run_id=row.run_id,
        kind=RunKind(row.kind),
        name=row.name,
        request=MappingProxyType(from_json_value(row.request)),
        request_hash=row.request_hash,
        status=RunStatus(row.status),
        engine_version=row.engine_version,
        data_version=row.data_version,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        completed_at=row.completed_at,
        expires_at=row.expires_at,
        path_expires_at=row.path_expires_at,
        path_deleted_at=row.path_deleted_at,
        archive=row.archive,
        heartbeat_at=row.heartbeat_at,
        error_message=row.error_message,
        git_commit=row.git_commit,
        packages=MappingProxyType(row.packages),
        snapshots=MappingProxyType(from_json_value(row.snapshots)),
        summary=MappingProxyType(from_json_value(measures or {})),
    )


def run_process(row: SimulationRun) -> ProcessIdentity:
    """Return the process that a running row names."""
    return ProcessIdentity(
        row.host or "", row.process_id or 0, row.process_started_at or 0.0
    )


def summary_row(run_id: str, summary: Mapping[str, Any]) -> SimulationSummary:
    """Return the row of a run's summary; a measure that is no number stays empty."""
    columns = {name: _measure(summary.get(name)) for name in MEASURE_COLUMNS}
    return SimulationSummary(run_id=run_id, measures=to_json_value(summary), **columns)


def _measure(value: Any) -> float | None:
    plain = to_json_value(value)
    if isinstance(plain, bool) or not isinstance(plain, (int, float)):
        return None
    return plain if math.isfinite(plain) else None


def event_rows(run_id: str, artifacts: RunArtifacts) -> list[dict[str, Any]]:
    """Return the rows of a run's rebalancings; none for runs of another kind."""
    events = artifacts.tables.get(EVENTS_TABLE)
    if events is None or not set(EVENT_COLUMNS) <= set(events.columns):
        return []
    return [
        {"run_id": run_id, "sequence": sequence, **row}
        for sequence, row in enumerate(_plain_rows(events))
    ]


def _plain_rows(events: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: events[name].tolist() for name in EVENT_COLUMNS}
    columns["event_date"] = [_session(value) for value in columns["event_date"]]
    for name in ("before_weights", "after_weights"):
        columns[name] = [dict(value) for value in columns[name]]
    columns["trigger_type"] = [str(value) for value in columns["trigger_type"]]
    columns["cost_parts"] = _cost_parts(events)
    return [
        dict(zip(columns, values, strict=True))
        for values in zip(*columns.values(), strict=True)
    ]


def _cost_parts(events: pd.DataFrame) -> list[dict[str, float] | None]:
    """Return what each event's cost is made of; None where events do not say."""
    parts = {
        name.removeprefix(COST_PREFIX): events[name].tolist()
        for name in map(str, events.columns)
        if name.startswith(COST_PREFIX) and name not in EVENT_COLUMNS
    }
    if not parts:
        return [None] * len(events)
    return [
        {name: to_json_value(value) for name, value in zip(parts, row, strict=True)}
        for row in zip(*parts.values(), strict=True)
    ]


def backtest_row(row: SimulationRun, artifacts: RunArtifacts) -> BacktestRun | None:
    """Return the row of a completed backtest; None for runs of another kind."""
    request = from_json_value(row.request)
    if row.kind != RunKind.BACKTEST or not {*REQUEST_COLUMNS} <= set(request):
        return None
    summary = artifacts.summary
    measures = {
        name: _measure_within(summary.get(name), *limits)
        for name, limits in RESULT_COLUMNS.items()
    }
    first, last = _span(artifacts, row.created_at)
    return BacktestRun(
        run_id=row.run_id,
        **{name: to_json_value(request[name]) for name in REQUEST_COLUMNS},
        start_at=first,
        end_at=last,
        predicted_trades=_count(summary.get("predicted_trades")),
        total_trades=_count(summary.get("total_trades")),
        measures=to_json_value(summary),
        **measures,
    )


def _span(artifacts: RunArtifacts, otherwise: datetime) -> tuple[datetime, datetime]:
    """Return the open times of the first and the last bar."""
    equity = artifacts.tables.get("equity")
    zone = None if equity is None else getattr(equity.index, "tz", None)
    if equity is None or equity.empty or zone is None:
        return otherwise, otherwise
    first, last = equity.index.min(), equity.index.max()
    return first.to_pydatetime(), last.to_pydatetime()


def _measure_within(value: Any, low: float, high: float) -> float | None:
    measure = _measure(value)
    return measure if measure is not None and low <= measure <= high else None


def _count(value: Any) -> int | None:
    measure = _measure(value)
    return None if measure is None else int(measure)


def trade_rows(run_id: str, artifacts: RunArtifacts) -> list[dict[str, Any]]:
    """Return the rows of a backtest's trades; none for runs of another kind."""
    trades = artifacts.tables.get(TRADES_TABLE)
    if trades is None or not set(TRADE_COLUMNS) <= set(trades.columns):
        return []
    columns = {name: _plain_column(trades[name]) for name in TRADE_COLUMNS}
    return [
        {"run_id": run_id, "sequence": sequence, **dict(zip(columns, row, strict=True))}
        for sequence, row in enumerate(zip(*columns.values(), strict=True))
    ]


def optimization_rows(
    row: SimulationRun, artifacts: RunArtifacts
) -> list[dict[str, Any]]:
    """Return the rows of a search's best trials; none for runs of another kind.

    They are all trials up to ``MOST_OPTIMIZATION_ROWS``, and the best ``top`` in any
    case. A trial that has no value, or breaks a constraint, has no rank.
    """
    trials = artifacts.tables.get(TRIALS_TABLE)
    request = from_json_value(row.request)
    if row.kind != RunKind.OPTIMIZATION or trials is None or "space" not in request:
        return []
    kept = trials.head(max(MOST_OPTIMIZATION_ROWS, int(request.get("top") or 0)))
    names = [each["name"] for each in request["space"]["parameters"]]
    figures = [str(name) for name in kept if name not in {"trial", *names}]
    parameters, measures = (_documents(kept, chosen) for chosen in (names, figures))
    facts = kept.reindex(columns=[*TRIAL_FACTS]).to_dict("records")
    return [
        {
            "run_id": row.run_id,
            "evaluated_at": row.completed_at,
            "parameters": own,
            "measures": figure,
            **_trial_facts(fact),
        }
        for own, figure, fact in zip(parameters, measures, facts, strict=True)
    ]


def _documents(table: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Return for each row a mapping of these columns, JSON-ready."""
    columns = [_json_column(table[name]) for name in names]
    if not columns:
        return [{} for _ in range(len(table))]
    return [
        dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)
    ]


def _json_column(column: pd.Series[Any]) -> list[Any]:
    values = column.tolist()
    if column.dtype.kind in "biu":
        return values
    if column.dtype.kind == "f":
        return [v if math.isfinite(v) else to_json_value(v) for v in values]
    return [to_json_value(value) for value in values]


def _trial_facts(trial: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the named columns of a trial; None where it has no such figure."""
    value = _measure(trial["objective"])
    counts = bool(trial["feasible"]) and value is not None
    sharpe = _measure(trial["sharpe"])
    return {
        "trial": int(trial["trial"]),
        "rank": int(trial["rank"]) if counts else None,
        "objective": value,
        "total_return": _measure(trial["total_return"]),
        "sharpe": _measure(trial["sharpe_ratio"]) if sharpe is None else sharpe,
        "max_drawdown": _measure_within(trial["max_drawdown"], -1.0, 0.0),
        "total_trades": _count(trial["total_trades"]),
    }


def _plain_column(column: pd.Series[Any]) -> list[Any]:
    """Return the values as a database takes them: instants as such, nothing as None."""
    if column.dtype.kind == "M":
        values: list[Any] = list(column.dt.to_pydatetime())
    else:
        values = column.tolist()
    if column.dtype.kind in "biu":
        return values
    missing = column.isna()
    if missing.any():
        gone = missing.tolist()
        values = [None if no else v for v, no in zip(values, gone, strict=True)]
    if values and isinstance(values[0], Mapping):
        return [to_json_value(value) for value in values]
    return values


def _session(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value.date() if isinstance(value, datetime) else value
