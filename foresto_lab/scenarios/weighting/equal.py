"""Equal weights: every asset the same fraction of NAV."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from foresto_lab.errors import WeightError
from foresto_lab.market.calendars import DEFAULT_CALENDAR, TradingCalendar
from foresto_lab.market.price_table import parse_price_table
from foresto_lab.scenarios.weighting.weighting import Weighting
from foresto_lab.scenarios.weights_schedule import WeightsSchedule

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class EqualWeight(Weighting):
    """The weight 1/n for each of n assets.

    Nothing is estimated: there is one row, of the first session with every price. How
    often the portfolio goes back to it is for the rebalancing rule to say.
    """

    type: ClassVar[str] = "EQUAL_WEIGHT"

    def schedule(
        self,
        prices: pd.DataFrame,
        calendar: TradingCalendar | str = DEFAULT_CALENDAR,
        *,
        assets: Sequence[Hashable] | None = None,
    ) -> WeightsSchedule:
        """Return the one row of equal weights."""
        wanted = list(prices.columns if assets is None else assets)
        if not wanted:
            raise WeightError(message="There is no asset to weight. Give at least one.")
        table = parse_price_table(prices, wanted)
        first = table.first_complete_row
        row = np.full((1, len(wanted)), 1.0 / len(wanted))
        return WeightsSchedule(table.sessions[first : first + 1], table.assets, row)

    def describe(self) -> str:
        """Return what it does in a few words, in English."""
        return "equal weights"
