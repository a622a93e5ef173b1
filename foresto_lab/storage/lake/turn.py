"""Taking turns at writing: loads of one machine queue instead of racing.

The turn is a courtesy. What keeps the table whole is the compare and swap of the
commit; a writer that does not get the turn in time goes on without it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from foresto_lab.storage.lake.location import Location

WAIT_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.005


@contextmanager
def writing_turn(table: Location) -> Iterator[bool]:
    """Wait for the turn at writing a table; yields whether it was had."""
    try:
        import fcntl

        handle = os.open(f"{table.uri}.turn", os.O_RDWR | os.O_CREAT, 0o666)
    except (ImportError, OSError):
        yield False
        return
    try:
        yield _wait(lambda: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB))
    finally:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _wait(take: Callable[[], None]) -> bool:
    """Return whether the turn was had within ``WAIT_SECONDS``."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            take()
        except BlockingIOError:
            time.sleep(LOOK_EVERY_SECONDS)
        except OSError:  # a file system without locks
            return False
        else:
            return True
    return False
