"""The servers of the tests: they start, die, come back, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from foresto_lab import Lab
from tests import postgresql_session
from tests.conftest import SANDBOX_VARIABLE
from tests.postgresql_binaries import (
    BINARIES_VARIABLE,
    PostgresBinaries,
    examine,
    find_binaries,
    from_wheel,
    server_account,
    within_reach,
)
from tests.postgresql_server import (
    DatabaseServer,
    PostgresServer,
    new_server,
    shared_server,
    team_template,
)
from tests.postgresql_session import DATABASE_URL_VARIABLE, SESSION_VARIABLE

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 20
needs_a_server_of_the_tests = pytest.mark.skipif(
    DATABASE_URL_VARIABLE in os.environ, reason="the shared server is given"
)


def tables(url: str) -> list[str]:
    rows = DatabaseServer(url).execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    return [name for (name,) in rows]


def processes_below(folder: Path) -> list[psutil.Process]:
    """Return the postmasters whose data lies in a folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and any(
                part.startswith(f"{folder}/") for part in process.cmdline()
            ):
                found.append(process)
    return found


def await_gone(folder: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while folder.exists() or processes_below(folder):
        assert time.monotonic() < until, f"{folder} or its server is still there"
        time.sleep(0.05)


# --- one server -------------------------------------------------------------------


def test_a_server_is_set_up_for_tests(own_server: PostgresServer) -> None:
    settings = dict(
        own_server.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', "
            "'unix_socket_directories', 'fsync', 'TimeZone', 'server_encoding', 'port')"
        )
    )
    assert settings == {
        "TimeZone": "Asia/Seoul",
        "fsync": "off",
        "listen_addresses": "127.0.0.1",
        "port": str(own_server.port),
        "server_encoding": "UTF8",
        "unix_socket_directories": "",
    }
    assert own_server.execute("SHOW server_version")[0][0].startswith(
        own_server.version
    )
    user, superuser = own_server.execute(
        "SELECT current_user, usesuper FROM pg_user WHERE usename = current_user"
    )[0]
    assert (user, superuser) == ("foresto", True)


