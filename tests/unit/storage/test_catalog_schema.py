"""The migrations make exactly what the models say, on both databases."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from foresto_lab.storage.faults import WEIGHT_SUM_MESSAGE
from foresto_lab.storage.models import POSTGRESQL_ONLY, Base
from foresto_lab.storage.schema import (
    MIGRATIONS,
    SCHEMA_VERSION,
    SCHEMA_VERSIONS,
    ensure_schema,
)
from foresto_lab.storage.sqlite.database import SqliteDatabase

TABLES_OF_THE_DESIGN = {
    "model_version_registry",
    "source_load_history",
    "instrument_master",
    "scenario_definition",
    "portfolio_model",
    "portfolio_allocation",
    "rebalancing_rule",
    "rebalancing_event",
    "simulation_run",
    "simulation_path",
    "simulation_summary",
    "indicators",
    "strategies",
    "backtest_runs",
    "backtest_trades",
    "backtest_equity",
    "optimization_results",
    "daily_price",
    "daily_return",
    "candles_history",
    "custom_portfolios",
    "trial_ledger",
}


@pytest.fixture
def migrated(tmp_path: Path) -> SqliteDatabase:
    database = SqliteDatabase(tmp_path / "foresto.db")
    ensure_schema(database)
    return database


def embedded_tables() -> list[str]:
    return sorted(
        table.name
        for table in Base.metadata.sorted_tables
        if not table.info.get(POSTGRESQL_ONLY)
    )


def test_the_models_have_the_tables_of_the_design() -> None:
    assert set(Base.metadata.tables) >= TABLES_OF_THE_DESIGN


def test_the_schema_version_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == SCHEMA_VERSION
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == SCHEMA_VERSIONS


def of_postgresql_only(difference: tuple[str, Any]) -> bool:
    kind, thing = difference[0], difference[1]
    named = {"add_table": thing, "add_index": getattr(thing, "table", None)}.get(kind)
    return named is not None and named.name not in embedded_tables()


def test_the_migrations_make_what_the_models_say(migrated: SqliteDatabase) -> None:
    with migrated.reading() as session:
        context = MigrationContext.configure(session.connection())
        differences = compare_metadata(context, Base.metadata)
    assert [d for d in differences if not of_postgresql_only(d)] == []


def statements_by_table(statements: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the parts of CREATE TABLE statements, in an order of their own."""
    parts = {}
    for name, statement in statements:
        inside = statement[statement.index("(") + 1 : statement.rindex(")")]
        lines = re.split(r",\s*\n|, (?=[a-z_]+ [A-Z]+(?:\(\d+\))?(?:,|$))", inside)
        parts[name] = sorted(" ".join(line.split()) for line in lines)
    return parts


def test_the_migrations_make_the_same_constraints(
    migrated: SqliteDatabase, tmp_path: Path
) -> None:
    query = text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' "
        "AND name <> 'alembic_version'"
    )
    with migrated.reading() as session:
        by_migration = [tuple(row) for row in session.execute(query)]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        tables = [Base.metadata.tables[name] for name in embedded_tables()]
        Base.metadata.create_all(connection, tables)
        by_models = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    assert sorted(name for name, _ in by_migration) == embedded_tables()
    assert statements_by_table(by_migration) == statements_by_table(by_models)


def test_the_trigger_says_what_the_faults_listen_for(migrated: SqliteDatabase) -> None:
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    with migrated.reading() as session:
        triggers = {row.name: row.sql for row in session.execute(query)}
    assert sorted(triggers) == [
        "portfolio_allocation_weight_sum_insert",
        "portfolio_allocation_weight_sum_update",
    ]
    assert all(WEIGHT_SUM_MESSAGE in sql for sql in triggers.values())


def test_the_migrations_can_be_written_for_postgresql() -> None:
    script = StringIO()
    config = Config(output_buffer=script)
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", "postgresql://")
    command.upgrade(config, "head", sql=True)
    written = script.getvalue()
    for table in TABLES_OF_THE_DESIGN:
        assert f"CREATE TABLE {table} (" in written
    for key in ("date", "open_time", "expires_on"):
        assert f"PARTITION BY RANGE ({key})" in written
    assert "TIMESTAMP WITH TIME ZONE" in written
    assert "JSONB" in written
    assert "CREATE CONSTRAINT TRIGGER portfolio_weight_sum" in written
    assert WEIGHT_SUM_MESSAGE in written
    assert "RAISE(ABORT" not in written


def test_an_unfinished_migration_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("stopped")

    database = SqliteDatabase(tmp_path / "foresto.db")
    with monkeypatch.context() as patch:
        patch.setattr("foresto_lab.storage.seeds.seed_definitions", fail)
        with pytest.raises(RuntimeError, match="stopped"):
            ensure_schema(database)
    with database.reading() as session:
        tables = session.execute(text("SELECT count(*) FROM sqlite_master")).scalar()
    assert tables == 0
    ensure_schema(database)
    with database.reading() as session:
        query = text("SELECT count(*) FROM scenario_definition")
        assert session.execute(query).scalar() == 3
    database.close()
