from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from foresto_lab.errors import CorruptStoreError
from foresto_lab.registry import DefinitionKind, DefinitionRegistry
from foresto_lab.storage import Storage, create_workspace, open_storage
from tests.contracts.registry import RegistryContract, strategy


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = create_workspace(tmp_path)
    yield storage
    storage.close()


@pytest.fixture
def registry(storage: Storage) -> DefinitionRegistry:
    return storage.registry


@pytest.fixture
def reopen(tmp_path: Path) -> Callable[[], DefinitionRegistry]:
    return lambda: open_storage(tmp_path).registry


class TestEmbeddedRegistry(RegistryContract):
    """The contract, on SQLite."""

    def test_a_changed_row_is_not_used(
        self, storage: Storage, registry: DefinitionRegistry
    ) -> None:
        registry.save(strategy())
        with storage.database.writing() as session:
            session.execute(
                text("UPDATE strategies SET definition = '{\"buyConditions\": []}'")
            )
        with pytest.raises(CorruptStoreError, match="Dip"):
            registry.find(DefinitionKind.STRATEGY, "Dip")
        off = registry.set_active(DefinitionKind.STRATEGY, "Dip", "1.0.0", active=False)
        assert not off.is_active
