"""Telling of waits for other writers that last longer than they should."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from foresto_lab.telemetry import get_logger

SLOW_SECONDS = 1.0

log = get_logger(__name__)


@contextmanager
def waiting_for(lock: str) -> Iterator[None]:
    """Surround taking a lock; a wait of more than a second is told of."""
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    if seconds > SLOW_SECONDS:
        log.warning("waited for a lock", lock=lock, seconds=round(seconds, 3))
