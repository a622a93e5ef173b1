from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foresto_lab.storage.schema import ensure_schema
from foresto_lab.storage.sqlite.database import SqliteDatabase
from foresto_lab.storage.trial_ledger import DatabaseTrialLedger
from tests.contracts.trial_ledger import TrialLedgerContract


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "foresto.db")
    ensure_schema(database)
    yield database
    database.close()


@pytest.fixture
def ledger(database: SqliteDatabase) -> DatabaseTrialLedger:
    return DatabaseTrialLedger(database)


@pytest.fixture
def reopen(
    database: SqliteDatabase, tmp_path: Path
) -> Iterator[Callable[[], DatabaseTrialLedger]]:
    opened = []

    def again() -> DatabaseTrialLedger:
        opened.append(SqliteDatabase(tmp_path / "foresto.db"))
        return DatabaseTrialLedger(opened[-1])

    yield again
    for each in opened:
        each.close()


class TestEmbeddedTrialLedger(TrialLedgerContract):
    """The contract, on SQLite."""
