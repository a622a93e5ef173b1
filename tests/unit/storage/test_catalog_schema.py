"""The migrations make exactly what the models say, on both databases."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from foresto_lab.storage.database import Database
from foresto_lab.storage.faults import WEIGHT_SUM_MESSAGE
from foresto_lab.storage.models import POSTGRESQL_ONLY, Base
from foresto_lab.storage.schema import MIGRATIONS, SCHEMA_VERSION, ensure_schema

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
}


@pytest.fixture
def migrated(tmp_path: Path) -> Database:
    database = Database(tmp_path / "foresto.db")
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
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_VERSION


def test_the_migrations_make_what_the_models_say(migrated: Database) -> None:
    with migrated.reading() as session:
        context = MigrationContext.configure(session.connection())
        differences = compare_metadata(context, Base.metadata)
    made = [d for d in differences if d[0] != "add_table" or not d[1].info]
    assert made == []


def statements_by_table(statements: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the parts of CREATE TABLE statements, in an order of their own."""
    parts = {}
    for name, statement in statements:
        inside = statement[statement.index("(") + 1 : statement.rindex(")")]
        lines = re.split(r",\s*\n", inside)
        parts[name] = sorted(" ".join(line.split()) for line in lines)
    return parts


def test_the_migrations_make_the_same_constraints(
    migrated: Database, tmp_path: Path
) -> None:
    query = text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' "
        "AND name NOT IN ('alembic_version', 'simulation_path')"
    )
    with migrated.reading() as session:
        by_migration = [tuple(row) for row in session.execute(query)]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        by_models = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    assert sorted(name for name, _ in by_migration) == embedded_tables()
    assert statements_by_table(by_migration) == statements_by_table(by_models)


def test_the_trigger_says_what_the_faults_listen_for(migrated: Database) -> None:
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
    assert "PARTITION BY RANGE (session)" in written
    assert "TIMESTAMP WITH TIME ZONE" in written
    assert "JSONB" in written
    assert "CREATE TRIGGER" not in written


def test_an_unfinished_migration_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("stopped")

    database = Database(tmp_path / "foresto.db")
    with monkeypatch.context() as patch:
        patch.setattr("foresto_lab.storage.schema.seed_definitions", fail)
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
