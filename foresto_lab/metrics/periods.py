"""How time is counted: periods in a year, calendar months and years."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from foresto_lab.types import Int64Array1D, SessionArray

DAYS_PER_YEAR: Final = 365.25
"""Calendar days in a year, for compound rates."""
SESSIONS_PER_YEAR: Final = 252.0
"""Returns in a year, for volatility and the ratios made from it."""


def period_ends(dates: SessionArray, unit: Literal["M", "Y"]) -> Int64Array1D:
    """Return where each calendar month ("M") or year ("Y") ends, partial ones too.

    The first date is the base of the first return: a period without a return of its own
    is none.
    """
    periods = dates[1:].astype(f"datetime64[{unit}]")
    if len(periods) == 0:
        return np.zeros(0, dtype=np.int64)
    turns = np.flatnonzero(periods[1:] != periods[:-1]) + 1
    return np.append(turns, len(dates) - 1).astype(np.int64)
