"""Which of several installed programs of PostgreSQL is taken, and how it is called."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from foresto_lab.errors import ProgramNotFoundError
from foresto_lab.storage.postgresql import programs
from foresto_lab.storage.postgresql.programs import (
    Program,
    ProgramFailedError,
    connection_of,
    find_program,
    running,
)


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Program]:
    """Return what puts programs of several versions on an otherwise empty PATH."""
    folders: list[str] = []
    monkeypatch.delenv(programs.FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(programs, "USUAL_FOLDERS", (f"{tmp_path}/usual-*/bin",))

    def put(answer: str, *, folder: str = "") -> Program:
        path = tmp_path / (folder or f"on-path-{len(folders)}")
        path.mkdir(parents=True)
        (path / "pg_dump").write_text(f"#!/bin/sh\necho '{answer}'\n")
        (path / "pg_dump").chmod(0o755)
        if not folder:
            folders.append(str(path))
            monkeypatch.setenv("PATH", ":".join(folders))
        version = answer.split()[2]
        return Program(path / "pg_dump", version, int(version.split(".")[0]))

    return put


def find(oldest: int) -> Program:
    return find_program(
        "pg_dump",
        suits=lambda major: major >= oldest,
        wanted=f"version {oldest} or newer",
        best=oldest,
    )


def test_the_servers_own_version_is_taken(install: Callable[..., Program]) -> None:
    install("pg_dump (PostgreSQL) 17.1")
    own = install("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    install("pg_dump (PostgreSQL) 16.2")
    assert find(15) == own


def test_else_the_next_newer_one(install: Callable[..., Program]) -> None:
    install("pg_dump (PostgreSQL) 17.1")
    install("pg_dump (PostgreSQL) 14.9")
    kept_apart = install("pg_dump (PostgreSQL) 16.2", folder="usual-16/bin")
    assert find(15) == kept_apart


def test_one_that_is_too_old_is_named(install: Callable[..., Program]) -> None:
    old = install("pg_dump (PostgreSQL) 14.9")
    with pytest.raises(ProgramNotFoundError) as caught:
        find(15)
    assert str(caught.value).startswith(
        f"pg_dump of version 15 or newer is needed; there is 14.9 in {old.path.parent}."
    )
    assert "postgresql-client-15" in str(caught.value)


def test_none_at_all_is_told(install: Callable[..., Program]) -> None:
    with pytest.raises(ProgramNotFoundError, match="was not found on this machine"):
        find(15)


def test_a_named_folder_is_the_only_one_looked_at(
    install: Callable[..., Program], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("pg_dump (PostgreSQL) 15.1")
    monkeypatch.setenv(programs.FOLDER_VARIABLE, str(tmp_path / "named"))
    with pytest.raises(ProgramNotFoundError, match=r"is not in .*named, the folder"):
        find(15)
    named = install("pg_dump (PostgreSQL) 16.1", folder="named")
    assert find(15) == named


def test_debians_wrapper_is_passed_by(
    install: Callable[..., Program], tmp_path: Path
) -> None:
    wrapper = install("pg_dump (PostgreSQL) 15.1")
    wrapper.path.rename(tmp_path / programs.WRAPPER)
    wrapper.path.symlink_to(tmp_path / programs.WRAPPER)
    with pytest.raises(ProgramNotFoundError, match="was not found"):
        find(15)


def test_secrets_go_into_the_environment_and_nowhere_else() -> None:
    given = {
        "host": "db.example",
        "port": "5433",
        "user": "ann",
        "password": "p w",
        "dbname": "a b",
        "sslmode": "require",
        "keepalives_idle": "30",
        "sslpassword": "hidden",
    }
    argument, environment = connection_of(given)
    assert argument == "dbname='a b' keepalives_idle=30"
    assert environment["PGPASSWORD"] == "p w"
    assert environment["PGHOST"] == "db.example"
    assert environment["PGPORT"] == "5433"
    assert environment["PGUSER"] == "ann"
    assert environment["PGSSLMODE"] == "require"


def test_a_failed_program_is_told_by_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "pg_dump"
    path.write_text("#!/bin/sh\necho 'pg_dump: error: no room' >&2\nexit 1\n")
    path.chmod(0o755)
    with (
        pytest.raises(ProgramFailedError, match=r"^no room$"),
        running(Program(path, "15.1", 15), [], {}, stdout=subprocess.PIPE),
    ):
        pass


def test_a_program_ends_when_its_user_fails(tmp_path: Path) -> None:
    path = tmp_path / "pg_dump"
    path.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    path.chmod(0o755)
    with (
        pytest.raises(KeyboardInterrupt),
        running(Program(path, "15.1", 15), [], {}, stdout=subprocess.PIPE) as process,
    ):
        raise KeyboardInterrupt
    assert process.returncode is not None
