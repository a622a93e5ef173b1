"""Real processes on one lake: eight at once, killed ones, forked ones."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foresto_lab.storage.lake import LakeSeriesStore
from tests.contracts.series_store import closes, price_table
from tests.integration.forked import REPOSITORY, Forks, kill
from tests.integration.lake_workers import (
    GENERATION_DAYS,
    GENERATION_SYMBOLS,
    PRELOADED,
    ROUNDS,
    SHARED_DAYS,
    load_and_read,
    load_endlessly,
    use_then_fork,
)

PROCESSES = 8
KILLS = 30


@pytest.fixture(scope="module")
def workers() -> Iterator[Forks]:
    with Forks(*PRELOADED) as workers:
        yield workers


def test_eight_processes_lose_nothing(workers: Forks, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    for number in range(PROCESSES):
        workers.start(load_and_read, lake, number)
    said = [workers.hear() for _ in range(PROCESSES)]

    assert all(isinstance(value, list) for value in said), said
    assert [own for own, _ in said] == [20 * ROUNDS] * PROCESSES
    assert sum(shared for _, shared in said) == SHARED_DAYS
    store = LakeSeriesStore(lake)
    coverage = store.coverage().set_index("symbol")["row_count"].to_dict()
    own = {f"W{number}": 20 * ROUNDS for number in range(PROCESSES)}
    assert coverage == own | {"SHARED": SHARED_DAYS}
    shared = store.price_matrix(["SHARED"])["SHARED"]
    assert shared.tolist() == [float(ROUNDS)] * SHARED_DAYS
    store.update_returns()
    returns = store.daily_returns(["W0"])["daily_return"]
    within = [(n + 2) / (n + 1) - 1 for n in range(19)]
    between = [1.0 / 20.0 - 1]
    assert returns.tolist() == (within + between) * (ROUNDS - 1) + within


def test_killed_in_the_middle_of_a_load(workers: Forks, tmp_path: Path) -> None:
    """``kill -9`` at random moments: the rows are those before or those after."""
    random.seed(11)
    lake, diary = str(tmp_path / "lake"), tmp_path / "diary"
    last = 0
    for _ in range(KILLS):
        worker = workers.start(load_endlessly, lake, last + 1, str(diary))
        assert workers.hear() == "begun"
        time.sleep(random.uniform(0.0, 0.2))
        kill(worker)
        noted = int(diary.read_text())
        store = LakeSeriesStore(lake)

        values = store.daily_prices()[["open", "adj_close", "volume"]].to_numpy()

        assert len(values) == GENERATION_SYMBOLS * len(GENERATION_DAYS)
        seen = {int(value) for value in values.ravel()}
        assert len(seen) == 1
        assert seen <= {noted, noted + 1}
        (last,) = seen
    assert last >= KILLS


def test_orphans_are_cleared_once_they_are_old(tmp_path: Path) -> None:
    store = LakeSeriesStore(tmp_path / "lake")
    store.load_daily_prices(price_table(closes("A", "2024-01-01", [1.0, 2.0])))
    kept = next((tmp_path / "lake" / "daily_price").rglob("*.parquet"))
    young, old = kept.with_name("young.parquet"), kept.with_name("old.parquet")
    for path in (young, old):
        path.write_bytes(kept.read_bytes())
    for path in (old, kept):
        os.utime(path, (0, 0))

    store.compact()

    assert kept.exists()
    assert young.exists()
    assert not old.exists()
    assert len(store.daily_prices()) == 2


def test_a_store_lives_on_after_a_fork(workers: Forks, tmp_path: Path) -> None:
    workers.start(use_then_fork, str(tmp_path / "lake"))

    assert workers.hear() == [0, [1, 1, 2], 2]


def test_many_days_stay_few_files(tmp_path: Path) -> None:
    store = LakeSeriesStore(tmp_path / "lake")
    versions = []
    for day in range(1, 29):
        rows = closes("A", f"2024-02-{day:02}", [float(day)])
        versions.append(store.load_daily_prices(price_table(rows)).data_version)

    assert len(store._prices.snapshot().files) < 10
    assert len(set(versions)) == 28
    assert store.data_version() == versions[-1]
    for day, version in enumerate(versions, start=1):
        assert len(store.daily_prices(data_version=version)) == day


def test_a_long_history_of_commits_opens_quickly(tmp_path: Path) -> None:
    store = LakeSeriesStore(tmp_path / "lake")
    first = store.load_daily_prices(price_table(closes("A", "2024-01-01", [0.0])))
    for number in range(1, 60):
        rows = closes("A", "2024-01-01", [float(number)])
        store.load_daily_prices(price_table(rows))
    log = tmp_path / "lake" / "daily_price" / "_delta_log"

    assert any("checkpoint" in path.name for path in log.iterdir())
    fresh = LakeSeriesStore(tmp_path / "lake")
    assert fresh.daily_prices()["close"].tolist() == [59.0]
    old = fresh.daily_prices(data_version=first.data_version)
    assert old["close"].tolist() == [0.0]


def test_making_a_store_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from foresto_lab.storage.lake import LakeSeriesStore\n"
        f"LakeSeriesStore({str(tmp_path)!r})\n"
        "heavy = {'duckdb', 'deltalake', 'pyarrow', 'pandas', 'tenacity'}\n"
        "print(sorted(set(sys.modules) & heavy))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )

    assert answer.stdout.splitlines() == ["[]"]
