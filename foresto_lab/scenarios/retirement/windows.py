"""Every historical start: what money grew to from then on, at each withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.market.price_table import PriceTable
from foresto_lab.rebalancing.cashflows.growth import ConsumerPrices, growth_factors
from foresto_lab.scenarios.retirement.plan import WithdrawalPlan
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
    SessionArray,
)

GrowthOfRows: TypeAlias = Callable[[Int64Array1D], Float64Array1D]
"""From rows, the start first, to the growth of 1 since the start at each."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Growth and consumer prices from every start on; NaN after the last row.

    Parameters
    ----------
    starts : (n_starts,) datetime64[D]
    dates : (n_periods + 1, n_starts) datetime64[D]
        The start, and the end of each withdrawal period; NaT after the last row.
    growth, prices : (n_periods + 1, n_starts)
        1 at the start.
    """

    starts: SessionArray
    dates: np.ndarray[tuple[int, int], np.dtype[np.datetime64]]
    growth: Float64Array2D
    prices: Float64Array2D

    def of_length(self, n_periods: int) -> Windows:
        """Return the windows that are that long, cut to it."""
        whole = ~np.isnan(self.growth[n_periods])
        rows = slice(0, n_periods + 1)
        return Windows(
            self.starts[whole],
            self.dates[rows, whole],
            self.growth[rows, whole],
            self.prices[rows, whole],
        )


def historical_windows(
    table: PriceTable,
    plan: WithdrawalPlan,
    inflation: ConsumerPrices | float,
    growth_of: GrowthOfRows,
) -> Windows:
    """Return a window for the first row of every calendar month that has one.

    A withdrawal period ends in the calendar month so many months on: on the first row
    there from the start's day of the month on, or else on its last row.

    Raises
    ------
    InputError
        A month that a withdrawal falls in has no row.
    """
    sessions = table.sessions
    months = sessions.astype("datetime64[M]").astype(np.int64)
    first_rows = np.flatnonzero(np.diff(months, prepend=months[0] - 1) != 0)
    n_periods = plan.n_periods()
    shape = (n_periods + 1, len(first_rows))
    growth = np.full(shape, np.nan)
    prices = np.full(shape, np.nan)
    dates = np.full(shape, np.datetime64("NaT", "D"))
    for place, row in enumerate(first_rows.tolist()):
        rows = _period_rows(sessions, months, row, plan)
        n_rows = len(rows)
        ends = sessions[rows]
        years = np.arange(n_rows) / plan.per_year
        growth[:n_rows, place] = growth_of(rows) * (1.0 - plan.annual_fee) ** years
        prices[:n_rows, place] = _price_factors(inflation, ends, years)
        dates[:n_rows, place] = ends
    return Windows(sessions[first_rows], dates, growth, prices)


def growth_at_targets(table: PriceTable, targets: Float64Array1D) -> GrowthOfRows:
    """Return the growth of a portfolio that is put back to target at every period.

    Parameters
    ----------
    targets : (n_assets + 1,)
        Uninvested cash last.
    """
    weights, cash = targets[:-1], targets[-1]

    def growth_of(rows: Int64Array1D) -> Float64Array1D:
        prices = table.prices[rows]
        periods = (prices[1:] / prices[:-1]) @ weights + cash
        growth: Float64Array1D = np.concatenate(([1.0], np.cumprod(periods)))
        return growth

    return growth_of


def _period_rows(
    sessions: SessionArray, months: Int64Array1D, row: int, plan: WithdrawalPlan
) -> Int64Array1D:
    """Return the row of the start and of each period's end, as far as rows go."""
    step = plan.months_between
    last = months[row] + step * plan.n_periods()
    wanted = np.arange(months[row], min(last, months[-1]) + 1, step)
    begin = np.searchsorted(months, wanted, side="left")
    after = np.searchsorted(months, wanted, side="right")
    if (begin == after).any():
        _refuse_gap(sessions, wanted[begin == after][0], plan)
    day = sessions[row] - sessions[row].astype("datetime64[M]").astype("datetime64[D]")
    days = wanted.astype("datetime64[M]").astype("datetime64[D]") + day
    rows = np.clip(np.searchsorted(sessions, days), begin, after - 1)
    dense = int(after[-1] - begin[-1]) > 1
    if dense and len(rows) > 1 and sessions[-1] < days[-1]:
        rows = rows[:-1]  # the last month is not whole
    found: Int64Array1D = rows.astype(np.int64)
    return found


def _refuse_gap(sessions: SessionArray, month: int, plan: WithdrawalPlan) -> None:
    name = np.datetime64(int(month), "M")
    apart = int(np.median(np.diff(sessions).astype(np.int64)))
    raise InputError(
        message=f"The prices have no row in {name}, when a {plan.frequency} withdrawal "
        f"falls due (rows are {apart} days apart). Withdraw less often, or load the "
        "missing rows."
    )


def _price_factors(
    inflation: ConsumerPrices | float, dates: SessionArray, years: Float64Array1D
) -> Float64Array1D:
    if isinstance(inflation, ConsumerPrices):
        return growth_factors(inflation, dates, dates[0])
    factors: Float64Array1D = (1.0 + inflation) ** years
    return factors
