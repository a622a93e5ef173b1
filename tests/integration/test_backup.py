"""Backups made while a store is used, restored, compared; and all that can go wrong."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from foresto_lab.errors import (
    BackupError,
    CorruptStoreError,
    DatabaseConnectionError,
    DiskFullError,
    ProgramNotFoundError,
    RestoreError,
    SchemaVersionError,
    StorageError,
)
from foresto_lab.storage import Storage, open_storage
from foresto_lab.storage.backup import make_backup, restore_backup
from foresto_lab.storage.backup.manifest import read_manifest, write_manifest
from foresto_lab.storage.postgresql.programs import find_program
from foresto_lab.storage.postgresql.roles import TeamRoles, apply_roles
from foresto_lab.storage.schema import downgrade_schema, found_version
from foresto_lab.storage.workspace import open_database
from foresto_lab.types import RunStatus
from tests.contracts.run_store import new_record
from tests.integration.backup_workers import (
    PRELOADED,
    back_up,
    prices_of,
    restore,
    use_endlessly,
)
from tests.integration.foresto_command import foresto
from tests.integration.forked import Forks, kill
from tests.integration.places import Place, Places, differences, fill
from tests.postgresql_server import DatabaseServer, PostgresServer

USERS = 2
SECONDS_TO_ROLL_BACK = 30


@pytest.fixture
def places(
    store_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Places]:
    team = store_kind == "postgresql"
    server = request.getfixturevalue("postgresql_server") if team else None
    places = Places(tmp_path, server)
    yield places
    places.remove()


@pytest.fixture
def used(places: Places) -> Place:
    """Return a store with prices, returns, definitions and two completed runs."""
    place = places.new()
    fill(place)
    return place


@pytest.fixture(scope="module")
def workers() -> Iterator[Forks]:
    with Forks(*PRELOADED) as workers:
        yield workers


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


# --- there and back -----------------------------------------------------------------


def test_a_restored_store_is_the_one_that_was_backed_up(
    used: Place, places: Places, tmp_path: Path
) -> None:
    report = used.back_up(tmp_path / "backup")
    restored = places.new()
    restored.restore(tmp_path / "backup")
    assert differences(used, restored) == []
    lab = restored.open()
    again = lab.simulate(
        {"W0A": 0.5, "W0B": 0.5}, rebalancing="DRIFT_5", calendar="24/7"
    )
    assert again.run_id in {r.run_id for r in used.open().run_records()}
    assert report.manifest.counts["daily_price"] == 3 * 80 + 40
    assert report.manifest.data_versions["daily_price"] == (
        lab.storage.series.data_version()
    )
    assert leftovers(tmp_path) == []
    lab.storage.close()


@pytest.mark.slow
def test_backups_made_while_others_load_run_and_delete(
    workers: Forks, places: Places, tmp_path: Path
) -> None:
    place = places.new()
    place.open().storage.close()
    users = [workers.start(use_endlessly, *place.arguments, n) for n in range(USERS)]
    assert [workers.hear() for _ in users] == ["begun"] * USERS
    reports = []
    for number in range(3):
        reports.append(place.back_up(tmp_path / f"backup-{number}"))
        time.sleep(0.2)
    for user in users:
        kill(user)
    assert [report.manifest.unreadable_runs for report in reports] == [()] * 3
    for report in reports:
        restored = places.new()
        restored.restore(report.path)
        lab = restored.open()
        records = lab.run_records()
        completed = [r for r in records if r.status is RunStatus.COMPLETED]
        assert completed
        for record in completed:
            assert lab.run(record.run_id).request_hash == record.request_hash
            assert lab.reproduce(record.run_id).identical
        assert not [r for r in records if r.status is RunStatus.RUNNING]
        assert len(lab.storage.series.daily_prices())
        lab.storage.close()


def test_a_run_under_way_is_failed_in_the_restored_store(
    used: Place, places: Places, tmp_path: Path
) -> None:
    lab = used.open()
    run_id = lab.storage.runs.begin(new_record()).run_id
    used.back_up(tmp_path / "backup")
    restored = places.new()
    restored.restore(tmp_path / "backup")
    record = restored.open().run_record(run_id)
    assert record.status is RunStatus.FAILED
    assert "running when the backup was made" in str(record.error_message)
    assert lab.run_record(run_id).status is RunStatus.RUNNING
    lab.storage.runs.fail(run_id, "over")
    lab.storage.close()


def test_a_backup_of_older_tables_is_restored_as_it_was(
    used: Place, places: Places, tmp_path: Path
) -> None:
    database = open_database(used.home, used.url)
    downgrade_schema(database, "0001")
    report = used.back_up(tmp_path / "backup")
    assert report.manifest.schema == "0001"
    restored = places.new()
    restored.restore(tmp_path / "backup")
    again = open_database(restored.home, restored.url)
    assert found_version(again) == "0001"
    database.close()
    again.close()


@pytest.mark.slow
def test_the_commands(used: Place, places: Places, tmp_path: Path) -> None:
    given = {"database_url": used.url} if used.url else {}
    used.home.mkdir(exist_ok=True)
    made = foresto("db", "backup", str(tmp_path / "b"), home=used.home, **given)
    assert made.returncode == 0, made.stderr
    assert made.stderr == ""
    assert "2 runs" in made.stdout
    restored = places.new()
    command = ["db", "restore", str(tmp_path / "b"), "--json"]
    command += ["--to", restored.url or str(restored.home)]
    done = foresto(*command, home=used.home, **given)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["simulation_run"] == 2
    assert differences(used, restored) == []
    refused = foresto("db", "restore", str(tmp_path / "b"), home=used.home, **given)
    assert refused.returncode == 4
    assert refused.stderr.count("\n") == 1
    assert "Nothing was changed" in refused.stderr


def test_a_restore_where_no_workspace_is_makes_one(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", None)
    fill(place)
    place.back_up(tmp_path / "b")
    (tmp_path / "new").mkdir()
    program = "from foresto_lab.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "db", "restore", "../b"],
        cwd=tmp_path / "new",
        env={k: v for k, v in os.environ.items() if not k.startswith("FORESTO_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert differences(place, Place(tmp_path / "new", None)) == []


# --- what is refused ----------------------------------------------------------------


def test_nothing_is_restored_over_a_store(used: Place, tmp_path: Path) -> None:
    used.back_up(tmp_path / "backup")
    lab = used.open()
    lab.storage.series.load_daily_prices(prices_of(1, 7))
    version = lab.storage.series.data_version()
    with pytest.raises(RestoreError, match=r"already.*Nothing was changed"):
        used.restore(tmp_path / "backup")
    assert lab.storage.series.data_version() == version
    assert len(lab.storage.runs.records()) == 2
    lab.storage.close()


def test_nothing_is_restored_over_somebody_elses_files(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", None)
    fill(place)
    place.back_up(tmp_path / "backup")
    target = Place(tmp_path / "target", None)
    (target.home / "data" / "sample").mkdir(parents=True)
    (target.home / "data" / "sample" / "mine.csv").write_text("kept")
    with pytest.raises(RestoreError, match=r"not empty: there is sample/mine\.csv"):
        target.restore(tmp_path / "backup")
    assert (target.home / "data" / "sample" / "mine.csv").read_text() == "kept"
    (target.home / "data" / "sample" / "mine.csv").unlink()
    target.restore(tmp_path / "backup")
    assert differences(place, target) == []


def test_no_backup_overwrites_another(used: Place, tmp_path: Path) -> None:
    used.back_up(tmp_path / "backup")
    before = (tmp_path / "backup" / "manifest.json").read_bytes()
    with pytest.raises(BackupError, match="exists already"):
        used.back_up(tmp_path / "backup")
    assert (tmp_path / "backup" / "manifest.json").read_bytes() == before
    assert leftovers(tmp_path) == []


def test_of_two_backups_into_one_folder_one_is_made(
    used: Place, tmp_path: Path
) -> None:
    ended: list[object] = []

    def make() -> None:
        try:
            ended.append(used.back_up(tmp_path / "backup"))
        except BackupError as error:
            ended.append(error)

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(end).__name__ for end in ended) == [
        "BackupError",
        "BackupReport",
    ]
    read_manifest(tmp_path / "backup")
    assert leftovers(tmp_path) == []


def test_an_empty_place_has_nothing_to_back_up(places: Places, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"no store.*foresto db init"):
        places.new().back_up(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    assert leftovers(tmp_path) == []


def test_a_backup_does_not_go_into_the_store_itself(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", None)
    fill(place)
    with pytest.raises(BackupError, match="the store itself"):
        place.back_up(place.home / "data" / "backups" / "today")


def test_kinds_are_not_mixed(team_url: str, tmp_path: Path) -> None:
    folder = Place(tmp_path / "home", None)
    folder.open().storage.close()
    team = Place(tmp_path / "team", team_url)
    folder.back_up(tmp_path / "of-folder")
    team.back_up(tmp_path / "of-team")
    with pytest.raises(RestoreError, match="foresto db copy --to postgresql"):
        team.restore(tmp_path / "of-folder")
    with pytest.raises(RestoreError, match="foresto db copy --to FOLDER"):
        Place(tmp_path / "new", None).restore(tmp_path / "of-team")
    assert not (tmp_path / "new").exists()


# --- damage -------------------------------------------------------------------------


def test_a_damaged_backup_is_refused_with_the_file(
    used: Place, places: Places, tmp_path: Path
) -> None:
    used.back_up(tmp_path / "backup")
    target = places.new()
    names = [*read_manifest(tmp_path / "backup").files, "manifest.json"]
    picked = {Path(name).suffix + name[:9]: name for name in names}
    for name in picked.values():
        for number, damage in enumerate((flip_a_bit, cut, remove)):
            broken = tmp_path / f"{Path(name).name}-{number}"
            shutil.copytree(tmp_path / "backup", broken)
            damage(broken / name)
            with pytest.raises(RestoreError) as caught:
                target.restore(broken)
            assert name in str(caught.value)
            assert target.is_empty(), name
            shutil.rmtree(broken)
    target.restore(tmp_path / "backup")
    assert differences(used, target) == []


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def remove(path: Path) -> None:
    path.unlink()


def test_rows_that_are_not_there_are_noticed(
    used: Place, places: Places, tmp_path: Path
) -> None:
    """A manifest that is whole but counts a row too many."""
    used.back_up(tmp_path / "backup")
    manifest = read_manifest(tmp_path / "backup")
    counts = {**manifest.counts, "daily_price": manifest.counts["daily_price"] + 1}
    (tmp_path / "backup" / "manifest.json").unlink()
    changed = type(manifest)(**{**vars(manifest), "counts": counts})
    write_manifest(changed, tmp_path / "backup")
    restored = places.new()
    with pytest.raises(RestoreError, match=r"daily_price has 280 rows.* the 281 of"):
        restored.restore(tmp_path / "backup")


def test_a_manifest_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", None)
    fill(place)
    place.back_up(tmp_path / "backup")
    manifest = read_manifest(tmp_path / "backup")
    (tmp_path / "backup" / "manifest.json").unlink()
    catalog = manifest.files["data/foresto.db"]
    shutil.copy(tmp_path / "backup" / "data" / "foresto.db", tmp_path / "outside")
    files = {**manifest.files, "data/../../outside": catalog}
    write_manifest(
        type(manifest)(**{**vars(manifest), "files": files}), tmp_path / "backup"
    )
    with pytest.raises(RestoreError, match="outside of it"):
        Place(tmp_path / "new", None).restore(tmp_path / "backup")
    assert Place(tmp_path / "new", None).is_empty()


def test_a_backup_of_a_newer_version_is_refused(used: Place, tmp_path: Path) -> None:
    used.back_up(tmp_path / "backup")
    manifest = read_manifest(tmp_path / "backup")
    (tmp_path / "backup" / "manifest.json").unlink()
    write_manifest(
        type(manifest)(**{**vars(manifest), "schema": "0999"}), tmp_path / "backup"
    )
    with pytest.raises(SchemaVersionError, match="newer foresto_lab"):
        used.restore(tmp_path / "backup")


def test_a_damaged_store_is_told_instead_of_backed_up(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", None)
    fill(place)
    damages: dict[str, Callable[[Path], object]] = {
        "data/lake/daily_price/period=*/*.parquet": remove,
        "data/lake/daily_price/_delta_log/*2.json": lambda path: path.write_bytes(b""),
    }
    for pattern, damage in damages.items():
        broken = tmp_path / "broken"
        shutil.copytree(place.home, broken)
        path = max(broken.glob(pattern), key=lambda path: path.stat().st_mtime_ns)
        damage(path)
        with pytest.raises(CorruptStoreError, match="No backup was made") as caught:
            Place(broken, None).back_up(tmp_path / "backup")
        assert path.name in str(caught.value)
        assert not (tmp_path / "backup").exists()
        shutil.rmtree(broken)
    assert leftovers(tmp_path) == []


def test_a_run_whose_folder_is_damaged_is_told_and_the_rest_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foresto_lab.storage.backup.embedded.SETTLE_SECONDS", 0.2)
    place = Place(tmp_path / "home", None)
    fill(place)
    broken, whole = (r.run_id for r in place.open().run_records())
    flip_a_bit(place.home / "data" / "runs" / broken / "path.parquet")
    report = place.back_up(tmp_path / "backup")
    assert report.manifest.unreadable_runs == (broken,)
    restored = Place(tmp_path / "restored", None)
    restored.restore(tmp_path / "backup")
    lab = restored.open()
    assert lab.reproduce(whole).identical
    with pytest.raises(CorruptStoreError):
        lab.run(broken)
    assert lab.run_record(broken).summary


# --- killed -------------------------------------------------------------------------

MOMENTS = {"embedded": (1, 2, 5, 9), "postgresql": (1,)}


def test_a_killed_backup_leaves_nothing_and_can_be_made_again(
    workers: Forks, used: Place, places: Places, store_kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    for moment in MOMENTS[store_kind]:
        number = workers.start(back_up, *used.arguments, str(path), moment)
        assert workers.hear()[0] == "standing"
        kill(number)
        assert not path.exists()
        assert len(leftovers(tmp_path)) == 1
    used.back_up(path)
    assert leftovers(tmp_path) == []
    restored = places.new()
    restored.restore(path)
    assert differences(used, restored) == []


def test_a_killed_restore_leaves_the_place_empty_or_whole(
    workers: Forks, used: Place, places: Places, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    used.back_up(path)
    ends = set()
    target = places.new()
    for moment in range(1, 60):
        number = workers.start(restore, str(path), *target.arguments, moment)
        heard = workers.hear()
        if heard[0] == "done":
            break
        kill(number)
        wait_for_pg_restore(target)
        ends.add("empty" if target.is_empty() else "whole")
        if not target.is_empty():
            assert differences(used, target) == []
            target = places.new()
    else:
        raise AssertionError("it never came to its end")
    assert "empty" in ends
    assert differences(used, target) == []
    assert not target.home.exists() or leftovers(target.home) == []


def wait_for_pg_restore(place: Place) -> None:
    """Wait until the server has noticed that nobody feeds its pg_restore any more."""
    if place.url is None:
        return
    database = open_database(place.home, place.url)
    deadline = time.monotonic() + SECONDS_TO_ROLL_BACK
    count = 1
    while count and time.monotonic() < deadline:
        with database.reading() as session:
            count = (
                session.connection()
                .exec_driver_sql(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                    "'pg_restore' AND datname = current_database()"
                )
                .scalar_one()
            )
        time.sleep(0.02)
    database.close()
    assert not count, "a pg_restore goes on without its feeder"


# --- the disk -----------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_backup_on_a_full_disk_leaves_nothing(
    used: Place, small_disk: Path, tmp_path: Path
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (500 << 10))
    with pytest.raises(DiskFullError, match="No room left"):
        used.back_up(small_disk / "backup")
    assert sorted(p.name for p in small_disk.iterdir()) == ["ballast"]
    used.back_up(tmp_path / "backup")


def test_a_restore_on_a_full_disk_leaves_nothing(
    small_disk: Path, tmp_path: Path
) -> None:
    place = Place(tmp_path / "home", None)
    fill(place)
    place.back_up(tmp_path / "backup")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (400 << 10))
    target = Place(small_disk / "new", None)
    with pytest.raises(DiskFullError):
        target.restore(tmp_path / "backup")
    assert target.is_empty()
    assert not target.home.exists() or leftovers(target.home) == []
    ballast.unlink()


# --- PostgreSQL's programs and its server -------------------------------------------


@pytest.fixture
def team(team_url: str, tmp_path: Path) -> Place:
    place = Place(tmp_path / "team", team_url)
    fill(place)
    return place


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def only_a_version(folder: Path, name: str, version: str) -> None:
    """Write a program that only tells its version."""
    program(folder, name, f"echo '{name} (PostgreSQL) {version}'")


def test_missing_and_old_programs_are_told(
    team: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.back_up(tmp_path / "backup")
    monkeypatch.setenv("FORESTO_POSTGRES_BIN", str(tmp_path / "bin"))
    with pytest.raises(ProgramNotFoundError, match=r"pg_dump is not in .*Install"):
        team.back_up(tmp_path / "no")
    only_a_version(tmp_path / "bin", "pg_dump", "9.6.24 (Debian)")
    with pytest.raises(ProgramNotFoundError, match=r"there is 9\.6\.24 in"):
        team.back_up(tmp_path / "no")
    drop_tables(team)
    for version in ("9.6.24", "17.2", "not a number"):
        only_a_version(tmp_path / "bin", "pg_restore", version)
        with pytest.raises(ProgramNotFoundError, match="pg_restore"):
            team.restore(tmp_path / "backup")
    assert not (tmp_path / "no").exists()


def drop_tables(place: Place) -> None:
    database = open_database(place.home, place.url)
    if found_version(database) is not None:
        downgrade_schema(database, "base")
        with database.writing() as session:
            session.connection().exec_driver_sql("DROP TABLE alembic_version")
    database.close()


def test_the_password_is_on_no_command_line(
    team: Place,
    places_of_team: Callable[[], Place],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Programs that write down what they were called with, before they are run."""
    password = str(team.url).split(":")[2].partition("@")[0]
    for name in ("pg_dump", "pg_restore"):
        real = find_program(name, suits=lambda _: True, wanted="any", best=0).path
        told = tmp_path / f"{name}.txt"
        program(tmp_path / "bin", name, f'echo "$@" >> {told}; exec {real} "$@"')
    monkeypatch.setenv("FORESTO_POSTGRES_BIN", str(tmp_path / "bin"))
    team.back_up(tmp_path / "b")
    target = places_of_team()
    target.restore(tmp_path / "b")
    lines = [
        (tmp_path / f"{name}.txt").read_text() for name in ("pg_dump", "pg_restore")
    ]
    assert "--snapshot=" in lines[0]
    assert "--single-transaction" in lines[1]
    assert password not in "".join(lines)
    assert password not in (tmp_path / "b" / "manifest.json").read_text()
    assert differences(team, target) == []


