from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.registry_store import DatabaseRegistry
from tests.contracts.registry import RegistryContract


@pytest.fixture
def reopen(team_url: str) -> Iterator[Callable[[], DatabaseRegistry]]:
    opened: list[PostgresDatabase] = []

    def reopened() -> DatabaseRegistry:
        opened.append(PostgresDatabase(team_url))
        return DatabaseRegistry(opened[-1])

    yield reopened
    for database in opened:
        database.close()


@pytest.fixture
def registry(reopen: Callable[[], DatabaseRegistry]) -> DatabaseRegistry:
    return reopen()


class TestPostgresRegistry(RegistryContract):
    """The contract, on PostgreSQL."""
