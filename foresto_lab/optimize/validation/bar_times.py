"""When the bars open that an evaluator counts, if they have times at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.metrics.bar_periods import bar_spacing
from foresto_lab.types import Int64Array1D


@dataclass(frozen=True, eq=False)
class BarTimes:
    """When bars open.

    Parameters
    ----------
    n_bars : int
    open_times : (n_bars,), optional
        Microseconds since 1970 UTC.
    spacing : int
        Microseconds that a bar lasts; 0 where that is not known.
    """

    n_bars: int
    open_times: Int64Array1D | None = None
    spacing: int = 0

    @property
    def index(self) -> pd.Index[Any]:
        """The open times, or bar numbers where there are none."""
        if self.open_times is None:
            return pd.RangeIndex(self.n_bars, name="bar")
        instants = pd.DatetimeIndex(self.open_times.view("datetime64[us]"), copy=False)
        return instants.tz_localize("UTC").rename("open_time")


def bar_times_of(evaluator: Any) -> BarTimes:
    """Return when the bars of an evaluator open."""
    table = getattr(evaluator, "table", None)
    times = getattr(evaluator if table is None else table, "open_times", None)
    sessions = getattr(getattr(evaluator, "span", None), "sessions", None)
    if times is None and sessions is not None:
        times = np.asarray(sessions).astype("datetime64[us]").astype(np.int64)
    if times is None:
        return BarTimes(evaluator.n_bars)
    spacing = getattr(evaluator, "spacing", None)
    if spacing is None:
        spacing = bar_spacing(times[:20_000])
    return BarTimes(len(times), np.asarray(times), int(spacing))
