from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foresto_lab.storage.lake import LakeCandleStore
from tests.contracts.candle_store import CandleStoreContract


@pytest.fixture
def store(tmp_path: Path) -> LakeCandleStore:
    return LakeCandleStore(tmp_path / "lake")


@pytest.fixture
def reopen(tmp_path: Path) -> Callable[[], LakeCandleStore]:
    return lambda: LakeCandleStore(tmp_path / "lake")


class TestLakeCandleStore(CandleStoreContract):
    """The contract, on a Delta table and DuckDB."""
