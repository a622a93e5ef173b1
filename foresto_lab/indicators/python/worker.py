"""A process of its own for a Python indicator, killed when it takes too long."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from foresto_lab.errors import IndicatorFailedError
from foresto_lab.indicators.indicator import CandleColumns
from foresto_lab.types import Float64Array1D

_PROGRAM: Final = Path(__file__).with_name("worker_program.py")
_ENVIRONMENT: Final = frozenset(
    {"HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ"}
    | {"NUMBA_CACHE_DIR", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
)
"""What the process may know of its environment: no database's address, no keys."""
_COLUMNS: Final = ("open", "high", "low", "close", "volume")


class Worker:
    """Runs the code of one indicator outside this process, one request at a time.

    The process is started when it is first needed, kept for the next request, and
    ended with the object. Of the environment it knows what names no secret.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[Any, Any] | None = None

    def compute(
        self,
        table: CandleColumns,
        params: Mapping[str, Any],
        *,
        indicator: str,
        code: str,
        outputs: Sequence[str],
        time_limit: float,
        memory_limit: int,
    ) -> dict[str, Float64Array1D]:
        """Return the outputs, (n_bars,) each.

        Raises
        ------
        IndicatorFailedError
            The code raised, took longer than ``time_limit`` seconds, ended its process
            or returned something else than its outputs.
        """
        header = {
            "n_bars": len(table),
            "code": code,
            "params": dict(params),
            "outputs": list(outputs),
            "memory_limit": memory_limit,
        }
        with self._lock:
            process = self._running()
            late = threading.Event()
            timer = threading.Timer(time_limit, self._stop_late, (process, late))
            timer.start()
            try:
                _send(process, header, table)
                columns = _receive(process, len(table))
            except _Failed as failure:
                raise IndicatorFailedError(
                    indicator=indicator, reason=failure.reason
                ) from None
            except (OSError, ValueError):
                self._stop()
                reason = (
                    f"it was stopped, as it took longer than {time_limit:g} seconds"
                    if late.is_set()
                    else f"its process ended by itself ({process.returncode})"
                )
                raise IndicatorFailedError(indicator=indicator, reason=reason) from None
            except BaseException:
                self._stop()
                raise
            finally:
                timer.cancel()
        if set(columns) != set(outputs):
            self._stop()
            raise IndicatorFailedError(
                indicator=indicator, reason="its process answered something else"
            )
        return columns

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process start a worker of its own."""
        return (type(self), ())

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = _start()
            self._end = weakref.finalize(self, _end, self._process)
        return self._process

    def _stop(self) -> None:
        if self._end is not None:
            self._end()
        self._process = self._end = None

    @staticmethod
    def _stop_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
        late.set()
        _kill(process)


class _Failed(Exception):
    """The code failed, and its process said how."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={name: os.environ[name] for name in _ENVIRONMENT & set(os.environ)},
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and those that it forked."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()


def _send(
    process: subprocess.Popen[bytes], header: Mapping[str, Any], table: CandleColumns
) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(header).encode() + b"\n")
    process.stdin.write(np.ascontiguousarray(table.open_times).data)
    for name in _COLUMNS:
        process.stdin.write(np.ascontiguousarray(table.column(name)).data)
    process.stdin.flush()


def _receive(
    process: subprocess.Popen[bytes], n_bars: int
) -> dict[str, Float64Array1D]:
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    if told["error"] is not None:
        raise _Failed(str(told["error"]))
    columns = {}
    for name in told["columns"]:
        values = np.empty(n_bars)
        if process.stdout.readinto(values.data.cast("B")) != values.nbytes:  # type: ignore[attr-defined]
            raise OSError(0, "cut off")
        columns[str(name)] = values
    return columns
