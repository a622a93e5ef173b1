"""Computed sessions on disk, so that a process need not import exchange_calendars.

One small file per calendar in the user's cache folder. Its name carries the versions
of the library and of our corrections, so a newer one never reads an older one's days. A
file appears whole or not at all; one that cannot be read is as good as absent, and a
folder that cannot be written costs nothing but the time.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from platformdirs import user_cache_path

from foresto_lab.market.calendar_corrections import CORRECTIONS_VERSION
from foresto_lab.types import SessionArray


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """The sessions between two dates, those included, ascending ``datetime64[D]``."""

    first_date: dt.date
    last_date: dt.date
    sessions: SessionArray


def cached_days(name: str) -> CalendarDays | None:
    """Return the days kept for a calendar, or None where there are none to trust."""
    try:
        with (
            _cache_file(name).open("rb") as file,
            np.load(file, allow_pickle=False) as kept,
        ):
            bounds = kept["bounds"].astype("datetime64[D]")
            sessions = kept["sessions"].astype("datetime64[D]")
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    inside = len(sessions) and bounds[0] <= sessions[0] <= sessions[-1] <= bounds[1]
    if not inside or not (np.diff(sessions).astype(np.int64) > 0).all():
        return None
    return CalendarDays(bounds[0].item(), bounds[1].item(), sessions)


def keep_days(name: str, days: CalendarDays) -> bool:
    """Keep a calendar's days; return whether the folder could be written."""
    target = _cache_file(name)
    bounds = np.array([days.first_date, days.last_date], dtype="datetime64[D]")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=target.parent, suffix=".partial")
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                bounds=bounds.astype(np.int32),
                sessions=days.sessions.astype(np.int32),
            )
        os.replace(partial, target)
    except OSError:
        Path(partial).unlink(missing_ok=True)
        return False
    return True


def _cache_file(name: str) -> Path:
    """Return where a calendar's days are kept; distinct for distinct names."""
    readable = "".join(c if c.isalnum() else f"-{ord(c):x}-" for c in name)
    versions = f"{version('exchange_calendars')}-{CORRECTIONS_VERSION}"
    folder = user_cache_path("foresto_lab") / "calendars"
    return folder / f"{readable}.{versions}.npz"
