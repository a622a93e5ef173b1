"""A team's server that dies, loses connections or runs full: nothing false is left."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    DatabaseConnectionError,
    DiskFullError,
    ForestoError,
    StorageError,
)
from foresto_lab.storage import Storage, open_storage
from foresto_lab.storage.schema import SCHEMA_VERSION, found_version
from foresto_lab.storage.workspace import open_database
from foresto_lab.types import RunStatus
from tests.integration.forked import Forks
from tests.integration.team_workers import (
    load_month,
    load_once,
    prepare,
    price_table,
    run_until_the_server_is_gone,
)
from tests.postgresql_server import PostgresServer, new_server

SMALL, LARGE = (20, 60), (400, 2000)
KILLED_MIGRATIONS = 12
ROOM_LEFT = 20_000_000


@pytest.fixture(scope="module")
def workers() -> Iterator[Forks]:
    with Forks(
        "tests.integration.team_workers",
        "foresto_lab.storage.postgresql.series_store",
        "foresto_lab.storage.postgresql.run_store",
        "adbc_driver_postgresql.dbapi",
        "psutil",
    ) as workers:
        yield workers


@pytest.fixture
def own_url(own_server: PostgresServer) -> str:
    return own_server.url(own_server.create_database())


def wait_for_copy(server: PostgresServer, seconds: float = 60) -> int:
    """Return the backend that receives rows at this moment."""
    query = "SELECT pid FROM pg_stat_progress_copy WHERE tuples_processed > 1000"
    deadline = time.monotonic() + seconds
    while not (found := server.execute(query)):
        assert time.monotonic() < deadline, "no COPY was seen"
        time.sleep(0.005)
    return int(found[0][0])


def wait_until_it_answers(server: PostgresServer, seconds: float = 60) -> None:
    """Wait for a server that ended, or recovers, its log having had no room either."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            server.start()
            server.execute("SELECT 1")
        except (psycopg.OperationalError, RuntimeError):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def stored_closes(storage: Storage) -> set[float]:
    return set(storage.series.daily_prices(fields=["close"])["close"])


def test_a_server_killed_in_a_load_keeps_the_load_before_it(
    workers: Forks, tmp_path: Path, own_server: PostgresServer, own_url: str
) -> None:
    storage = open_storage(tmp_path, own_url)
    before = storage.series.load_daily_prices(price_table(*SMALL)).data_version
    workers.start(load_once, str(tmp_path), own_url, *LARGE, 200.0)
    assert workers.hear() == "ready"
    wait_for_copy(own_server)
    own_server.kill()
    kind, words = workers.hear()
    assert kind == "DatabaseConnectionError"
    assert own_server.password not in words
    assert "\n" not in words
    with pytest.raises(DatabaseConnectionError):
        storage.series.data_version()
    own_server.start()
    assert storage.series.data_version() == before
    assert len(storage.series.daily_prices()) == SMALL[0] * SMALL[1]
    assert stored_closes(storage) == {100.0}
    workers.start(load_once, str(tmp_path), own_url, *LARGE, 200.0)
    assert workers.hear() == "ready"
    assert workers.hear()[0] == "loaded"
    assert stored_closes(storage) == {200.0}
    assert len(storage.series.daily_prices()) == LARGE[0] * LARGE[1]
    storage.close()


def test_a_connection_cut_in_a_load_changes_nothing(
    workers: Forks, tmp_path: Path, own_server: PostgresServer, own_url: str
) -> None:
    storage = open_storage(tmp_path, own_url)
    before = storage.series.load_daily_prices(price_table(*SMALL)).data_version
    workers.start(load_once, str(tmp_path), own_url, *LARGE, 200.0)
    assert workers.hear() == "ready"
    backend = wait_for_copy(own_server)
    own_server.execute("SELECT pg_terminate_backend(%s)", [backend])
    kind, words = workers.hear()
    assert kind == "DatabaseConnectionError", words
    assert storage.series.data_version() == before
    assert stored_closes(storage) == {100.0}
    storage.close()


def test_a_server_killed_among_runs_keeps_the_completed_ones(
    workers: Forks, tmp_path: Path, own_server: PostgresServer, own_url: str
) -> None:
    moments = random.Random(20261121)
    for _ in range(5):
        worker = workers.start(run_until_the_server_is_gone, str(tmp_path), own_url)
        assert workers.hear() == "ready"
        time.sleep(moments.uniform(0.05, 0.4))
        own_server.kill()
        kind, _ = workers.hear()
        assert kind == "DatabaseConnectionError"
        own_server.start()
        storage = open_storage(tmp_path, own_url)
        storage.runs.fail_crashed(datetime.now(UTC))
        records = storage.runs.records()
        assert {r.status for r in records} <= {RunStatus.COMPLETED, RunStatus.FAILED}
        for record in records:
            if record.status is RunStatus.COMPLETED:
                number = int(record.request["number"])
                read = storage.runs.artifacts(record.run_id)
                assert read.summary == {"number": number}
                assert read.tables["path"]["nav"].tolist() == [float(number)] * 2000
        storage.close()
        assert worker


