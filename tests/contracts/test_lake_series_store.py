from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foresto_lab.storage.lake import LakeSeriesStore
from tests.contracts.series_store import SeriesStoreContract


@pytest.fixture
def store(tmp_path: Path) -> LakeSeriesStore:
    return LakeSeriesStore(tmp_path / "lake")


@pytest.fixture
def reopen(tmp_path: Path) -> Callable[[], LakeSeriesStore]:
    return lambda: LakeSeriesStore(tmp_path / "lake")


class TestLakeSeriesStore(SeriesStoreContract):
    """The contract, on Delta tables and DuckDB."""
