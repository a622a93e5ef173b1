from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.series_store import PostgresSeriesStore
from tests.contracts.series_store import SeriesStoreContract


@pytest.fixture
def store(team_url: str) -> Iterator[PostgresSeriesStore]:
    database = PostgresDatabase(team_url)
    yield PostgresSeriesStore(database)
    database.close()


@pytest.fixture
def reopen(team_url: str) -> Iterator[Callable[[], PostgresSeriesStore]]:
    databases = []

    def open_another() -> PostgresSeriesStore:
        databases.append(PostgresDatabase(team_url))
        return PostgresSeriesStore(databases[-1])

    yield open_another
    for database in databases:
        database.close()


class TestPostgresSeriesStore(SeriesStoreContract):
    """The contract, on partitions of PostgreSQL."""
