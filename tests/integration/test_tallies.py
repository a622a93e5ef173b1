"""Counting in the database gives what counting the rows by hand gives, on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.runs.tally import LoadTally
from foresto_lab.storage.catalog import DatabaseCatalog
from foresto_lab.storage.database import Database
from foresto_lab.storage.processes import this_process
from foresto_lab.storage.run_records import run_row
from foresto_lab.storage.schema import ensure_schema
from foresto_lab.storage.tallies import read_tally
from foresto_lab.types import RunKind, RunStatus
from tests.integration.run_workers import record

NOW = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
RUNS = (
    (RunKind.SIMULATION, RunStatus.COMPLETED, NOW - timedelta(days=2)),
    (RunKind.SIMULATION, RunStatus.COMPLETED, NOW - timedelta(days=1)),
    (RunKind.SIMULATION, RunStatus.FAILED, None),
    (RunKind.REPORT, RunStatus.COMPLETED, NOW - timedelta(hours=3)),
    (RunKind.REPORT, RunStatus.RUNNING, NOW - timedelta(seconds=119)),
    (RunKind.BACKTEST, RunStatus.RUNNING, NOW - timedelta(seconds=121)),
    (RunKind.BACKTEST, RunStatus.RUNNING, NOW - timedelta(days=30)),
)
"""Kind, status, and when it was completed or gave its last sign of life."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    from foresto_lab.storage.postgresql.database import PostgresDatabase
    from foresto_lab.storage.sqlite.database import SqliteDatabase

    made: Database
    if request.param == "sqlite":
        made = SqliteDatabase(tmp_path / "foresto.db")
    else:
        made = PostgresDatabase(request.getfixturevalue("database_url"))
    ensure_schema(made)
    yield made
    made.close()


def test_nothing_is_nothing(database: Database) -> None:
    tally = read_tally(database, NOW)
    assert dict(tally.runs.counts) == {}
    assert dict(tally.runs.last_completed) == {}
    assert tally.runs.silent == 0
    assert tally.loads == ()


def test_runs_by_kind_and_status(database: Database) -> None:
    with database.writing() as session:
        for number, (kind, status, at) in enumerate(RUNS):
            run = replace(record(number), kind=kind, run_id=f"run-{number}")
            row = run_row(run, this_process(), NOW - timedelta(days=60))
            row.status = str(status)
            if status is RunStatus.COMPLETED:
                row.completed_at = at
                row.artifact_checksum = "a" * 64
            elif status is RunStatus.RUNNING:
                row.heartbeat_at = at
            else:
                row.error_message = "no"
            session.add(row)
    tally = read_tally(database, NOW).runs
    assert dict(tally.counts) == {
        (RunKind.SIMULATION, RunStatus.COMPLETED): 2,
        (RunKind.SIMULATION, RunStatus.FAILED): 1,
        (RunKind.REPORT, RunStatus.COMPLETED): 1,
        (RunKind.REPORT, RunStatus.RUNNING): 1,
        (RunKind.BACKTEST, RunStatus.RUNNING): 2,
    }
    assert dict(tally.last_completed) == {
        RunKind.SIMULATION: NOW - timedelta(days=1),
        RunKind.REPORT: NOW - timedelta(hours=3),
    }
    assert tally.silent == 2


def test_loads_by_table_and_end(database: Database) -> None:
    catalog = DatabaseCatalog(database)
    outcomes = (
        LoadOutcome(10, 7, 2, 1, "daily_price@1-000000000000"),
        LoadOutcome(5, 0, 0, 5, "daily_price@1-000000000000"),
        None,
    )
    for hour, outcome in enumerate(outcomes):
        catalog.record_load(
            source="prices.csv",
            checksum="c" * 64,
            table="daily_price",
            outcome=outcome,
            findings=(),
            loaded_at=NOW + timedelta(hours=hour),
            options={},
        )
    refused, loaded = sorted(
        read_tally(database, NOW).loads, key=lambda load: load.status, reverse=True
    )
    assert refused == LoadTally(
        table="daily_price",
        status="refused",
        last_at=NOW + timedelta(hours=2),
        loads=1,
        rows_inserted=0,
        rows_updated=0,
        rows_unchanged=0,
    )
    assert loaded == LoadTally(
        table="daily_price",
        status="loaded",
        last_at=NOW + timedelta(hours=1),
        loads=2,
        rows_inserted=7,
        rows_updated=2,
        rows_unchanged=6,
    )