def test_a_server_killed_in_a_migration_has_all_of_it_or_nothing(
    workers: Forks, tmp_path: Path, own_server: PostgresServer
) -> None:
    moments = random.Random(20261121)
    versions = set()
    for _ in range(KILLED_MIGRATIONS):
        url = own_server.url(own_server.create_database())
        workers.start(prepare, str(tmp_path), url)
        assert workers.hear() == "ready"
        time.sleep(moments.uniform(0.0, 0.8))
        own_server.kill()
        kind, _ = workers.hear()
        assert kind in ("DatabaseConnectionError", "prepared")
        own_server.start()
        database = open_database(tmp_path, url)
        versions.add(found_version(database))
        database.close()
        storage = open_storage(tmp_path, url)
        assert [item.name for item in storage.catalog.scenarios()] == [
            "MIN_VOL",
            "DEFENSIVE",
            "GROWTH",
        ]
        storage.close()
    assert versions <= {None, SCHEMA_VERSION}


def test_two_loaders_of_one_month_are_both_right(
    workers: Forks, tmp_path: Path, team_url: str
) -> None:
    begin_at = time.time() + 1.0
    for number in range(4):
        workers.start(load_month, str(tmp_path), team_url, number, begin_at)
    assert [workers.hear() for _ in range(4)] == ["loaded"] * 4
    storage = open_storage(tmp_path, team_url)
    closes = storage.series.price_matrix(["SHARED", *(f"OWN{n}" for n in range(4))])
    assert closes.notna().all().all()
    assert closes.iloc[0].tolist() == [10.0, 10.0, 11.0, 12.0, 13.0]
    assert len(closes) == 28
    assert storage.series.data_version().startswith("daily_price@5-")
    storage.close()


@pytest.fixture
def server_on_a_small_disk(tmp_path: Path) -> Iterator[PostgresServer]:
    """Return a server whose disk has little room."""
    disk = Path("/tmp") / f"foresto-disk-{tmp_path.name}"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=220m", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True).returncode != 0:
        disk.rmdir()
        pytest.skip("mounting a small disk needs root on Linux")
    disk.chmod(0o777)
    server = new_server(
        disk / "server", shared_buffers="32MB", min_wal_size="32MB", max_wal_size="64MB"
    )
    server.start()
    yield server
    server.remove()
    subprocess.run(["umount", "-l", str(disk)], check=True)
    disk.rmdir()


def test_a_full_disk_of_the_server_loses_only_what_was_being_written(
    tmp_path: Path, server_on_a_small_disk: PostgresServer
) -> None:
    url = server_on_a_small_disk.url(server_on_a_small_disk.create_database())
    storage = open_storage(tmp_path, url)
    before = storage.series.load_daily_prices(price_table(*SMALL)).data_version
    ballast = server_on_a_small_disk.folder / "ballast"
    free = shutil.disk_usage(server_on_a_small_disk.folder).free
    ballast.write_bytes(bytes(free - ROOM_LEFT))
    with pytest.raises((DiskFullError, DatabaseConnectionError)) as caught:
        storage.series.load_daily_prices(price_table(*LARGE, 200.0))
    ballast.unlink()
    assert server_on_a_small_disk.password not in str(caught.value)
    wait_until_it_answers(server_on_a_small_disk)
    assert storage.series.data_version() == before
    assert stored_closes(storage) == {100.0}
    assert storage.series.load_daily_prices(
        price_table(*SMALL, 101.0)
    ).data_version.startswith("daily_price@2-")
    storage.close()


# --- a Lab on a server ------------------------------------------------------------


def test_a_lab_goes_on_when_its_server_is_back(
    tmp_path: Path, own_server: PostgresServer, own_url: str
) -> None:
    lab = fl.open_lab(tmp_path, own_url)
    lab.storage.series.load_daily_prices(price_table(2, 300))
    first = lab.simulate({"S0000": 0.5, "S0001": 0.5}, calendar="24/7")
    own_server.kill()
    with pytest.raises(DatabaseConnectionError) as caught:
        lab.simulate({"S0000": 0.5, "S0001": 0.5}, calendar="24/7")
    assert own_server.password not in str(caught.value)
    assert caught.value.__cause__ is None
    own_server.start()
    again = lab.simulate({"S0000": 0.5, "S0001": 0.5}, calendar="24/7")
    assert again.run_id == first.run_id
    assert lab.reproduce(str(first.run_id)).identical
    lab.storage.close()


def test_a_password_that_was_changed_is_one_sentence(
    tmp_path: Path, own_server: PostgresServer, own_url: str
) -> None:
    own_server.execute("CREATE ROLE ann LOGIN PASSWORD 'old-secret'")
    url = own_url.replace(f"foresto:{own_server.password}", "ann:new-secret")
    with pytest.raises(ForestoError, match="password") as caught:
        fl.open_lab(tmp_path, url)
    assert "new-secret" not in str(caught.value)
    assert isinstance(caught.value, StorageError)


def test_a_deadlock_or_lock_timeout_is_no_traceback(
    tmp_path: Path, own_server: PostgresServer, own_url: str
) -> None:
    storage = open_storage(tmp_path, own_url)
    with psycopg.connect(own_url) as other:
        other.execute("LOCK TABLE scenario_definition IN ACCESS EXCLUSIVE MODE")
        own_server.execute("ALTER ROLE foresto SET lock_timeout = '200ms'")
        impatient = open_storage(tmp_path, own_url)
        with pytest.raises(StorageError, match="other processes"):
            impatient.catalog.scenarios()
        other.rollback()
        assert len(impatient.catalog.scenarios()) == 3
        impatient.close()
    storage.close()