def test_a_server_asks_for_the_password(own_server: PostgresServer) -> None:
    wrong = own_server.url().replace(own_server.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        DatabaseServer(wrong).execute("SELECT 1")
    assert own_server.password not in repr(own_server)


def test_a_server_never_runs_as_root(own_server: PostgresServer) -> None:
    number = int((own_server.data / "postmaster.pid").read_text().split()[0])
    assert psutil.Process(number).uids().real != 0


def test_a_killed_server_comes_back_with_what_was_committed(
    own_server: PostgresServer,
) -> None:
    own_server.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with psycopg.connect(own_server.url()) as connection:
        connection.execute("INSERT INTO kept VALUES (43)")
        own_server.kill()
        assert not own_server.running
        assert not processes_below(own_server.folder)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    port = own_server.port
    own_server.restart()
    assert own_server.port == port
    assert own_server.execute("TABLE kept") == [(42,)]
    assert "was not properly shut down" in own_server.log.read_text()


def test_killing_takes_the_sessions_processes_too(own_server: PostgresServer) -> None:
    with psycopg.connect(own_server.url()) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        own_server.kill()
        with suppress(psutil.NoSuchProcess):
            assert backend.status() == psutil.STATUS_ZOMBIE


def test_a_stopped_server_starts_again_without_recovery(
    own_server: PostgresServer,
) -> None:
    own_server.stop()
    own_server.stop()
    assert not own_server.running
    own_server.start()
    own_server.start()
    assert own_server.execute("SELECT 1") == [(1,)]
    assert "was not properly shut down" not in own_server.log.read_text()


def test_settings_are_added_to_those_of_all_tests(own_server: PostgresServer) -> None:
    server = new_server(max_connections=17, application_name="it's")
    try:
        server.start()
        assert server.execute("SHOW max_connections") == [("17",)]
        assert server.execute("SHOW timezone") == [("Asia/Seoul",)]
        assert server.port != own_server.port
    finally:
        server.remove()
    assert not server.folder.exists()


def test_a_server_that_cannot_start_shows_its_log() -> None:
    if find_binaries() is None:
        pytest.skip("no PostgreSQL server is on this machine")
    server = new_server(shared_buffers="no number")
    with pytest.raises(RuntimeError, match=r'invalid value for .*"shared_buffers"'):
        server.start()
    server.remove()


def test_a_taken_port_makes_a_new_server_choose_another() -> None:
    if find_binaries() is None:
        pytest.skip("no PostgreSQL server is on this machine")
    first, second = new_server(), new_server()
    try:
        first.start()
        second._use_port(first.port)
        second.start()
        assert second.port != first.port
        assert second.execute("SELECT 1") == first.execute("SELECT 1")
    finally:
        first.remove()
        second.remove()


# --- databases --------------------------------------------------------------------


def test_a_new_database_is_empty(database_url: str) -> None:
    assert tables(database_url) == []


def test_a_database_is_dropped_under_its_users(
    postgresql_server: DatabaseServer,
) -> None:
    name = postgresql_server.create_database()
    with psycopg.connect(postgresql_server.url(name)) as connection:
        postgresql_server.drop_database(name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    postgresql_server.drop_database(name)


def test_eight_databases_are_copied_from_one_template_at_once(
    postgresql_server: DatabaseServer,
) -> None:
    template = team_template(postgresql_server)
    expected = None
    with ThreadPoolExecutor(8) as threads:
        names = list(
            threads.map(
                lambda _: postgresql_server.create_database(template=template), range(8)
            )
        )
    for name in names:
        found = tables(postgresql_server.url(name))
        expected = expected or found
        assert found == expected
        postgresql_server.drop_database(name)
    assert "scenario_definition" in expected


def test_a_team_s_database_has_the_schema_and_the_seeds(team_url: str) -> None:
    server = DatabaseServer(team_url)
    assert len(server.execute("TABLE alembic_version")) == 1
    names = {name for (name,) in server.execute("SELECT name FROM scenario_definition")}
    assert {"MIN_VOL", "DEFENSIVE"} <= names


def test_a_lab_opens_on_either_store(either_lab: Lab, store_kind: str) -> None:
    assert either_lab.storage.database.dialect == {"embedded": "sqlite"}.get(
        store_kind, store_kind
    )
    assert "MIN_VOL" in either_lab.scenarios().index


# --- the session ------------------------------------------------------------------


@needs_a_server_of_the_tests
def test_every_process_of_a_session_uses_one_server(
    postgresql_server: DatabaseServer,
) -> None:
    code = "import tests.postgresql_server as p; print(p.shared_server().url())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == postgresql_server.url()


def test_servers_lie_on_disk_where_memory_is_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql_session, "MEMORY_NEEDED", 2**60)
    place = postgresql_session._place_for_servers()
    assert place in {Path(tempfile.gettempdir()).resolve(), Path("/tmp").resolve()}


NESTED_TESTS = """
import os
import pytest
from tests.postgresql_server import new_server
from tests.postgresql_session import session_folder

@pytest.mark.parametrize("number", range(4))
def test_starts_and_fails(postgresql_server, own_server, number):
    with open(os.environ["REPORT"], "a") as file:
        file.write(f"{session_folder()} {postgresql_server.port} {own_server.port}\\n")
    if number == 3:
        new_server().start()
    assert number < 2
"""


def environment_of_a_new_session(**variables: str) -> dict[str, str]:
    """Return the environment without this session's sandbox and servers."""
    left_out = {SANDBOX_VARIABLE, SESSION_VARIABLE, DATABASE_URL_VARIABLE}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in left_out and not name.startswith("PYTEST_")
    }
    path = os.pathsep.join(filter(None, [str(REPOSITORY), kept.get("PYTHONPATH")]))
    return kept | {"PYTHONPATH": path} | variables


