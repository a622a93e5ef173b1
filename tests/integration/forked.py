"""Real processes for the tests, forked from one that has imported everything.

Importing the package takes a process seconds; a fork of one that has done so takes a
millisecond, and is a process of its own in every other respect.

`python forked.py MODULE...` imports the modules, then reads commands, one JSON list a
line: a module, a function of it, and arguments. It forks a child for each and prints
the child's number. What a child says is printed too, one JSON value a line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


class Forks:
    """The test's side: starts processes, and listens to them."""

    def __init__(self, *preloaded: str) -> None:
        self._preloaded = preloaded

    def __enter__(self) -> Forks:
        self._server = subprocess.Popen(
            [sys.executable, __file__, *self._preloaded],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def start(self, function: Callable[..., object], *arguments: object) -> int:
        """Run a function in a new process; return the process's number."""
        command = [function.__module__, function.__name__, *arguments]
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(command).encode() + b"\n")
        self._server.stdin.flush()
        return int(self.hear())

    def hear(self) -> Any:
        """Return the next value that a process says."""
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, "the processes are gone"
        return json.loads(line)


def kill(process_id: int) -> None:
    """Kill a process the hard way and wait until it is gone."""
    os.kill(process_id, signal.SIGKILL)
    for _ in range(2000):
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)
    raise AssertionError(f"process {process_id} does not go away")


def say(value: object) -> None:
    """Let the test hear a value."""
    os.write(1, json.dumps(value).encode() + b"\n")


def _serve() -> None:
    for name in sys.argv[1:]:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed are gone at once
    for line in sys.stdin:
        module, function, *arguments = json.loads(line)
        work = getattr(import_module(module), function)
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(told, 1)  # the number is said before anything of the child's
            _work(work, arguments)
        say(child)
        os.write(tell, b".")
        os.close(told)
        os.close(tell)


def _work(work: Callable[..., object], arguments: list[Any]) -> None:
    """Do a child's work and leave, whatever happens."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        said = work(*arguments)
        if said is not None:
            say(said)
    except BaseException:
        say({"error": traceback.format_exc()})
    finally:
        os._exit(0)


if __name__ == "__main__":
    _serve()
