"""What a downgrade says it loses is what the migrations drop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from foresto_lab.errors import InputError
from foresto_lab.storage.database import Database
from foresto_lab.storage.losses import TABLES_OF_VERSION, plan_downgrade
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.schema import (
    SCHEMA_VERSION,
    SCHEMA_VERSIONS,
    downgrade_schema,
    migrate,
    upgrade_schema,
)
from foresto_lab.storage.sqlite.database import SqliteDatabase


@pytest.fixture
def database(
    store_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Database]:
    """Return an empty database, once of each kind."""
    opened: Database = SqliteDatabase(tmp_path / "foresto.db")
    if store_kind == "postgresql":
        opened = PostgresDatabase(request.getfixturevalue("database_url"))
    yield opened
    opened.close()


def rows_by_table(database: Database) -> dict[str, int]:
    """Return each table with its number in the database, which a new table changes."""
    with database.reading() as session:
        if database.dialect == "postgresql":
            query = (
                "SELECT relname, oid FROM pg_class WHERE relkind IN ('r', 'p') AND NOT "
                "relispartition AND relnamespace = current_schema()::regnamespace"
            )
            return {row.relname: row.oid for row in session.execute(text(query))}
        return dict.fromkeys(inspect(session.connection()).get_table_names(), 0)


def test_the_tables_of_a_version_are_those_its_migration_makes(
    database: Database,
) -> None:
    before: dict[str, int] = {}
    for version in SCHEMA_VERSIONS:
        with database.writing_alone() as session:
            migrate(session.connection(), version)
        after = rows_by_table(database)
        new = {name for name, oid in after.items() if before.get(name) != oid}
        declared = set(TABLES_OF_VERSION[version])
        if database.dialect == "postgresql":
            assert new - {"alembic_version"} == declared
        else:
            assert new - {"alembic_version"} <= declared
        before = after


def test_a_plan_counts_only_what_goes(database: Database) -> None:
    upgrade_schema(database)
    assert plan_downgrade(database).target == SCHEMA_VERSIONS[-2]
    assert plan_downgrade(database).losses == ()
    lost = {loss.table: loss.rows for loss in plan_downgrade(database, "base").losses}
    # The definitions that every catalog begins with.
    assert lost == {
        "instrument_map": 5,
        "instrument_master": 5,
        "model_version_registry": 7,
        "portfolio_allocation": 15,
        "portfolio_model": 3,
        "rebalancing_rule": 4,
        "scenario_definition": 3,
    }


def test_the_plan_is_what_happens(database: Database) -> None:
    upgrade_schema(database)
    for older in (*reversed(SCHEMA_VERSIONS[:-1]), "base"):
        assert plan_downgrade(database).target == older
        downgrade_schema(database, plan_downgrade(database).target)
    with pytest.raises(InputError, match="schema none"):
        plan_downgrade(database)
    assert upgrade_schema(database) is None
    assert plan_downgrade(database).found == SCHEMA_VERSION
