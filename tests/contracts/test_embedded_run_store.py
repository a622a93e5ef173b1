from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from foresto_lab.errors import CorruptStoreError, StorageError
from foresto_lab.runs.record import RunArtifacts
from foresto_lab.storage import heartbeat
from foresto_lab.storage.run_store import EmbeddedRunStore
from foresto_lab.storage.schema import ensure_schema
from foresto_lab.storage.sqlite.database import SqliteDatabase
from foresto_lab.types import RunStatus
from tests.contracts.run_store import (
    HASH,
    START,
    Clock,
    RunStoreContract,
    awkward_artifacts,
    new_record,
    small_artifacts,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "foresto.db")
    ensure_schema(database)
    yield database
    database.close()


@pytest.fixture
def store(database: SqliteDatabase, tmp_path: Path, clock: Clock) -> EmbeddedRunStore:
    return EmbeddedRunStore(database, tmp_path / "runs", clock=clock)


@pytest.fixture
def reopen(tmp_path: Path, clock: Clock) -> Callable[[], EmbeddedRunStore]:
    def opened() -> EmbeddedRunStore:
        database = SqliteDatabase(tmp_path / "foresto.db")
        return EmbeddedRunStore(database, tmp_path / "runs", clock=clock)

    return opened


class TestEmbeddedRunStore(RunStoreContract):
    """The contract, on SQLite and Parquet."""


def run_files(tmp_path: Path) -> list[str]:
    runs = tmp_path / "runs"
    return sorted(
        str(path.relative_to(runs)) for path in runs.rglob("*") if path.is_file()
    )


def test_a_run_is_parquet_files_and_a_manifest(
    store: EmbeddedRunStore, tmp_path: Path
) -> None:
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, awkward_artifacts())
    names = ["events", "mixed", "none", "path"]
    expected = [f"{run_id}/manifest.json", *(f"{run_id}/{n}.parquet" for n in names)]
    assert run_files(tmp_path) == sorted(expected)
    path = pd.read_parquet(tmp_path / "runs" / run_id / "path.parquet")
    assert path["nav"].iloc[0] == 0.1
    store.delete(run_id)
    assert run_files(tmp_path) == []


def test_summary_and_events_are_rows_too(
    store: EmbeddedRunStore, database: SqliteDatabase
) -> None:
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, awkward_artifacts())
    with database.reading() as session:
        summary = session.execute(
            text(
                "SELECT sharpe_ratio, calmar_ratio, sortino_ratio, max_drawdown, "
                "rebalancing_count FROM simulation_summary"
            )
        ).one()
        events = session.execute(
            text(
                "SELECT sequence, event_date, trigger_type, turnover, nav_after "
                "FROM rebalancing_event ORDER BY sequence"
            )
        ).all()
    assert tuple(summary) == (0.1 + 0.2, None, None, -0.25, 2)
    assert [tuple(event) for event in events] == [
        (0, "2020-02-26", "PERIODIC", 0.05, 999_950.0),
        (1, "2020-02-27", "DRIFT", 1.0, 1e6),
    ]
    store.delete(run_id)
    with database.reading() as session:
        for table in ("simulation_summary", "rebalancing_event", "simulation_run"):
            count = session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            assert count == 0, table


def test_events_that_no_portfolio_can_have_are_refused_whole(
    store: EmbeddedRunStore, tmp_path: Path
) -> None:
    artifacts = awkward_artifacts()
    artifacts.tables["events"].loc[1, "turnover"] = 1.5
    run_id = store.begin(new_record()).run_id
    with pytest.raises(StorageError, match="ck_rebalancing_event_turnover"):
        store.complete(run_id, artifacts)
    assert store.record(run_id).status is RunStatus.RUNNING
    assert run_files(tmp_path) == []


@pytest.mark.parametrize("name", ["path.parquet", "events.parquet", "manifest.json"])
def test_a_changed_file_is_never_read_as_a_result(
    store: EmbeddedRunStore, tmp_path: Path, name: str
) -> None:
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, awkward_artifacts())
    file = tmp_path / "runs" / run_id / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(CorruptStoreError, match="SHA-256") as caught:
        store.artifacts(run_id)
    assert caught.value.path == file
    assert run_id in str(caught.value)


@pytest.mark.parametrize("name", ["path.parquet", "manifest.json"])
def test_a_run_without_its_files_is_not_reused(
    store: EmbeddedRunStore, tmp_path: Path, clock: Clock, name: str
) -> None:
    older = store.begin(new_record(0)).run_id
    store.complete(older, small_artifacts())
    clock.pass_time(seconds=1)
    newer = store.begin(new_record(1)).run_id
    store.complete(newer, small_artifacts())
    (tmp_path / "runs" / newer / name).unlink()
    found = store.find_completed(HASH)
    assert found is not None
    assert found.run_id == older
    with pytest.raises(CorruptStoreError, match="missing"):
        store.artifacts(newer)
    (tmp_path / "runs" / older / name).unlink()
    assert store.find_completed(HASH) is None


