"""What can go wrong around a workspace: each a clear error, and nothing written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foresto_lab.errors import (
    CorruptStoreError,
    DatabaseConnectionError,
    DiskFullError,
    ForestoError,
    SchemaVersionError,
    SettingsError,
    StorageError,
)
from foresto_lab.scenarios import Scenario
from foresto_lab.storage import Storage, create_workspace, open_storage
from foresto_lab.storage.run_store import EmbeddedRunStore
from foresto_lab.types import RunStatus
from tests.contracts.run_store import new_record, small_artifacts
from tests.integration.forked import Forks

NOBODY = 65534
PASSWORD = "s3cret-pass"


@pytest.fixture(scope="module")
def made_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with one completed run, to be copied."""
    home = tmp_path_factory.mktemp("made")
    storage = create_workspace(home)
    storage.runs.begin(new_record())
    storage.runs.complete(new_record().run_id, small_artifacts())
    storage.close()
    return home


@pytest.fixture
def home(made_workspace: Path, tmp_path: Path) -> Path:
    home = tmp_path / "workspace"
    shutil.copytree(made_workspace, home)
    return home


def catalog_file(home: Path) -> Path:
    return home / "data" / "foresto.db"


# --- the file ---------------------------------------------------------------------


def test_a_file_that_is_no_database_is_refused_and_kept(home: Path) -> None:
    junk = b"\x00\xffnot a database" * 4096
    catalog_file(home).write_bytes(junk)
    with pytest.raises(CorruptStoreError, match="not a database") as caught:
        open_storage(home)
    assert caught.value.path == catalog_file(home)
    assert catalog_file(home).read_bytes() == junk


def test_a_damaged_page_is_told(home: Path) -> None:
    content = bytearray(catalog_file(home).read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xde\xad\xbe\xef" * 16
    catalog_file(home).write_bytes(content)
    with pytest.raises(CorruptStoreError, match=r"malformed.*copy of it"):
        open_storage(home).catalog.scenarios()


def test_a_catalog_of_a_newer_version_is_refused_and_kept(home: Path) -> None:
    with sqlite3.connect(catalog_file(home)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    with pytest.raises(SchemaVersionError, match=r"0999.*newer foresto_lab"):
        open_storage(home)
    with sqlite3.connect(catalog_file(home)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    assert found == [("0999",)]


def test_a_copied_catalog_gets_its_write_ahead_log_back(home: Path) -> None:
    with sqlite3.connect(catalog_file(home)) as connection:
        assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == (
            "delete",
        )
    connection.close()
    storage = open_storage(home)
    assert len(storage.runs.records()) == 1
    storage.close()
    with sqlite3.connect(catalog_file(home)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


# --- the folder -------------------------------------------------------------------


@pytest.fixture
def public_home(made_workspace: Path) -> Iterator[Path]:
    """Return a workspace that another user may read but not write."""
    folder = Path("/var/tmp") / f"foresto-read-only-{os.getpid()}"
    shutil.copytree(made_workspace, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def open_as_nobody(home: str) -> str:
    """Open a workspace without the right to write it; say the error."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        open_storage(Path(home))
    except ForestoError as error:
        return f"{type(error).__name__}: {error}"
    return "opened"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_read_only_workspace_is_told_and_left_alone(public_home: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in public_home.rglob("*")}
    with Forks("foresto_lab.storage.workspace", __name__) as forks:
        forks.start(open_as_nobody, str(public_home))
        existing = forks.hear()
        forks.start(open_as_nobody, str(public_home / "new"))
        new = forks.hear()
    assert existing.startswith("WorkspaceReadOnlyError"), existing
    assert "cannot be written" in existing
    assert new.startswith("WorkspaceReadOnlyError"), new
    assert {p: p.stat().st_mtime_ns for p in public_home.rglob("*")} == before


def test_a_workspace_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(StorageError, match="file"):
        open_storage(tmp_path / "file" / "workspace")


# --- the disk ---------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    return ballast


def test_a_full_disk_loses_only_what_was_being_written(small_disk: Path) -> None:
    storage = create_workspace(small_disk)
    storage.runs.begin(new_record(0))
    storage.runs.complete(new_record(0).run_id, small_artifacts(7.0))
    run_id = storage.runs.begin(new_record(1)).run_id
    ballast = fill(small_disk)
    with pytest.raises(DiskFullError, match="No room left"):
        storage.runs.complete(run_id, small_artifacts())
    with pytest.raises(DiskFullError):
        save_until_full(storage)
    assert storage.runs.record(run_id).status is RunStatus.RUNNING
    assert storage.runs.artifacts(new_record(0).run_id).summary["total_return"] == 7.0
    assert not list((small_disk / "data" / "runs" / ".incoming").iterdir())

    ballast.unlink()
    storage.runs.complete(run_id, small_artifacts(8.0))
    storage.catalog.save_scenario(Scenario("AFTER", "가", "A", {"equity": 1.0}))
    storage.close()
    again = open_storage(small_disk)
    assert again.runs.artifacts(run_id).summary["total_return"] == 8.0
    assert again.catalog.scenario("after").weights == {"equity": 1.0}
    again.close()


def save_until_full(storage: Storage) -> None:
    for number in range(500):
        text = f"{number} " * 500
        storage.catalog.save_scenario(Scenario("BIG", "가", "A", {"equity": 1.0}, text))


def test_a_disk_without_room_for_a_workspace_is_told(small_disk: Path) -> None:
    ballast = fill(small_disk)
    with pytest.raises(DiskFullError):
        create_workspace(small_disk / "workspace")
    ballast.unlink()
    assert len(create_workspace(small_disk / "workspace").catalog.scenarios()) == 3


# --- the URL ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("driver", "kind", "words"),
    [
        ("postgresql+psycopg", DatabaseConnectionError, "resolve host"),
        ("postgresql", DatabaseConnectionError, "resolve host"),
        ("postgres", DatabaseConnectionError, "resolve host"),
        ("mysql", SettingsError, "mysql"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_without_the_password(
    tmp_path: Path, driver: str, kind: type[ForestoError], words: str
) -> None:
    from pydantic import SecretStr

    url = f"{driver}://ann:{PASSWORD}@db.invalid:5432/lab"
    for given in (url, SecretStr(url)):
        with pytest.raises(kind, match=words) as caught:
            open_storage(tmp_path, given)
        assert PASSWORD not in str(caught.value)
        assert PASSWORD not in repr(caught.value.facts)
        assert caught.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", [f"no url {PASSWORD}", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_cannot_be_used_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="FORESTO_DATABASE_URL") as caught:
        open_storage(tmp_path, url)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []


def test_a_sqlite_url_names_the_catalog(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "catalog.db"
    storage = open_storage(tmp_path / "home", f"sqlite:///{elsewhere}")
    assert len(storage.catalog.scenarios()) == 3
    assert elsewhere.is_file()
    assert not catalog_file(tmp_path / "home").exists()
    assert isinstance(storage.runs, EmbeddedRunStore)
    storage.close()