@pytest.mark.parametrize("workers", [0, 2])
def test_a_session_with_failures_leaves_nothing_behind(
    tmp_path: Path, workers: int
) -> None:
    if find_binaries() is None:
        pytest.skip("no PostgreSQL server is on this machine")
    report = tmp_path / "report"
    (tmp_path / "test_nested.py").write_text(NESTED_TESTS, encoding="utf-8")
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-n", str(workers)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, "test_nested.py"],
        cwd=tmp_path,
        env=environment_of_a_new_session(REPORT=str(report)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    lines = [line.split() for line in report.read_text().splitlines()]
    ((folder, _),) = {(folder, shared) for folder, shared, _ in lines}
    assert len({own for _, _, own in lines}) == 4
    await_gone(Path(folder))


def test_a_killed_session_leaves_nothing_behind() -> None:
    if find_binaries() is None:
        pytest.skip("no PostgreSQL server is on this machine")
    code = (
        "import time, tests.postgresql_server as p; p.shared_server();"
        "print(p.session_folder(), flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=environment_of_a_new_session(),
        stdout=subprocess.PIPE,
        text=True,
    ) as session:
        assert session.stdout
        folder = Path(session.stdout.readline().strip())
        assert processes_below(folder)
        session.kill()
    await_gone(folder)


def test_a_developer_s_server_runs_until_it_is_interrupted() -> None:
    if find_binaries() is None:
        pytest.skip("no PostgreSQL server is on this machine")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.postgresql_server"],
        cwd=REPOSITORY,
        env=environment_of_a_new_session(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout
        assert program.stderr
        url = program.stdout.readline().strip()
        assert urlsplit(url).path == "/foresto"
        server = DatabaseServer(url)
        folder = Path(server.execute("SHOW data_directory")[0][0]).parents[1]
        program.send_signal(signal.SIGINT)
        assert program.wait(PATIENCE_SECONDS) == 0
        assert program.stderr.read() == ""
    await_gone(folder)


@needs_a_server_of_the_tests
def test_a_server_that_is_given_is_used_and_cleaned(
    postgresql_server: DatabaseServer,
) -> None:
    code = (
        "import tests.postgresql_server as p; server = p.shared_server();"
        "server.create_database(); print(p.database_prefix(), type(server).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=environment_of_a_new_session()
        | {DATABASE_URL_VARIABLE: postgresql_server.url()},
        capture_output=True,
        text=True,
        check=True,
    )
    prefix, kind = done.stdout.split()
    assert kind == "DatabaseServer"
    left = postgresql_server.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
    )
    assert left == []


# --- binaries ---------------------------------------------------------------------


def test_the_wheel_has_a_server_that_runs() -> None:
    binaries = from_wheel()
    if binaries is None:
        pytest.skip("no wheel of PostgreSQL for this platform")
    server = new_server(binaries=binaries)
    try:
        server.start()
        assert server.execute("SHOW server_version")[0][0].startswith(binaries.version)
        assert server.execute("SHOW timezone") == [("Asia/Seoul",)]
    finally:
        server.remove()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only for root")
def test_programs_out_of_the_server_s_reach_are_copied(tmp_path: Path) -> None:
    wheel = from_wheel()
    if wheel is None:
        pytest.skip("no wheel of PostgreSQL for this platform")
    package = tmp_path / "site" / "package"
    package.mkdir(parents=True)
    (package / "pginstall").symlink_to(wheel.folder.parent)
    hidden = PostgresBinaries(package / "pginstall" / "bin", wheel.version)
    tmp_path.chmod(0o700)
    copied = within_reach(hidden, server_account(), tmp_path / "copies")
    assert copied.folder == tmp_path / "copies" / "package" / "pginstall" / "bin"
    assert examine(copied.folder) is not None
    assert all(
        path.is_symlink() or path.stat().st_mode & 0o044 == 0o044
        for path in (tmp_path / "copies").rglob("*")
    )


def test_a_folder_without_a_server_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BINARIES_VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match="do not run"):
        find_binaries()


def test_the_first_server_on_the_path_is_found_through_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = find_binaries()
    if installed is None:
        pytest.skip("no PostgreSQL server is on this machine")
    monkeypatch.delenv(BINARIES_VARIABLE, raising=False)
    (tmp_path / "initdb").symlink_to(installed.folder / "initdb")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binaries() == PostgresBinaries(
        installed.folder.resolve(), installed.version
    )


def test_the_shared_server_is_one_object_a_process() -> None:
    assert shared_server() is shared_server()
