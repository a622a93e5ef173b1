"""Retirement year by year, as one would with paper: slow, obvious, no formula."""

from __future__ import annotations

from collections.abc import Sequence


def paid_years(
    returns: Sequence[float],
    inflation: Sequence[float],
    rate: float,
    *,
    at_begin: bool,
) -> int:
    """Return how many yearly withdrawals of a rate are paid in full from money of 1.

    ``returns`` and ``inflation`` are those of each year.
    """
    money, withdrawal, paid = 1.0, rate, 0
    for earned, dearer in zip(returns, inflation, strict=True):
        if at_begin:
            if withdrawal > money * (1 + 1e-11):
                return paid
            money -= withdrawal
            paid += 1
        money *= 1.0 + earned
        withdrawal *= 1.0 + dearer
        if not at_begin:
            if withdrawal > money * (1 + 1e-11):
                return paid
            money -= withdrawal
            paid += 1
    return paid


def highest_rate(
    returns: Sequence[float], inflation: Sequence[float], *, at_begin: bool
) -> float:
    """Return by bisection the largest rate that is paid in every year."""
    low, high = 0.0, 10.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        paid = paid_years(returns, inflation, middle, at_begin=at_begin)
        if paid == len(returns):
            low = middle
        else:
            high = middle
    return low


def final_real(
    returns: Sequence[float], inflation: Sequence[float], rate: float
) -> float:
    """Return what is left of 1 in money of the start; withdrawals at the begin."""
    money, prices = 1.0, 1.0
    for earned, dearer in zip(returns, inflation, strict=True):
        money = max(money - rate * prices, 0.0)
        money *= 1.0 + earned
        prices *= 1.0 + dearer
    return money / prices
