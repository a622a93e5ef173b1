"""What a simulation is asked to hold: weights, a schedule, a weighting, a portfolio."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.scenarios.portfolio import Portfolio
from foresto_lab.scenarios.weighting import Weighting
from foresto_lab.scenarios.weights import parse_weights, targets_with_cash
from foresto_lab.scenarios.weights_schedule import WeightsSchedule
from foresto_lab.types import Float64Array2D, Int64Array1D, SessionArray


@dataclass(frozen=True, eq=False)
class Targets:
    """Target weights, fixed or by date.

    Parameters
    ----------
    weights : mapping of asset to fraction of NAV
        Of every asset; of a schedule, those of its first row.
    held : tuple of columns
        The assets that are held at some time.
    schedule : WeightsSchedule, optional
        Where they change.
    """

    weights: Mapping[Hashable, float]
    held: tuple[Hashable, ...]
    schedule: WeightsSchedule | None = None

    def on(self, sessions: SessionArray) -> tuple[Float64Array2D, Int64Array1D]:
        """Return the rows of targets with cash, and each session's row."""
        if self.schedule is not None:
            held = [str(asset) for asset in self.held]
            return self.schedule.only(held).on(sessions)
        fixed = np.array([[self.weights[asset] for asset in self.held]])
        return targets_with_cash(fixed), np.zeros(len(sessions), dtype=np.int64)


def parse_targets(given: object) -> Targets | Weighting | Portfolio:
    """Return the targets, or what has yet to compute them from prices.

    Raises
    ------
    WeightError
        The weights are none.
    """
    if isinstance(given, WeightsSchedule):
        return scheduled_targets(given)
    if isinstance(given, Weighting):
        return given
    if isinstance(given, Portfolio) and given.is_computed:
        return given
    if not hasattr(given, "items") and hasattr(given, "weights"):
        given = given.weights
    weights = parse_weights(given)  # type: ignore[arg-type]
    held = tuple(asset for asset, weight in weights.items() if weight > 0.0)
    return Targets(weights, held)


def scheduled_targets(schedule: WeightsSchedule) -> Targets:
    """Return the targets of a schedule."""
    first: dict[Hashable, float] = dict(
        zip(schedule.assets, schedule.weights[0].tolist(), strict=True)
    )
    return Targets(first, schedule.held, schedule)


def rows_in_force(prices: Any, targets: Targets) -> Any:
    """Return the rows of a table from the first that a schedule is in force on."""
    schedule = targets.schedule
    index = getattr(prices, "index", None)
    if schedule is None or not isinstance(index, pd.DatetimeIndex):
        return prices
    if len(index) == 0 or index.tz is not None or not index.is_monotonic_increasing:
        return prices
    rows = prices.loc[index >= pd.Timestamp(str(schedule.dates[0]))]
    return rows if len(rows) else prices
