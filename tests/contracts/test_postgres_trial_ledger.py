from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.trial_ledger import DatabaseTrialLedger
from tests.contracts.trial_ledger import TrialLedgerContract


@pytest.fixture
def database(team_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(team_url)
    yield database
    database.close()


@pytest.fixture
def ledger(database: PostgresDatabase) -> DatabaseTrialLedger:
    return DatabaseTrialLedger(database)


@pytest.fixture
def reopen(team_url: str) -> Iterator[Callable[[], DatabaseTrialLedger]]:
    opened: list[PostgresDatabase] = []

    def again() -> DatabaseTrialLedger:
        opened.append(PostgresDatabase(team_url))
        return DatabaseTrialLedger(opened[-1])

    yield again
    for each in opened:
        each.close()


class TestPostgresTrialLedger(TrialLedgerContract):
    """The contract, on PostgreSQL."""
