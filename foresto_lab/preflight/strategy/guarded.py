"""Running code that a user wrote: for so long and no longer, whatever it raises."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Final, TypeVar

Value = TypeVar("Value")

TIME_LIMIT_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 1.0
"""How long a stopped thread is waited for before it is left behind."""


class TimeLimitPassed(Exception):
    """The code ran longer than it may; it was stopped."""


class _Stop(BaseException):
    """Raised within the code to stop it; no Exception, lest it be caught there."""


def call_within(seconds: float, call: Callable[[], Value]) -> Value:
    """Return what a call returns, or raise what it raises.

    The call runs in a thread of its own. What it does in Python is stopped when the
    time has passed; a single call into compiled code ends first.

    Raises
    ------
    TimeLimitPassed
        It took longer than so many seconds.
    """
    outcome: list[Value] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True, name="foresto-preflight")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        _stop(thread)
        raise TimeLimitPassed
    if raised:
        raise raised[0]
    return outcome[0]


def _stop(thread: threading.Thread) -> None:
    identity = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(_Stop))
    thread.join(_PATIENCE_SECONDS)
