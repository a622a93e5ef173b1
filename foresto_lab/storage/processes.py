"""Which process is which: what belongs to one, and whether another is still there."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Generic, TypeVar

Thing = TypeVar("Thing")

START_TOLERANCE_SECONDS = 5.0
"""How far two readings of one process's start may differ: clocks are adjusted."""

HEARTBEAT_BOUND = timedelta(minutes=2)
"""How old the last sign of life of a process may be that cannot be looked at."""


class PerProcess(Generic[Thing]):
    """One thing per process, made at its first use there.

    A forked child makes its own. The parent's stays referenced and untouched in the
    child: closing it there could harm the parent.
    """

    def __init__(self, make: Callable[[], Thing]) -> None:
        self._make = make
        self._things: dict[int, Thing] = {}

    def get(self) -> Thing:
        """Return this process's thing."""
        thing = self._things.get(os.getpid())
        if thing is None:
            thing = self._things.setdefault(os.getpid(), self._make())
        return thing

    def pop(self) -> Thing | None:
        """Return this process's thing and forget it; None if it has none."""
        return self._things.pop(os.getpid(), None)


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, told from others that have had or will have its number."""

    host: str
    process_id: int
    started_at: float
    """Seconds since the epoch."""

    def is_gone(self, heartbeat_at: datetime, now: datetime) -> bool:
        """Return whether the process certainly runs no longer.

        On this host the process table says so; a process of the same number with
        another start, or one of another host, is gone when its heartbeat is too old.
        """
        silent = now - heartbeat_at > HEARTBEAT_BOUND
        if self.host != host_identity():
            return silent
        started_at = _start_of(self.process_id)
        if started_at is None:
            return True
        same = abs(started_at - self.started_at) <= START_TOLERANCE_SECONDS
        return not same and silent


def this_process() -> ProcessIdentity:
    """Return the identity of this process."""
    return _identity_of(os.getpid())


@cache
def _identity_of(process_id: int) -> ProcessIdentity:
    started_at = _start_of(process_id)
    return ProcessIdentity(host_identity(), process_id, started_at or 0.0)


@cache
def host_identity() -> str:
    """Return the name of the host and, on Linux, of the space its numbers are from.

    Two containers may share a host's name, but not its process numbers.
    """
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        return platform.node()
    return f"{platform.node()} {space}"


def _start_of(process_id: int) -> float | None:
    """Return when a process started; None when there is none, or only its remains."""
    import psutil

    try:
        process = psutil.Process(process_id)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return float("nan")  # there, but not ours to look at: the heartbeat decides
