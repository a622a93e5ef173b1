from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from foresto_lab.errors import StorageError, WeightError
from foresto_lab.rebalancing import Drift, Hybrid, Periodic
from foresto_lab.scenarios import Instrument, Scenario
from foresto_lab.storage import Storage, create_workspace, open_storage
from foresto_lab.storage.catalog import DatabaseCatalog
from foresto_lab.storage.sqlite.database import SqliteDatabase
from tests.contracts.catalog import CatalogContract, scenario


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = create_workspace(tmp_path)
    yield storage
    storage.close()


@pytest.fixture
def catalog(storage: Storage) -> DatabaseCatalog:
    assert isinstance(storage.catalog, DatabaseCatalog)
    return storage.catalog


@pytest.fixture
def reopen(tmp_path: Path) -> Callable[[], DatabaseCatalog]:
    def opened() -> DatabaseCatalog:
        catalog = open_storage(tmp_path).catalog
        assert isinstance(catalog, DatabaseCatalog)
        return catalog

    return opened


@pytest.fixture
def database(tmp_path: Path, storage: Storage) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "data" / "foresto.db")
    yield database
    database.close()


class TestEmbeddedCatalog(CatalogContract):
    """The contract, on SQLite."""


def test_the_weight_sum_rule_is_in_the_database(database: SqliteDatabase) -> None:
    statements = [
        "UPDATE portfolio_allocation SET weight = 0.16 "
        "WHERE asset_class = 'equity' AND portfolio_id = 1",
        "INSERT INTO portfolio_allocation VALUES (1, 'crypto', 5, 0.00001)",
        "UPDATE portfolio_allocation SET portfolio_id = 1, asset_class = 'x' "
        "WHERE portfolio_id = 2 AND asset_class = 'gold'",
    ]
    for statement in statements:
        with (
            pytest.raises(WeightError, match=r"Portfolio weight sum exceeds 1\.0"),
            database.writing() as session,
        ):
            session.execute(text(statement))
    with database.writing() as session:
        session.execute(
            text("INSERT INTO portfolio_allocation VALUES (1, 'crypto', 5, 0.0)")
        )
    with database.reading() as session:
        sums = session.scalars(
            text("SELECT sum(weight) FROM portfolio_allocation GROUP BY portfolio_id")
        ).all()
    assert sums == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("portfolio_allocation", "weight", -0.01),
        ("portfolio_allocation", "asset_class", ""),
        ("rebalancing_rule", "threshold", 0.0),
        ("rebalancing_rule", "threshold", 1.0),
        ("rebalancing_rule", "cost_rate", -0.001),
        ("rebalancing_rule", "cost_rate", 1.0),
        ("rebalancing_rule", "frequency", "DAILY"),
        ("rebalancing_rule", "base_day", "MONDAY"),
        ("rebalancing_rule", "trigger_type", "NONE"),
        ("instrument_master", "currency", "WON!"),
        ("instrument_master", "symbol", ""),
        ("instrument_map", "asset_class", "crypto"),
        ("model_version_registry", "kind", "thing"),
    ],
)
def test_every_range_is_held_in_the_database(
    database: SqliteDatabase, table: str, column: str, value: object
) -> None:
    with (
        pytest.raises(StorageError) as caught,
        database.writing() as session,
    ):
        session.execute(text(f"UPDATE {table} SET {column} = :value"), {"value": value})
    assert isinstance(caught.value.__cause__, IntegrityError)
    assert f"ck_{table}" in str(caught.value)


def test_references_are_held_in_the_database(database: SqliteDatabase) -> None:
    with (
        pytest.raises(StorageError, match="FOREIGN KEY"),
        database.writing() as session,
    ):
        session.execute(
            text("INSERT INTO portfolio_allocation VALUES (99, 'equity', 0, 0.5)")
        )


def test_rule_columns_repeat_what_queries_ask_for(
    catalog: DatabaseCatalog, database: SqliteDatabase
) -> None:
    catalog.save_rule("a", Periodic("WEEKLY", "LAST_TRADING_DAY", cost_rate=0.0))
    catalog.save_rule("b", Drift(0.2, cost_rate=0.002))
    catalog.save_rule("c", Hybrid(Periodic("ANNUAL"), Drift(0.1), "ANY"))
    with database.reading() as session:
        rows = session.execute(
            text(
                "SELECT trigger_type, frequency, base_day, threshold, cost_rate "
                "FROM rebalancing_rule WHERE name IN ('a', 'b', 'c') ORDER BY name"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("PERIODIC", "WEEKLY", "LAST_TRADING_DAY", None, 0.0),
        ("DRIFT", None, None, 0.2, 0.002),
        ("HYBRID", "ANNUAL", "FIRST_TRADING_DAY", 0.1, 0.001),
    ]


def test_every_definition_that_was_in_force_stays_on_record(
    catalog: DatabaseCatalog, database: SqliteDatabase
) -> None:
    first, second = scenario(equity=0.5), scenario(equity=0.6)
    for given in (first, second, first, first):
        catalog.save_scenario(given)
    with database.reading() as session:
        rows = session.execute(
            text(
                "SELECT checksum FROM model_version_registry "
                "WHERE kind = 'scenario' AND name = 'HALF' ORDER BY version_id"
            )
        ).scalars()
        assert list(rows) == [first.checksum, second.checksum]


def test_seeding_again_changes_nothing_and_adds_what_is_missing(
    tmp_path: Path, catalog: DatabaseCatalog, database: SqliteDatabase
) -> None:
    changed = Scenario("growth", "내 성장", "My growth", {"equity": 0.8})
    catalog.save_scenario(changed)
    catalog.save_rule("monthly", Periodic("MONTHLY", "LAST_TRADING_DAY"))
    catalog.save_instruments([Instrument("069500", "내 이름", "Mine", "equity")])
    catalog.map_instrument("equity", "SPY")
    with database.writing() as session:
        session.execute(text("DELETE FROM scenario_definition WHERE name = 'MIN_VOL'"))
    create_workspace(tmp_path)
    create_workspace(tmp_path)
    assert catalog.scenario("GROWTH") == changed
    assert catalog.rule("MONTHLY") == Periodic("MONTHLY", "LAST_TRADING_DAY")
    assert catalog.instruments()[0].name_en == "Mine"
    assert catalog.instrument_map()["equity"] == "SPY"
    assert sorted(s.name for s in catalog.scenarios()) == [
        "DEFENSIVE",
        "MIN_VOL",
        "growth",
    ]
    assert len(catalog.instruments()) == 5
