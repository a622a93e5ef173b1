"""Spans of time as callers give them: days, instants, texts; all of them in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from foresto_lab.errors import InputError

Moment = date | datetime | np.datetime64 | str
"""A day or an instant; an instant without a zone is one of UTC."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def first_instant(given: Moment | None, parameter: str = "start") -> datetime | None:
    """Return the instant at which a span starts: of a day, its first.

    Raises
    ------
    InputError
        It is neither a day nor an instant.
    """
    moment = _parse_moment(given, parameter)
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.min, UTC)


def last_instant(given: Moment | None, parameter: str = "end") -> datetime | None:
    """Return the last instant of a span: of a day, its last microsecond.

    Raises
    ------
    InputError
        It is neither a day nor an instant.
    """
    moment = _parse_moment(given, parameter)
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.max, UTC)


def microseconds(instant: datetime) -> int:
    """Return the microseconds from 1970-01-01 UTC to an instant."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _parse_moment(given: Moment | None, parameter: str) -> date | datetime | None:
    try:
        moment = _moment(given)
    except (ValueError, OverflowError):
        moment = NotImplemented
    if moment is None or isinstance(moment, date):
        return _in_utc(moment) if isinstance(moment, datetime) else moment
    raise InputError(
        message=f"{parameter} is {given!r}, which is neither a day nor an instant. "
        "Give a date, a datetime, or a text: '2024-01-31' or '2024-01-31T09:00Z'."
    )


def _moment(given: object) -> object:
    if given is not None and given != given:  # NaT, which is a datetime
        return NotImplemented
    if isinstance(given, np.datetime64):
        unit = np.datetime_data(given.dtype)[0]
        return given.astype("M8[D]" if unit in "YMWD" else "M8[us]").item()
    if isinstance(given, str):
        whole = _DAY.fullmatch(given)
        return date.fromisoformat(given) if whole else datetime.fromisoformat(given)
    return given


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)
