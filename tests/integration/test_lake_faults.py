"""Full disks, closed folders and damaged files, for real.

After each the rows of before still read, and the next load works.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from foresto_lab.errors import (
    CorruptStoreError,
    DiskFullError,
    StorageError,
    WorkspaceReadOnlyError,
)
from foresto_lab.storage.lake import LakeSeriesStore
from tests.contracts.series_store import (
    TWO_SYMBOLS,
    closes,
    counts,
    price_table,
    stored,
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")


def many_rows(count: int) -> pa.Table:
    """Return rows of one symbol that no encoding makes small."""
    random = np.random.default_rng(3)
    days = np.datetime64("1900-01-01", "D") + np.arange(count)
    fields = {
        name: random.random(count)
        for name in ("open", "high", "low", "close", "adj_close", "volume")
    }
    return pa.table({"symbol": ["BIG"] * count, "date": pa.array(days), **fields})


def mount(*arguments: str) -> None:
    finished = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    if finished.returncode:
        pytest.skip(f"cannot mount: {finished.stderr.decode()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def store(tmp_path: Path) -> LakeSeriesStore:
    store = LakeSeriesStore(tmp_path / "lake")
    store.load_daily_prices(price_table(TWO_SYMBOLS[:3]))
    return store


@contextmanager
def file_size_limit(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def as_nobody() -> Iterator[None]:
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# --- full disk --------------------------------------------------------------------


@needs_root
def test_a_full_disk_discards_the_load_and_keeps_the_rest(small_disk: Path) -> None:
    store = LakeSeriesStore(small_disk / "lake")
    version = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version

    with pytest.raises(DiskFullError, match="Free some space"):
        store.load_daily_prices(many_rows(40_000))

    for reader in (store, LakeSeriesStore(small_disk / "lake")):
        assert stored(reader) == list(TWO_SYMBOLS)
        assert reader.data_version() == version
    outcome = store.load_daily_prices(price_table(closes("A", "2024-01-02", [1.0])))
    assert counts(outcome) == (1, 1, 0, 0)


@needs_root
def test_a_disk_too_full_for_the_log_keeps_everything(small_disk: Path) -> None:
    store = LakeSeriesStore(small_disk / "lake")
    store.load_daily_prices(price_table(TWO_SYMBOLS))
    filler = small_disk / "filler"
    for number in range(200):
        free = shutil.disk_usage(small_disk).free
        with filler.open("ab") as content:
            content.write(b"x" * max(free - 4096 * (number % 6), 0))
        row = price_table(closes(f"N{number}", "2024-01-02", [1.0]))
        before = stored(store)
        try:
            store.load_daily_prices(row)
        except DiskFullError:
            assert stored(LakeSeriesStore(small_disk / "lake")) == before
        else:
            assert len(stored(LakeSeriesStore(small_disk / "lake"))) == len(before) + 1
        if number % 6 == 5:
            filler.unlink()

    filler.unlink(missing_ok=True)
    assert store.load_daily_prices(price_table(TWO_SYMBOLS)).rows_unchanged == 5


@needs_root
def test_a_disk_full_from_the_start_is_said_so(small_disk: Path) -> None:
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"x" * free)
    store = LakeSeriesStore(small_disk / "lake")

    with pytest.raises(DiskFullError):
        store.load_daily_prices(price_table(TWO_SYMBOLS))

    assert stored(store) == []
    (small_disk / "filler").unlink()
    assert store.load_daily_prices(price_table(TWO_SYMBOLS)).rows_inserted == 5


def test_a_limit_on_file_sizes_reads_as_a_full_disk(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file())

    with file_size_limit(20_000), pytest.raises(DiskFullError):
        store.load_daily_prices(many_rows(40_000))

    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == files
    assert stored(store) == list(TWO_SYMBOLS[:3])
    assert store.load_daily_prices(many_rows(1000)).rows_inserted == 1000
    assert len(stored(store)) == 1003


def test_a_log_that_cannot_be_written_discards_the_load(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file())

    with file_size_limit(4000), pytest.raises(DiskFullError):
        store.load_daily_prices(many_rows(40_000).take(list(range(0, 40_000, 1500))))

    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == files
    assert stored(LakeSeriesStore(tmp_path / "lake")) == list(TWO_SYMBOLS[:3])


# --- closed folders ---------------------------------------------------------------


@needs_root
def test_a_read_only_disk_still_reads(store: LakeSeriesStore, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    mount("--bind", lake, lake)
    try:
        mount("-o", "remount,ro,bind", lake)
        for reader in (store, LakeSeriesStore(lake)):
            with pytest.raises(WorkspaceReadOnlyError, match="Nothing was changed"):
                reader.load_daily_prices(price_table(TWO_SYMBOLS))
            with pytest.raises(WorkspaceReadOnlyError):
                reader.update_returns()
            with pytest.raises(WorkspaceReadOnlyError):
                reader.compact()
            assert stored(reader) == list(TWO_SYMBOLS[:3])
    finally:
        subprocess.run(["umount", lake], check=True)

    assert store.load_daily_prices(price_table(TWO_SYMBOLS)).rows_inserted == 2


@needs_root
@pytest.mark.parametrize(
    "closed",
    ["daily_price", "daily_price/period=2020", "daily_price/_delta_log"],
)
def test_another_user_may_read_but_not_write(
    store: LakeSeriesStore, tmp_path: Path, closed: str
) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and str(folder) not in ("/", "/tmp"):
            folder.chmod(0o755)
    for path in (tmp_path / "lake").rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o644)
    (tmp_path / "lake" / closed).chmod(0o555)

    other = LakeSeriesStore(tmp_path / "lake")

    with as_nobody():
        with pytest.raises(WorkspaceReadOnlyError):
            other.load_daily_prices(price_table(TWO_SYMBOLS))
        assert stored(other) == list(TWO_SYMBOLS[:3])

    assert store.load_daily_prices(price_table(TWO_SYMBOLS)).rows_inserted == 2


@needs_root
@pytest.mark.parametrize("what", ["_delta_log", "*.parquet"])
def test_what_may_not_be_read_is_not_called_damaged(
    store: LakeSeriesStore, tmp_path: Path, what: str
) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and str(folder) not in ("/", "/tmp"):
            folder.chmod(0o755)
    for path in (tmp_path / "lake").rglob(what):
        path.chmod(0o000)

    with as_nobody(), pytest.raises(StorageError, match="may read it") as caught:
        LakeSeriesStore(tmp_path / "lake").daily_prices()

    assert not isinstance(caught.value, CorruptStoreError)
    assert stored(store) == list(TWO_SYMBOLS[:3])


# --- damage -----------------------------------------------------------------------


def data_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "lake" / "daily_price").glob("period=*/*.parquet"))


def log_file(tmp_path: Path, version: int) -> Path:
    return tmp_path / "lake" / "daily_price" / "_delta_log" / f"{version:020}.json"


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def garble_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4:-600] = os.urandom(len(content) - 604)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [remove, empty, cut, overwrite, garble_the_middle])
def test_a_damaged_file_is_named(
    store: LakeSeriesStore, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    store.load_daily_prices(price_table(closes("OLD", "1999-01-04", [1.0, 2.0])))
    before = store.data_version()
    damaged = next(p for p in data_files(tmp_path) if "period=2020" in str(p))
    damage(damaged)

    for reader in (store, LakeSeriesStore(tmp_path / "lake")):
        with pytest.raises(CorruptStoreError, match="load") as caught:
            reader.daily_prices()
        assert caught.value.path == str(damaged)
        with pytest.raises(CorruptStoreError):
            reader.load_daily_prices(price_table(TWO_SYMBOLS))
        assert reader.data_version() == before
        assert reader.price_matrix(["OLD"])["OLD"].tolist() == [1.0, 2.0]


def test_damaged_files_can_be_dropped_and_loaded_again(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    old = closes("OLD", "1999-01-04", [1.0, 2.0])
    store.load_daily_prices(price_table(old))
    damaged = next(p for p in data_files(tmp_path) if "period=2020" in str(p))
    cut(damaged)

    dropped = store.drop_damaged_files()

    assert dropped == (str(damaged),)
    assert stored(store) == old
    outcome = store.load_daily_prices(price_table([*TWO_SYMBOLS, *old]))
    assert counts(outcome) == (7, 5, 0, 2)
    assert stored(store) == [*TWO_SYMBOLS[:3], *old, *TWO_SYMBOLS[3:]]
    assert store.drop_damaged_files() == ()


def test_dropped_returns_are_computed_again(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    store.update_returns()
    before = store.daily_returns()
    (damaged,) = (tmp_path / "lake" / "daily_return").glob("period=*/*.parquet")
    cut(damaged)

    assert store.drop_damaged_files() == (str(damaged),)
    assert len(store.daily_returns()) == 0
    assert store.update_returns().rows_inserted == len(before) == 2
    pd.testing.assert_frame_equal(store.daily_returns(), before)


@pytest.mark.parametrize("damage", [empty, cut, overwrite])
@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_damaged_log_is_named(
    store: LakeSeriesStore,
    tmp_path: Path,
    damage: Callable[[Path], None],
    version: int,
) -> None:
    for row in TWO_SYMBOLS[3:]:
        store.load_daily_prices(price_table([row]))
    damage(log_file(tmp_path, version))

    fresh = LakeSeriesStore(tmp_path / "lake")
    for call in (
        fresh.daily_prices,
        fresh.data_version,
        fresh.compact,
        fresh.update_returns,
        lambda: fresh.load_daily_prices(price_table(TWO_SYMBOLS)),
    ):
        with pytest.raises(CorruptStoreError) as caught:
            call()
        assert caught.value.path == str(log_file(tmp_path, version))


def test_the_advice_on_a_damaged_log_works(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    before = store.data_version()
    store.load_daily_prices(price_table(TWO_SYMBOLS))
    damaged = log_file(tmp_path, 2)
    cut(damaged)
    with pytest.raises(CorruptStoreError, match="version 1"):
        LakeSeriesStore(tmp_path / "lake").data_version()

    damaged.rename(tmp_path / "away.json")

    fresh = LakeSeriesStore(tmp_path / "lake")
    assert fresh.data_version() == before
    assert stored(fresh) == list(TWO_SYMBOLS[:3])
    assert fresh.load_daily_prices(price_table(TWO_SYMBOLS)).rows_inserted == 2


def test_a_missing_log_file_is_named(store: LakeSeriesStore, tmp_path: Path) -> None:
    for row in TWO_SYMBOLS[3:]:
        store.load_daily_prices(price_table([row]))
    log_file(tmp_path, 2).unlink()

    with pytest.raises(CorruptStoreError, match="missing"):
        LakeSeriesStore(tmp_path / "lake").daily_prices()


def test_a_table_moved_away_reads_as_empty_at_once(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    stored(store)
    (tmp_path / "lake" / "daily_price").rename(tmp_path / "away")

    assert stored(store) == []
    assert store.load_daily_prices(price_table(TWO_SYMBOLS)).rows_inserted == 5
    assert stored(store) == list(TWO_SYMBOLS)


def test_a_path_that_delta_lake_misreads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Rename the folder"):
        LakeSeriesStore(tmp_path / "my%20lab" / "lake")


def test_an_awkward_path_is_no_trouble(tmp_path: Path) -> None:
    folder = tmp_path / "we[i]rd *? 'quoted' 100% 금 {} #1"
    store = LakeSeriesStore(folder / "lake")

    store.load_daily_prices(price_table(TWO_SYMBOLS))
    store.load_daily_prices(price_table(closes("A", "2024-01-02", [1.0])))
    store.update_returns()
    store.compact()

    assert len(stored(LakeSeriesStore(folder / "lake"))) == 6
    assert len(store.cross_section(date(2024, 1, 31))) == 2