@pytest.fixture
def places_of_team(
    postgresql_server: DatabaseServer, tmp_path: Path
) -> Iterator[Callable[[], Place]]:
    places = Places(tmp_path, postgresql_server)
    yield places.new
    places.remove()


def test_a_server_killed_in_a_backup_leaves_nothing(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    place = Place(tmp_path / "home", own_server.url(own_server.create_database()))
    fill(place)
    database = open_database(place.home, place.url)
    with pytest.raises(StorageError) as caught:
        make_backup(
            database,
            place.home,
            tmp_path / "backup",
            progress=lambda *_: own_server.kill(),
        )
    assert isinstance(caught.value, (BackupError, DatabaseConnectionError))
    assert own_server.password not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "backup").exists()
    assert leftovers(tmp_path) == []
    own_server.start()
    place.back_up(tmp_path / "backup")


def test_a_server_killed_in_a_restore_leaves_the_database_empty(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    place = Place(tmp_path / "home", own_server.url(own_server.create_database()))
    fill(place)
    place.back_up(tmp_path / "backup")
    target = Place(tmp_path / "new", own_server.url(own_server.create_database()))

    def die(step: str, done: int, total: int) -> None:
        if step == "restoring":
            own_server.kill()

    with pytest.raises(StorageError) as caught:
        restore_backup(tmp_path / "backup", target.home, target.url, progress=die)
    assert own_server.password not in str(caught.value)
    own_server.start()
    assert target.is_empty()
    target.restore(tmp_path / "backup")
    assert differences(place, target) == []


def test_months_can_be_dropped_while_a_backup_waits_for_nobody(
    team: Place, tmp_path: Path
) -> None:
    """A month that is dropped meanwhile is in the backup, or was gone before it."""
    database = open_database(team.home, team.url)
    with database.writing() as session:
        session.connection().exec_driver_sql(
            "SELECT create_monthly_partitions('candles_history', '1990-01-01', "
            "'1990-06-01')"
        )
    dropping = threading.Thread(target=drop_month, args=(team, "1990m03"))

    def begin(step: str, done: int, total: int) -> None:
        if not dropping.ident:
            dropping.start()

    make_backup(database, team.home, tmp_path / "backup", progress=begin)
    dropping.join()
    read_manifest(tmp_path / "backup")
    database.close()


def drop_month(place: Place, month: str) -> None:
    database = open_database(place.home, place.url)
    with database.writing() as session:
        session.connection().exec_driver_sql(f"DROP TABLE candles_history_y{month}")
    database.close()


def test_a_catalog_that_is_being_written_is_copied_as_of_one_moment(
    tmp_path: Path,
) -> None:
    """Two tables that are changed in one transaction are never seen apart."""
    place = Place(tmp_path / "home", None)
    place.open().storage.close()
    begun, stop = threading.Event(), threading.Event()

    def write() -> None:
        connection = sqlite3.connect(place.home / "data" / "foresto.db", timeout=60)
        number = 0
        while not stop.is_set():
            number += 1
            with connection:
                for change in (
                    "UPDATE scenario_definition SET name_en = ?",
                    "UPDATE portfolio_allocation SET position = ?",
                ):
                    connection.execute(change, [number])
            begun.set()
        connection.close()

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    assert begun.wait(60)
    for number in range(5):
        report = place.back_up(tmp_path / f"backup-{number}")
        catalog = sqlite3.connect(report.path / "data" / "foresto.db")
        names = catalog.execute("SELECT DISTINCT name_en FROM scenario_definition")
        positions = catalog.execute(
            "SELECT DISTINCT position FROM portfolio_allocation"
        )
        assert [int(row[0]) for row in names] == [row[0] for row in positions]
        catalog.close()
    stop.set()
    writer.join()


def test_a_reader_with_an_awkward_password_can_back_up(
    postgresql_server: DatabaseServer,
    places_of_team: Callable[[], Place],
    tmp_path: Path,
) -> None:
    place, target = places_of_team(), places_of_team()
    fill(place)
    prefix = f"g{secrets.token_hex(4)}"
    password = "a 'b\"\\c@:/?#%20+ ;é"
    storage = place.open().storage
    apply_roles(storage.postgres, TeamRoles(prefix=prefix))
    login = sql.Identifier(f"{prefix} ann")
    postgresql_server.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
            login, sql.Literal(password), sql.Identifier(f"{prefix}_reader")
        )
    )
    owner = urlsplit(str(place.url))
    user = f"{quote(f'{prefix} ann')}:{quote(password, safe='')}"
    url = owner._replace(netloc=f"{user}@{owner.hostname}:{owner.port}").geturl()
    try:
        reader = Place(place.home, f"{url}?application_name=a%20b")
        assert len(storage_of(reader).series.daily_prices()) == 280
        reader.back_up(tmp_path / "backup")
        target.restore(tmp_path / "backup")
        assert differences(place, target) == []
    finally:
        storage.close()
        postgresql_server.drop_database(owner.path[1:])
        roles = [f"{prefix} ann", *(f"{prefix}_{n}" for n in ("writer", "reader"))]
        for role in (*roles[::-1], f"{prefix}_owner"):
            drop = sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role))
            with suppress(psycopg.Error):
                postgresql_server.execute(drop)


def storage_of(place: Place) -> Storage:
    return open_storage(place.home, place.url)
