"""Drawdowns one by one: when each began, how deep it went, when it was over."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.metrics.value_series import parse_values


def deepest_drawdowns(values: Any, count: int = 5) -> pd.DataFrame:
    """Return the deepest drawdowns of values, the deepest first.

    A drawdown runs from a high to the first close back at it or above; the last one
    may not be over yet. Drawdowns do not overlap.

    Parameters
    ----------
    values : Series of values by date, or a result
        See :func:`foresto_lab.metrics.value_series.parse_values`.
    count : int
        How many at most.

    Returns
    -------
    DataFrame
        ``peak_date`` (the last close at the high), ``trough_date``, ``recovery_date``
        (NaT where it has not come), ``depth`` (below 0), ``days_down`` (peak to
        trough), ``days_to_recover`` (trough to recovery, None where it has not come);
        calendar days.
    """
    series = parse_values(values, "values")
    levels, dates = series.levels, series.dates
    highs = np.flatnonzero(levels >= np.maximum.accumulate(levels))
    ends = np.append(highs[1:], len(levels))
    under = ends - highs > 1
    rows: list[dict[str, Any]] = []
    for peak, end in zip(highs[under], ends[under], strict=True):
        trough = int(peak) + int(np.argmin(levels[peak:end]))
        back = dates[end] if end < len(levels) else None
        rows.append(
            {
                "peak_date": pd.Timestamp(dates[peak]),
                "trough_date": pd.Timestamp(dates[trough]),
                "recovery_date": pd.NaT if back is None else pd.Timestamp(back),
                "depth": float(levels[trough] / levels[peak] - 1.0),
                "days_down": int((dates[trough] - dates[peak]).astype(int)),
                "days_to_recover": None
                if back is None
                else int((back - dates[trough]).astype(int)),
            }
        )
    rows.sort(key=itemgetter("depth"))
    columns = [
        "peak_date",
        "trough_date",
        "recovery_date",
        "depth",
        "days_down",
        "days_to_recover",
    ]
    return pd.DataFrame(rows[:count], columns=columns, dtype=object)
