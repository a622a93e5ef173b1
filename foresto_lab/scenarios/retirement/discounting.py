r"""What a stream of withdrawals costs today, given what money grows to.

A withdrawal sells pro rata to the holdings, so it does not change what a won that stays
grows to: :math:`G_t`, the time-weighted growth of 1 since the start. A withdrawal
:math:`W_t` is therefore paid by :math:`W_t / G_t` of the money at the start, and money
:math:`V_0` lasts as long as

.. math:: \sum_{s \le t} W_s / G_s \le V_0.

With :math:`W_t = w V_0 I_t / m` (``m`` withdrawals a year, ``I`` consumer prices over
those of the start) the largest :math:`w` that lasts is :math:`m / \sum_t I_t / G_t`. It
is exact: nothing is searched for. Growth after costs in proportion to trades and fees
in proportion to the money is such a growth; after taxes on gains, minimum commissions
or whole shares it is not.

References
----------
Bengen, W. P. (1994), Determining Withdrawal Rates Using Historical Data, Journal of
Financial Planning 7(4). Cooley, P. L., Hubbard, C. M., Walz, D. T. (1998), Retirement
Savings: Choosing a Withdrawal Rate That Is Sustainable, AAII Journal 20(2). Blanchett,
D., Kowara, M., Chen, P. (2012), Optimal Withdrawal Strategy for Retirement-Income
Portfolios (the closed form as "sustainable spending rate").
"""

from __future__ import annotations

from typing import Final

import numpy as np

from foresto_lab.scenarios.retirement.plan import WithdrawalPlan, WithdrawalTime
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

TIE: Final = 1e-12
"""Relative slack within which a withdrawal that takes the last won is paid."""


def withdrawal_costs(
    growth: Float64Array2D, prices: Float64Array2D, plan: WithdrawalPlan
) -> Float64Array2D:
    """Return what each withdrawal of 1 (money of the start) costs at the start.

    Parameters
    ----------
    growth : (n_periods + 1, n_paths)
        Of 1 since the start, at the start and at each period's end.
    prices : (n_periods + 1, n_paths) or (n_periods + 1, 1)
        Consumer prices over those of the start.

    Returns
    -------
    (n_periods, n_paths)
        Infinite where nothing of the money is left.
    """
    begin = plan.time is WithdrawalTime.BEGIN
    due = slice(0, -1) if begin else slice(1, None)
    with np.errstate(divide="ignore"):
        costs: Float64Array2D = prices[due] / growth[due]
    return costs


def sustainable_rates(costs: Float64Array2D, plan: WithdrawalPlan) -> Float64Array1D:
    """Return the largest yearly rate that every withdrawal of a path is paid at."""
    rates: Float64Array1D = plan.per_year / costs.sum(axis=0)
    return rates


def paid_withdrawals(
    costs: Float64Array2D, plan: WithdrawalPlan, rate: float | None = None
) -> Int64Array1D:
    """Return how many withdrawals of each path are paid in full."""
    spent = np.cumsum(costs, axis=0) * _of_each(plan, rate)
    paid: Int64Array1D = (spent <= 1.0 + TIE).sum(axis=0, dtype=np.int64)
    return paid


def real_wealth(
    growth: Float64Array2D,
    prices: Float64Array2D,
    plan: WithdrawalPlan,
    rate: float | None = None,
) -> Float64Array2D:
    """Return what is left of 1, in the money of the start, after each date's flow.

    Returns
    -------
    (n_periods + 1, n_paths)
        0 once a withdrawal could not be paid in full.
    """
    costs = withdrawal_costs(growth, prices, plan) * _of_each(plan, rate)
    spent = np.zeros(growth.shape)
    if plan.time is WithdrawalTime.BEGIN:
        spent[:-1] = np.cumsum(costs, axis=0)
        spent[-1] = spent[-2]
    else:
        spent[1:] = np.cumsum(costs, axis=0)
    left = 1.0 - spent
    left = np.where(np.minimum.accumulate(left, axis=0) < -TIE, 0.0, left)
    wealth: Float64Array2D = np.maximum(left, 0.0) * growth / prices
    return wealth


def _of_each(plan: WithdrawalPlan, rate: float | None) -> float:
    """Return one withdrawal as a fraction of the initial amount."""
    return (plan.rate if rate is None else rate) / plan.per_year
