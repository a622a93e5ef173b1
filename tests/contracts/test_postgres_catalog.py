from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from foresto_lab.errors import WeightError
from foresto_lab.storage.catalog import DatabaseCatalog
from foresto_lab.storage.postgresql.database import PostgresDatabase
from tests.contracts.catalog import CatalogContract, scenario


@pytest.fixture
def database(team_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(team_url)
    yield database
    database.close()


@pytest.fixture
def catalog(database: PostgresDatabase) -> DatabaseCatalog:
    return DatabaseCatalog(database)


@pytest.fixture
def reopen(team_url: str) -> Iterator[Callable[[], DatabaseCatalog]]:
    opened: list[PostgresDatabase] = []

    def reopened() -> DatabaseCatalog:
        opened.append(PostgresDatabase(team_url))
        return DatabaseCatalog(opened[-1])

    yield reopened
    for database in opened:
        database.close()


class TestPostgresCatalog(CatalogContract):
    """The contract, on PostgreSQL."""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portfolio_allocation SET weight = 0.16 "
        "WHERE asset_class = 'equity' AND portfolio_id = 1",
        "INSERT INTO portfolio_allocation VALUES (1, 'crypto', 5, 0.00001)",
        "UPDATE portfolio_allocation SET portfolio_id = 1, asset_class = 'x' "
        "WHERE portfolio_id = 2 AND asset_class = 'gold'",
    ],
)
def test_the_weight_sum_rule_is_in_the_database(
    database: PostgresDatabase, statement: str
) -> None:
    with (
        pytest.raises(WeightError, match=r"Portfolio weight sum exceeds 1\.0"),
        database.writing() as session,
    ):
        session.execute(text(statement))


def test_weights_may_be_over_one_in_between(database: PostgresDatabase) -> None:
    """The rule is held when the transaction ends, not row by row."""
    with database.writing() as session:
        for weight, name in ((0.85, "equity"), (0.0, "bond"), (0.0, "cash")):
            session.execute(
                text(
                    "UPDATE portfolio_allocation SET weight = :weight "
                    "WHERE portfolio_id = 1 AND asset_class = :name"
                ),
                {"weight": weight, "name": name},
            )


def test_two_transactions_together_cannot_exceed_one(
    database: PostgresDatabase, catalog: DatabaseCatalog
) -> None:
    catalog.save_scenario(scenario(equity=0.4))
    both_have_written = threading.Barrier(2)
    refused: list[Exception] = []

    def add(name: str) -> None:
        try:
            with database.writing() as session:
                session.execute(
                    text(
                        "INSERT INTO portfolio_allocation "
                        "SELECT max(portfolio_id), :name, 7, 0.5 FROM portfolio_model"
                    ),
                    {"name": name},
                )
                both_have_written.wait()
        except WeightError as error:
            refused.append(error)

    threads = [threading.Thread(target=add, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert sum(catalog.scenario("HALF").weights.values()) == pytest.approx(0.9)