@pytest.mark.parametrize("name", ["../path", "Path", "a b", "", "a" * 65])
def test_a_table_name_that_is_no_file_name_is_refused(
    store: EmbeddedRunStore, tmp_path: Path, name: str
) -> None:
    run_id = store.begin(new_record()).run_id
    with pytest.raises(ValueError, match="cannot be stored"):
        store.complete(run_id, RunArtifacts({name: pd.DataFrame()}, {}))
    assert run_files(tmp_path) == []


def change_running_row(database: SqliteDatabase, **values: object) -> None:
    settings = ", ".join(f"{name} = :{name}" for name in values)
    with database.writing() as session:
        session.execute(text(f"UPDATE simulation_run SET {settings}"), values)


def test_a_run_of_another_host_is_failed_when_its_heartbeat_stops(
    store: EmbeddedRunStore, database: SqliteDatabase, clock: Clock
) -> None:
    run_id = store.begin(new_record()).run_id
    change_running_row(database, host="another-machine", process_id=1)
    assert store.fail_crashed(START + timedelta(seconds=119)) == ()
    failed = store.fail_crashed(START + timedelta(seconds=121))
    assert [record.run_id for record in failed] == [run_id]
    assert store.record(run_id).error_message == "The process that ran it is gone"
    assert store.fail_crashed(START + timedelta(seconds=122)) == ()


def test_a_process_number_used_again_is_not_the_process(
    store: EmbeddedRunStore, database: SqliteDatabase
) -> None:
    store.begin(new_record())
    change_running_row(database, process_started_at=1_000_000.0)
    assert store.fail_crashed(START + timedelta(seconds=10)) == ()
    assert len(store.fail_crashed(START + timedelta(minutes=3))) == 1


def test_a_process_that_is_gone_is_seen_at_once(
    store: EmbeddedRunStore, database: SqliteDatabase
) -> None:
    run_id = store.begin(new_record()).run_id
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    change_running_row(database, process_id=child)
    failed = store.fail_crashed(START)
    assert [record.run_id for record in failed] == [run_id]
    assert failed[0].status is RunStatus.FAILED


def test_what_a_killed_completion_left_is_removed(
    store: EmbeddedRunStore, database: SqliteDatabase, tmp_path: Path
) -> None:
    run_id = store.begin(new_record()).run_id
    for folder in (
        tmp_path / "runs" / ".incoming" / f"{run_id}.00ff",
        tmp_path / "runs" / run_id,
    ):
        folder.mkdir(parents=True)
        (folder / "path.parquet").write_bytes(b"half")
    assert store.fail_crashed(START) == ()
    assert len(run_files(tmp_path)) == 2
    change_running_row(database, host="another-machine")
    assert len(store.fail_crashed(START + timedelta(days=1))) == 1
    assert run_files(tmp_path) == []


def test_a_deletion_that_was_not_committed_is_undone(
    store: EmbeddedRunStore, tmp_path: Path
) -> None:
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, small_artifacts())
    runs = tmp_path / "runs"
    (runs / ".trash").mkdir(exist_ok=True)
    os.replace(runs / run_id, runs / ".trash" / f"{run_id}.00ff")
    assert store.fail_crashed(START) == ()
    assert store.artifacts(run_id).summary["total_return"] == 1.0
    assert list((runs / ".trash").iterdir()) == []


def test_a_deletion_that_was_committed_is_finished(
    store: EmbeddedRunStore, tmp_path: Path
) -> None:
    leftover = tmp_path / "runs" / ".trash" / "20250101T000000-abcdef.00ff"
    leftover.mkdir(parents=True)
    (leftover / "path.parquet").write_bytes(b"old")
    assert store.fail_crashed(START) == ()
    assert not leftover.exists()


def test_a_run_that_lasts_shows_life_in_the_catalog(
    store: EmbeddedRunStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "FIRST_BEAT_SECONDS", 0.02)
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    run_id = store.begin(new_record()).run_id
    clock.pass_time(minutes=5)
    deadline = time.monotonic() + 10
    while store.record(run_id).heartbeat_at != START + timedelta(minutes=5):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    completed = store.complete(run_id, small_artifacts())
    assert completed.status is RunStatus.COMPLETED
    clock.pass_time(minutes=5)
    time.sleep(0.1)
    assert store.record(run_id).heartbeat_at == START + timedelta(minutes=5)
