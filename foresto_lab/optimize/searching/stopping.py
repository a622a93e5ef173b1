"""When a search is to stop before its method is through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from numbers import Real
from typing import Any, TypeAlias

from foresto_lab.errors import AmountError, InputError
from foresto_lab.optimize.searching.progress import SearchStatus
from foresto_lab.optimize.searching.search_driver import Stop

Cancel: TypeAlias = Callable[[], bool] | threading.Event
"""Asked between batches; true to cancel."""


def stop_when(
    cancel: Cancel | None,
    time_limit: float | timedelta | None,
    clock: Callable[[], float],
) -> Stop | None:
    """Return what a search asks between batches; None where nothing stops it.

    Parameters
    ----------
    cancel : callable returning bool, or threading.Event, optional
    time_limit : seconds or timedelta, optional
        From now.
    clock : callable
        Seconds that never go back.
    """
    asked = _parse_cancel(cancel)
    seconds = parse_time_limit(time_limit)
    if asked is None and seconds is None:
        return None
    end = None if seconds is None else clock() + seconds

    def stop() -> SearchStatus | None:
        if asked is not None and asked():
            return "cancelled"
        return "time limit" if end is not None and clock() >= end else None

    return stop


def parse_time_limit(given: Any) -> float | None:
    """Return a time limit in seconds, or raise AmountError unless it is above 0."""
    if given is None:
        return None
    seconds = given.total_seconds() if isinstance(given, timedelta) else given
    known = isinstance(seconds, Real) and not isinstance(seconds, bool)
    if not known or not float(seconds) > 0.0:
        allowed = "seconds above 0, or a timedelta"
        raise AmountError(parameter="time_limit", given=given, allowed=allowed)
    return float(seconds)


def _parse_cancel(cancel: Cancel | None) -> Callable[[], bool] | None:
    if cancel is None:
        return None
    is_set = getattr(cancel, "is_set", None)
    if callable(is_set):
        asked: Callable[[], bool] = is_set
        return asked
    if callable(cancel):
        return cancel
    raise InputError(
        message=f"cancel is {cancel!r:.80}; give a threading.Event, or a function "
        "that returns whether to stop."
    )
