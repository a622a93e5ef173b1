"""Cleaning up on both stores: what goes, what stays, what can be read back."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

import foresto_lab as fl
from foresto_lab.errors import (
    DiskFullError,
    InputError,
    PathExpiredError,
    RunNotFoundError,
    RunNotReadableError,
)
from foresto_lab.lab import Lab
from foresto_lab.runs.protocols import RunStore
from foresto_lab.runs.record import RunArtifacts
from foresto_lab.storage import Storage
from foresto_lab.storage.archives import Archive
from foresto_lab.storage.models import SimulationRun
from foresto_lab.storage.retention import clean_up, plan_cleanup
from foresto_lab.types import RunStatus
from tests.contracts.run_store import new_record
from tests.integration.foresto_command import foresto, start_foresto

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OLD, THIS_MONTH, LATER = (
    datetime(2026, 10, 31, 23, 59, tzinfo=UTC),
    datetime(2026, 11, 3, 0, 0, tzinfo=UTC),
    datetime(2027, 2, 1, 0, 0, tzinfo=UTC),
)


@pytest.fixture
def lab(either_new_store: str | None, tmp_path: Path) -> Iterator[Lab]:
    (tmp_path / "home").mkdir()
    lab = fl.open_lab(tmp_path / "home")
    yield lab
    lab.storage.close()


def path_of(sessions: int = 40, level: float = 100.0) -> pd.DataFrame:
    dates = np.datetime64("2020-01-01") + np.arange(sessions)
    columns = {"nav": level + np.arange(sessions), "daily_return": 0.0}
    columns |= {"cumulative_return": 0.1, "drawdown": -0.1, "weight_채권": 0.5}
    index = pd.DatetimeIndex(dates, name="date").as_unit("us")
    return pd.DataFrame(columns, index=index)


def keep(
    storage: Storage,
    name: str,
    *,
    path_expires_at: datetime | None,
    expires_at: datetime | None = None,
    level: float = 100.0,
) -> str:
    """Register a completed run whose series and row expire then."""
    record = dataclasses.replace(
        new_record(),
        run_id=f"run-{name}",
        name=name,
        created_at=datetime(2025, 1, 2, tzinfo=UTC),
        path_expires_at=path_expires_at,
        expires_at=expires_at or LATER,
    )
    storage.runs.begin(record)
    tables = {"path": path_of(level=level), "more": path_of(3)}
    storage.runs.complete(record.run_id, RunArtifacts(tables, {"cagr": level}))
    return record.run_id


def partitions(storage: Storage) -> set[str]:
    if storage.database.dialect == "sqlite":
        return set()
    query = text(
        "SELECT relname FROM pg_class WHERE relname LIKE 'simulation_path_y%' "
        "AND relkind = 'r'"
    )
    with storage.database.reading() as session:
        return set(session.scalars(query))


def test_series_go_and_summaries_stay(lab: Lab) -> None:
    storage = lab.storage
    gone = keep(storage, "old", path_expires_at=OLD)
    waits = keep(storage, "now", path_expires_at=THIS_MONTH)
    stays = keep(storage, "later", path_expires_at=LATER)
    forever = keep(storage, "forever", path_expires_at=None)
    team = storage.database.dialect == "postgresql"

    report = clean_up(storage, now=NOW)

    assert report.paths == ((gone,) if team else (waits, gone))
    assert report.waiting == ((waits,) if team else ())
    assert report.runs == ()
    assert storage.runs.record(gone).summary == {"cagr": 100.0}
    assert storage.runs.record(gone).status is RunStatus.COMPLETED
    assert storage.runs.record(gone).path_deleted_at == NOW
    with pytest.raises(PathExpiredError, match="kept until 2026-10-31"):
        storage.runs.artifacts(gone)
    for run_id in (stays, forever, *((waits,) if team else ())):
        pd.testing.assert_frame_equal(
            storage.runs.artifacts(run_id).tables["path"], path_of()
        )
    if team:
        assert report.partitions == ("simulation_path_y2026m10",)
        assert "simulation_path_y2026m10" not in partitions(storage)
        assert str(report.waiting_until) == "2026-12-01"
        later = clean_up(storage, now=datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC))
        assert later.paths == (waits,)
    assert clean_up(storage, now=NOW).is_empty


def test_an_expired_run_goes_with_all_it_had(lab: Lab) -> None:
    run_id = keep(
        lab.storage, "year", path_expires_at=OLD, expires_at=NOW - timedelta(days=1)
    )
    report = clean_up(lab.storage, now=NOW)
    assert report.runs == (run_id,)
    with pytest.raises(RunNotFoundError):
        lab.storage.runs.record(run_id)


def test_a_dry_run_changes_nothing(lab: Lab) -> None:
    run_id = keep(lab.storage, "old", path_expires_at=OLD)
    before = partitions(lab.storage)
    report = clean_up(lab.storage, now=NOW, dry_run=True)
    assert report.paths == (run_id,)
    assert "would be" in str(report)
    assert lab.storage.runs.artifacts(run_id).summary == {"cagr": 100.0}
    assert partitions(lab.storage) == before


def test_what_was_cleaned_up_is_not_found_for_reuse(lab: Lab) -> None:
    run_id = keep(lab.storage, "old", path_expires_at=OLD)
    asked = lab.storage.runs.record(run_id).request_hash
    found = lab.storage.runs.find_completed(asked)
    assert found is not None
    clean_up(lab.storage, now=NOW)
    assert lab.storage.runs.find_completed(asked) is None


def test_archived_runs_read_back_to_the_last_bit(lab: Lab, tmp_path: Path) -> None:
    storage, archive = lab.storage, tmp_path / "archive"
    old = keep(storage, "old", path_expires_at=OLD, level=0.1 + 0.2)
    expired = keep(storage, "year", path_expires_at=OLD, expires_at=NOW, level=7.0)
    record = storage.runs.record(expired)
    clean_up(storage, now=NOW, archive=archive)

    read = storage.runs.artifacts(old)
    assert list(read.tables) == ["path", "more"]
    pd.testing.assert_frame_equal(read.tables["path"], path_of(level=0.1 + 0.2))
    assert dict(read.summary) == {"cagr": 0.1 + 0.2}
    assert storage.runs.record(old).archive == str(archive)
    kept = Archive(archive)
    assert kept.record(expired) == record
    pd.testing.assert_frame_equal(
        kept.artifacts(expired).tables["path"], path_of(level=7.0)
    )
    shutil.rmtree(archive)
    with pytest.raises(PathExpiredError, match=str(archive)):
        storage.runs.artifacts(old)


def test_a_lab_reads_a_result_from_its_archive(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("date,symbol,close\n2024-01-02,A,1\n2024-01-03,A,2\n")
    lab.load_prices(file)
    run = lab.simulate({"A": 1.0}, initial_amount=100)
    run_id = str(run.run_id)
    with lab.storage.database.writing() as session:
        session.execute(
            text("UPDATE simulation_run SET path_expires_at = :at"),
            {"at": "2026-10-01"},
        )
        if lab.storage.database.dialect == "postgresql":
            session.execute(
                text("SELECT create_monthly_partitions('simulation_path', :d, :d)"),
                {"d": "2026-10-01"},
            )
            session.execute(
                text("UPDATE simulation_path SET expires_on = '2026-10-01'")
            )
    archive = tmp_path / "archive"
    assert lab.clean_up(archive=archive).paths == (run_id,)
    again = lab.run(run_id)
    pd.testing.assert_frame_equal(again.path, run.path, check_exact=True)
    assert lab.reproduce(run_id).identical
    lab.delete_run(run_id)
    alone = lab.run(run_id, archive=archive)
    pd.testing.assert_frame_equal(alone.path, run.path, check_exact=True)
    shown = foresto(
        "runs", "show", run_id, "--archive", str(archive), "--json", home=lab.home
    )
    assert json.loads(shown.stdout)["run_id"] == run_id


def test_a_damaged_archive_is_found(lab: Lab, tmp_path: Path) -> None:
    from foresto_lab.errors import CorruptStoreError

    run_id = keep(lab.storage, "old", path_expires_at=OLD)
    clean_up(lab.storage, now=NOW, archive=tmp_path / "archive")
    (file,) = (tmp_path / "archive" / run_id).glob("path.parquet")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(CorruptStoreError, match="SHA-256"):
        lab.storage.runs.artifacts(run_id)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_what_the_archive_has_no_room_for_is_not_deleted(
    lab: Lab, small_disk: Path
) -> None:
    run_ids = [
        keep(lab.storage, f"old-{n:03d}", path_expires_at=OLD) for n in range(40)
    ]
    with pytest.raises(DiskFullError):
        clean_up(lab.storage, now=NOW, archive=small_disk / "archive")
    for run_id in run_ids:
        assert lab.storage.runs.artifacts(run_id).summary == {"cagr": 100.0}


def test_a_killed_cleanup_loses_nothing_and_is_finished_by_the_next(
    lab: Lab, tmp_path: Path
) -> None:
    past = datetime(2026, 9, 15, tzinfo=UTC)
    run_ids = [
        keep(lab.storage, f"old-{n:03d}", path_expires_at=past) for n in range(30)
    ]
    archive = tmp_path / "archive"
    words = ("db", "cleanup", "--archive", str(archive))
    for enough in (3, 20):
        process = start_foresto(*words, home=lab.home)
        while len(list(archive.glob("run-*"))) < enough and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        for run_id in run_ids:
            assert lab.storage.runs.artifacts(run_id).summary == {"cagr": 100.0}
    done = foresto(*words, "--json", home=lab.home)
    assert done.returncode == 0, done.stderr
    assert plan_cleanup(lab.storage, datetime.now(UTC)).archived == ()
    for run_id in run_ids:
        assert lab.storage.runs.record(run_id).path_deleted_at is not None
        assert lab.storage.runs.artifacts(run_id).summary == {"cagr": 100.0}


def test_folders_without_a_run_are_removed_after_a_day(
    either_store: str | None, tmp_path: Path
) -> None:
    lab = fl.open_lab(tmp_path / "orphans")
    if lab.storage.database.dialect == "sqlite":
        (tmp_path / "orphans" / "data" / "runs" / "20250101T000000-aaaaaa").mkdir()
        assert plan_cleanup(lab.storage, datetime.now(UTC)).orphans == ()
        tomorrow = datetime.now(UTC) + timedelta(days=1, minutes=1)
        assert clean_up(lab.storage, now=tomorrow).orphans == (
            "20250101T000000-aaaaaa",
        )
    else:
        run_id = keep(lab.storage, "lost", path_expires_at=None)
        with lab.storage.database.writing() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text("DELETE FROM simulation_run"))
        assert clean_up(lab.storage, now=NOW).orphans == (run_id,)
    assert plan_cleanup(lab.storage, NOW + timedelta(days=9)).orphans == ()


def test_a_reader_that_holds_a_month_only_delays_the_drop(
    lab: Lab, either_new_store: str | None
) -> None:
    if either_new_store is None:
        pytest.skip("only PostgreSQL has partitions")
    import threading

    import psycopg

    run_id = keep(lab.storage, "old", path_expires_at=OLD)
    with psycopg.connect(either_new_store) as reader:
        reader.execute("SELECT count(*) FROM simulation_path")
        threading.Timer(3.0, reader.rollback).start()
        report = clean_up(lab.storage, now=NOW)
    assert report.paths == (run_id,)
    assert "simulation_path_y2026m10" not in partitions(lab.storage)


def test_a_run_that_is_completed_late_keeps_its_month(
    lab: Lab, either_new_store: str | None
) -> None:
    """It came after the cleanup was planned, so nobody has archived it."""
    if either_new_store is None:
        pytest.skip("only PostgreSQL has partitions")
    from foresto_lab.storage.postgresql.retention import drop_months

    planned = keep(lab.storage, "planned", path_expires_at=OLD)
    plan = plan_cleanup(lab.storage, NOW)
    late = keep(lab.storage, "late", path_expires_at=OLD)
    assert drop_months(lab.storage.postgres, plan.partitions, plan.paths, NOW) == ()
    with pytest.raises(PathExpiredError):
        lab.storage.runs.artifacts(planned)
    assert lab.storage.runs.artifacts(late).summary == {"cagr": 100.0}
    report = clean_up(lab.storage, now=NOW)
    assert report.paths == (late,)
    assert report.partitions == ("simulation_path_y2026m10",)


def test_a_month_that_was_dropped_is_made_again_for_a_late_run(
    lab: Lab, either_new_store: str | None
) -> None:
    if either_new_store is None:
        pytest.skip("only PostgreSQL has partitions")
    keep(lab.storage, "early", path_expires_at=OLD)
    clean_up(lab.storage, now=NOW)
    late = keep(lab.storage, "late", path_expires_at=OLD)
    pd.testing.assert_frame_equal(
        lab.storage.runs.artifacts(late).tables["path"], path_of()
    )


def test_runs_without_series_are_archived_as_records(lab: Lab, tmp_path: Path) -> None:
    storage, archive = lab.storage, tmp_path / "archive"
    failed = dataclasses.replace(new_record(), run_id="run-failed", expires_at=NOW)
    storage.runs.begin(failed)
    storage.runs.fail("run-failed", "no luck")
    bare = keep(storage, "bare", path_expires_at=OLD, expires_at=NOW)
    with storage.database.writing() as session:
        session.execute(
            text("UPDATE simulation_run SET path_deleted_at = :at WHERE run_id = :id"),
            {"at": "2026-11-01 00:00:00", "id": bare},
        )
    report = clean_up(storage, now=NOW, archive=archive)
    assert report.runs == (bare, "run-failed")
    kept = Archive(archive)
    assert kept.record("run-failed").error_message == "no luck"
    assert kept.record(bare).summary == {"cagr": 100.0}
    with pytest.raises(RunNotReadableError, match="no luck"):
        lab.run("run-failed", archive=archive)
    with pytest.raises(PathExpiredError, match="were not archived"):
        lab.run(bare, archive=archive)
    with pytest.raises(RunNotFoundError):
        lab.run("../archive/run-failed", archive=archive)
    shown = foresto("runs", "show", bare, "--archive", str(archive), home=lab.home)
    assert shown.returncode == 0, shown.stderr


def test_what_is_archived_twice_goes_with_the_run(lab: Lab, tmp_path: Path) -> None:
    """Series first, by one cleanup; the whole run a year later, by another."""
    run_id = keep(lab.storage, "old", path_expires_at=OLD)
    clean_up(lab.storage, now=NOW, archive=tmp_path / "one")
    clean_up(lab.storage, now=LATER, archive=tmp_path / "two")
    for folder in ("one", "two"):
        read = Archive(tmp_path / folder).artifacts(run_id)
        pd.testing.assert_frame_equal(read.tables["path"], path_of())


def test_no_run_is_written_outside_the_archive(lab: Lab, tmp_path: Path) -> None:
    failed = dataclasses.replace(new_record(), run_id="run-failed", expires_at=NOW)
    lab.storage.runs.begin(failed)
    lab.storage.runs.fail("run-failed", "no luck")
    with lab.storage.database.writing() as session:
        session.execute(text("UPDATE simulation_run SET run_id = '../escaped'"))
    with pytest.raises(InputError, match="cannot name a folder"):
        clean_up(lab.storage, now=NOW, archive=tmp_path / "archive")
    assert not (tmp_path / "escaped").exists()


def test_a_clock_that_is_ahead_deletes_nothing_of_a_team(
    lab: Lab, either_new_store: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if either_new_store is None:
        pytest.skip("a workspace has no clock but its machine's")
    now = datetime.now(UTC)
    run_id = keep(lab.storage, "new", path_expires_at=now + timedelta(days=90))
    years_ahead = lambda: now + timedelta(days=900)  # noqa: E731
    monkeypatch.setattr("foresto_lab.storage.retention.utc_now", years_ahead)
    assert lab.clean_up().is_empty
    assert lab.storage.runs.artifacts(run_id).summary == {"cagr": 100.0}


def test_a_run_that_is_cleaned_up_while_it_is_read_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record was read before, its series are looked for afterwards."""
    storage = lab.storage
    run_id = keep(storage, "old", path_expires_at=OLD)
    real = type(storage.runs)._read  # type: ignore[attr-defined]

    def late(store: RunStore, row: SimulationRun) -> object:
        clean_up(storage, now=NOW)
        return real(store, row)

    monkeypatch.setattr(type(storage.runs), "_read", late)
    with pytest.raises(PathExpiredError):
        storage.runs.artifacts(run_id)
