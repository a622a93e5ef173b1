"""Weights from the returns of a rolling window: when they are decided, and from what.

A decision at a session's close takes the ``lookback`` daily returns that end with that
close, so it knows that session's price and none after it. The first is made on the
first session with so many returns of every asset; the others on the base day of every
period of the exchange's calendar after it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from foresto_lab.errors import (
    AmountError,
    DateRangeError,
    UnknownNameError,
    WeightError,
)
from foresto_lab.market.calendars import DEFAULT_CALENDAR, TradingCalendar
from foresto_lab.market.price_table import PriceTable, parse_price_table
from foresto_lab.rebalancing.schedule import due_sessions
from foresto_lab.scenarios.weighting.estimates import CovarianceMethod, Window
from foresto_lab.scenarios.weighting.weighting import Weighting, named_calendar
from foresto_lab.scenarios.weights_schedule import WeightsSchedule
from foresto_lab.types import BaseDay, Float64Array1D, Frequency

if TYPE_CHECKING:
    import pandas as pd

_Choice = TypeVar("_Choice", bound=StrEnum)
SHORTEST_LOOKBACK = 2


@dataclass(frozen=True, slots=True)
class RollingWeighting(Weighting):
    """Weights by the returns of the ``lookback`` sessions before each decision.

    Parameters
    ----------
    lookback : int
        How many daily returns are looked at, 2 or more; the last one ends with the
        close at which the weights are decided and traded.
    frequency : Frequency
        How often weights are decided anew.
    base_day : BaseDay
        On which session of the period.
    minimum_weight, maximum_weight : float
        What each weight may be, from 0 to 1.
    covariance : CovarianceMethod
        How the covariance is estimated; see ``CovarianceMethod``.

    Raises
    ------
    AmountError
        A number lies outside its range.
    UnknownNameError
        There is no such frequency, base day or covariance.
    WeightError
        The smallest weight is above the largest.
    """

    lookback: int = 252
    frequency: Frequency = Frequency.MONTHLY
    base_day: BaseDay = BaseDay.FIRST_TRADING_DAY
    minimum_weight: float = 0.0
    maximum_weight: float = 1.0
    covariance: CovarianceMethod = CovarianceMethod.EMPIRICAL

    def __post_init__(self) -> None:
        _set = object.__setattr__
        _set(self, "lookback", _parse_lookback(self.lookback))
        _set(self, "frequency", _named(Frequency, self.frequency, "frequency"))
        _set(self, "base_day", _named(BaseDay, self.base_day, "base day"))
        _set(
            self, "covariance", _named(CovarianceMethod, self.covariance, "covariance")
        )
        for name in ("minimum_weight", "maximum_weight"):
            _set(self, name, _parse_bound(getattr(self, name), name))
        if self.minimum_weight > self.maximum_weight:
            raise WeightError(
                message=f"minimum_weight {self.minimum_weight:g} is above "
                f"maximum_weight {self.maximum_weight:g}. Swap them, or correct one."
            )

    def schedule(
        self,
        prices: pd.DataFrame,
        calendar: TradingCalendar | str = DEFAULT_CALENDAR,
        *,
        assets: Sequence[Hashable] | None = None,
    ) -> WeightsSchedule:
        """Return a row of weights for every decision; see ``Weighting.schedule``."""
        wanted = list(prices.columns if assets is None else assets)
        self._require_feasible(len(wanted))
        table = parse_price_table(prices, wanted)
        rows = self._decisions(table, named_calendar(calendar))
        decided = [self._decide(window) for window in self._windows(table, rows)]
        return WeightsSchedule(table.sessions[rows], table.assets, np.array(decided))

    def describe(self) -> str:
        """Return what it does in a few words, in English."""
        name = self.type.lower().replace("_", " ")
        return f"{name} over {self.lookback} sessions, {self.frequency.lower()}"

    @property
    def is_bounded(self) -> bool:
        """Whether weights are held to more than 0 to 1."""
        return self.minimum_weight > 0.0 or self.maximum_weight < 1.0

    @abstractmethod
    def weigh(self, window: Window) -> Float64Array1D:
        """Return the weights (n_assets,) that a window of returns gives.

        They are 0 or more, within the bounds, and sum to 1.
        """

    def _decide(self, window: Window) -> Float64Array1D:
        """Return the weights of a window, freed of the last rounding."""
        if window.n_assets == 1:
            return np.ones(1)
        window.require_movement(self.type)
        weights = np.clip(self.weigh(window), self.minimum_weight, self.maximum_weight)
        total: Float64Array1D = weights / weights.sum()
        return total

    def _decisions(
        self, table: PriceTable, calendar: TradingCalendar
    ) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Return the rows at whose close weights are decided."""
        first = table.first_complete_row + self.lookback
        if first >= len(table.sessions):
            has = len(table.sessions) - table.first_complete_row - 1
            raise DateRangeError(
                message=f"A window of {self.lookback} returns is longer than the "
                f"history: {', '.join(table.assets[:5])} have {has} returns in common, "
                f"from {table.sessions[table.first_complete_row]} to "
                f"{table.sessions[-1]}. Choose a shorter lookback, or load more.",
                lookback=self.lookback,
                returns=has,
            )
        sessions = table.sessions[first:]
        due = due_sessions(sessions, calendar, self.frequency, self.base_day)
        due[0] = True
        return np.flatnonzero(due) + first

    def _windows(self, table: PriceTable, rows: Any) -> Iterator[Window]:
        """Yield the returns that each decision may know."""
        start = table.first_complete_row
        prices = np.ascontiguousarray(table.prices[start:])
        returns = prices[1:] / prices[:-1] - 1.0
        for row in rows:
            last = row - start  # returns[last - 1] ends with the close of this row
            yield Window(
                returns[last - self.lookback : last],
                table.assets,
                str(table.sessions[row]),
                self.covariance,
            )

    def _require_feasible(self, n_assets: int) -> None:
        if n_assets == 0:
            raise WeightError(message="There is no asset to weight. Give at least one.")
        low, high = self.minimum_weight * n_assets, self.maximum_weight * n_assets
        if low > 1.0 + 1e-9 or high < 1.0 - 1e-9:
            bound = "minimum" if low > 1.0 else "maximum"
            value = self.minimum_weight if low > 1.0 else self.maximum_weight
            raise WeightError(
                message=f"{bound}_weight {value:g} for {n_assets} assets makes "
                f"{value * n_assets:g} together; weights sum to 1. "
                f"{'Lower' if low > 1.0 else 'Raise'} it, or change the assets."
            )


def _parse_lookback(given: object) -> int:
    is_whole = isinstance(given, Integral) and not isinstance(given, bool)
    if is_whole and int(given) >= SHORTEST_LOOKBACK:  # type: ignore[call-overload]
        return int(given)  # type: ignore[call-overload, no-any-return]
    raise AmountError(
        parameter="lookback",
        given=given,
        allowed=f"a whole number of sessions, {SHORTEST_LOOKBACK} or more",
    )


def _parse_bound(given: object, name: str) -> float:
    is_number = isinstance(given, Real) and not isinstance(given, bool)
    if is_number and 0.0 <= float(given) <= 1.0:  # type: ignore[arg-type]
        return float(given) + 0.0  # type: ignore[arg-type]
    raise AmountError(parameter=name, given=given, allowed="a fraction from 0 to 1")


def _named(kind: type[_Choice], given: object, label: str) -> _Choice:
    try:
        return kind(str(given))
    except ValueError:
        raise UnknownNameError(
            kind=label, given=given, allowed=tuple(map(str, kind))
        ) from None
