"""Numbers on the dates they are of, and the last one known by a session."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foresto_lab.types import Float64Array1D, SessionArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class DatedSeries:
    """Numbers on ascending, unique dates; without NaN.

    Parameters
    ----------
    dates : (n_dates,) datetime64[D]
    numbers : (n_dates,)
    name : str
    """

    dates: SessionArray
    numbers: Float64Array1D
    name: str = ""

    def last(
        self, sessions: SessionArray, *, strictly_before: bool = False
    ) -> tuple[Float64Array1D, SessionArray]:
        """Return the last number on or before each session, and its date.

        Before the first it is NaN, its date NaT.
        """
        if strictly_before:
            place = self.dates.searchsorted(sessions, side="left") - 1
        else:
            place = self.dates.searchsorted(sessions, side="right") - 1
        numbers = np.append(self.numbers, np.nan)[place]
        dates = np.append(self.dates, np.datetime64("NaT", "D"))[place]
        return numbers, dates

    def before(self, sessions: SessionArray) -> Float64Array1D:
        """Return the last number dated before each session; NaN where there is none."""
        return self.last(sessions, strictly_before=True)[0]


def dated_series(frame: pd.DataFrame, column: Hashable) -> DatedSeries:
    """Return a column where it has numbers, in the order of its dates."""
    series = frame[column].dropna().sort_index()
    dates = series.index.to_numpy().astype("datetime64[D]")
    return DatedSeries(dates, series.to_numpy(dtype=np.float64), str(column))
