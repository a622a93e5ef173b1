from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from foresto_lab.storage.postgresql.candle_store import PostgresCandleStore
from foresto_lab.storage.postgresql.database import PostgresDatabase
from tests.contracts.candle_store import CandleStoreContract


@pytest.fixture
def store(team_url: str) -> Iterator[PostgresCandleStore]:
    database = PostgresDatabase(team_url)
    yield PostgresCandleStore(database)
    database.close()


@pytest.fixture
def reopen(team_url: str) -> Iterator[Callable[[], PostgresCandleStore]]:
    databases = []

    def open_another() -> PostgresCandleStore:
        databases.append(PostgresDatabase(team_url))
        return PostgresCandleStore(databases[-1])

    yield open_another
    for database in databases:
        database.close()


class TestPostgresCandleStore(CandleStoreContract):
    """The contract, on partitions of PostgreSQL."""
