"""Signs of life of the runs that this process is computing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from foresto_lab.errors import ForestoError
from foresto_lab.telemetry import get_logger

FIRST_BEAT_SECONDS = 2.0
BEAT_SECONDS = 5.0

log = get_logger(__name__)


class Heartbeat:
    """Calls ``beat`` with the runs being kept, from a thread, while there are any.

    A run shorter than ``FIRST_BEAT_SECONDS`` is over before the first beat and costs no
    more than starting the thread, which goes when it wakes and finds nothing to do.
    """

    def __init__(self, beat: Callable[[Sequence[str]], None]) -> None:
        self._beat = beat
        self._lock = threading.Lock()
        self._runs: set[str] = set()
        self._thread: threading.Thread | None = None

    def keep(self, run_id: str) -> None:
        """Show life for a run from now on."""
        with self._lock:
            self._runs.add(run_id)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._keep_beating, name="foresto-heartbeat", daemon=True
                )
                self._thread.start()

    def drop(self, run_id: str) -> None:
        """Show no more life for a run."""
        with self._lock:
            self._runs.discard(run_id)

    def _keep_beating(self) -> None:
        seconds = FIRST_BEAT_SECONDS
        while True:
            time.sleep(seconds)
            with self._lock:
                runs = sorted(self._runs)
                if not runs:
                    self._thread = None
                    return
            self._beat_once(runs)
            seconds = BEAT_SECONDS

    def _beat_once(self, runs: Sequence[str]) -> None:
        try:
            self._beat(runs)
        except ForestoError as error:
            # The run goes on; it reports what is wrong with the disk itself.
            log.warning("heartbeat missed", runs=runs, error=error)
