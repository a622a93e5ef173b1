"""What reads are limited to, as callers write it: symbols and days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np


def as_date(day: Any) -> date | None:
    """Return a date from what callers hand over: a date, an instant, an ISO text."""
    if day is None or (isinstance(day, date) and not isinstance(day, datetime)):
        return day
    if isinstance(day, datetime):
        return day.date()
    return date.fromisoformat(str(np.datetime64(day, "D")))


def as_symbols(symbols: Sequence[str]) -> list[str]:
    """Return symbols as a list without repeats; one given as a text is one symbol."""
    given = [symbols] if isinstance(symbols, str) else symbols
    return list(dict.fromkeys(str(symbol) for symbol in given))
