"""Going to version 0003 and back keeps what both versions can hold, on both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from foresto_lab.errors import StorageError
from foresto_lab.storage.database import Database
from foresto_lab.storage.losses import plan_downgrade
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.schema import (
    SCHEMA_VERSION,
    downgrade_schema,
    upgrade_schema,
)
from foresto_lab.storage.sqlite.database import SqliteDatabase

RUN = (
    "INSERT INTO simulation_run (run_id, kind, name, request, request_hash, status, "
    "engine_version, packages, data_version, snapshots, created_at, created_by) VALUES "
    "('{run_id}', '{kind}', 'N', '{{}}', '{hash}', 'pending', '1', '{{}}', 'v', "
    "'{{}}', '2024-01-02 00:00:00', 'me')"
)
EVENT = (
    "INSERT INTO rebalancing_event (run_id, sequence, event_date, trigger_type, "
    "trigger_detail, before_weights, after_weights, turnover, cost_rate, cost_amount, "
    "nav_before, nav_after) VALUES ('{run_id}', {sequence}, '2024-01-31', '{trigger}', "
    "'D', '{{}}', '{{}}', 0.1, 0, 0, 100, {after})"
)


@pytest.fixture
def database(
    store_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Database]:
    """Return a database of version 0002 with a run that has an event."""
    opened: Database = SqliteDatabase(tmp_path / "foresto.db")
    if store_kind == "postgresql":
        opened = PostgresDatabase(request.getfixturevalue("database_url"))
    upgrade_schema(opened)
    downgrade_schema(opened, "0002")
    run(opened, "simulation", "A")
    event(opened, "A", "PERIODIC", 99.0)
    yield opened
    opened.close()


def execute(database: Database, statement: str) -> None:
    with database.writing_alone() as session:
        session.execute(text(statement))


def run(database: Database, kind: str, run_id: str) -> None:
    execute(database, RUN.format(kind=kind, run_id=run_id, hash="0" * 64))


def event(
    database: Database, run_id: str, trigger: str, after: float, sequence: int = 0
) -> None:
    filled = EVENT.format(
        run_id=run_id, trigger=trigger, after=after, sequence=sequence
    )
    execute(database, filled)


def column(database: Database, query: str) -> list[object]:
    with database.reading() as session:
        return list(session.scalars(text(query)))


def test_the_older_version_refuses_what_only_the_newer_one_holds(
    database: Database,
) -> None:
    for kind in ("forward", "study"):
        with pytest.raises(StorageError):
            run(database, kind, kind)
    with pytest.raises(StorageError):
        event(database, "A", "SCHEDULE", 99.0, 1)
    with pytest.raises(StorageError):
        event(database, "A", "PERIODIC", 0.0, 1)


def test_runs_and_their_events_stay_when_rules_are_widened(database: Database) -> None:
    assert upgrade_schema(database) == "0002"
    assert column(database, "SELECT run_id FROM simulation_run") == ["A"]
    assert column(database, "SELECT nav_after FROM rebalancing_event") == [99.0]
    for kind in ("forward", "study"):
        run(database, kind, kind)
    event(database, "A", "SCHEDULE", 98.0, 1)
    event(database, "A", "DRIFT", 0.0, 2)
    with pytest.raises(StorageError):
        run(database, "dream", "B")
    with pytest.raises(StorageError):
        event(database, "A", "DRIFT", -1.0, 3)
    with pytest.raises(StorageError):
        event(database, "nobody", "DRIFT", 1.0)


def test_the_funds_of_a_new_catalog_get_their_market(database: Database) -> None:
    upgrade_schema(database)
    markets = column(database, "SELECT market FROM instrument_master")
    assert markets == ["KRX_ETF"] * 5


def test_going_back_takes_only_what_was_planned(database: Database) -> None:
    upgrade_schema(database)
    for kind in ("forward", "study"):
        run(database, kind, kind)
    event(database, "A", "SCHEDULE", 98.0, 1)
    event(database, "study", "DRIFT", 98.0)
    execute(
        database,
        "INSERT INTO custom_portfolios (name, name_key, version, checksum, source, "
        "definition, is_active, tags, metadata, registered_at) VALUES ('P', 'p', "
        f"'1.0.0', '{'0' * 64}', 'json', '{{}}', true, '[]', '{{}}', "
        "'2024-01-02 00:00:00')",
    )
    lost = {loss.table: loss.rows for loss in plan_downgrade(database, "0002").losses}
    assert lost == {"custom_portfolios": 1, "simulation_run": 2, "rebalancing_event": 2}
    assert downgrade_schema(database, "0002") == SCHEMA_VERSION
    assert column(database, "SELECT run_id FROM simulation_run") == ["A"]
    assert column(database, "SELECT trigger_type FROM rebalancing_event") == [
        "PERIODIC"
    ]
    with pytest.raises(StorageError):
        run(database, "forward", "B")
    run(database, "backtest", "C")
    execute(database, "DELETE FROM simulation_run WHERE run_id = 'A'")
    assert column(database, "SELECT run_id FROM rebalancing_event") == []


def test_an_embedded_catalog_is_whole_after_going_there_and_back(
    tmp_path: Path,
) -> None:
    database = SqliteDatabase(tmp_path / "foresto.db")
    upgrade_schema(database)
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    before = column(database, query)
    downgrade_schema(database, "0002")
    upgrade_schema(database)
    assert column(database, query) == before
    assert column(database, "PRAGMA integrity_check") == ["ok"]
    assert column(database, "PRAGMA foreign_key_check") == []
    database.close()
