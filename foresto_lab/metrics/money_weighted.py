"""Returns of an account with flows: money-weighted (XIRR) and time-weighted."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import InputError
from foresto_lab.types import Float64Array1D, SessionArray

if TYPE_CHECKING:
    import pandas as pd

DAYS_OF_XIRR: Final = 365.0
"""Days in a year of XIRR, leap years too: actual/365, as Excel's XIRR and pyxirr."""
_GRID: Final = np.concatenate(
    (
        np.linspace(-20.0, -3.0, 200, endpoint=False),
        np.linspace(-3.0, 3.0, 2_400, endpoint=False),
        np.linspace(3.0, 20.0, 201),
    )
)
"""Logarithms of growth a year at which roots are looked for: -99.9999998 % and up."""
_AT_ONCE: Final = 200
_HALVINGS: Final = 80


@dataclass(frozen=True, slots=True)
class MoneyWeightedReturn:
    """A rate a year, or NaN with the reason why there is none.

    Parameters
    ----------
    rate : float
        Annual effective rate, actual/365.
    reason : str
        Empty where there is a rate.
    """

    rate: float
    reason: str = ""

    def __float__(self) -> float:
        return self.rate

    def __repr__(self) -> str:
        if self.reason:
            return f"MoneyWeightedReturn(nan: {self.reason})"
        return f"MoneyWeightedReturn({self.rate:.4%})"


def xirr(
    dates: Mapping[Any, float] | pd.Series[Any] | Sequence[Any] | npt.NDArray[Any],
    amounts: npt.ArrayLike | None = None,
) -> MoneyWeightedReturn:
    r"""Return the rate a year at which flows are worth nothing together.

    It solves :math:`\sum_i a_i (1 + r)^{-d_i / 365} = 0`, ``d_i`` being calendar days
    since the first date: Excel's XIRR.

    Parameters
    ----------
    dates : mapping or Series of date to amount, or (n_flows,) dates
        In any order; a date may come twice in the second form.
    amounts : (n_flows,)
        As an investor sees it: paid in below 0, received above 0, what is there at the
        end above 0.

    Returns
    -------
    MoneyWeightedReturn
        NaN with a reason: fewer than two days, all of one sign (no rate), or several
        rates that all fit.

    Raises
    ------
    InputError
        Lengths differ, an amount is NaN or infinite, or a date is none.

    Examples
    --------
    >>> xirr({"2021-01-01": -1000, "2022-01-01": -1000, "2023-01-01": 2310})
    MoneyWeightedReturn(10.0000%)
    """
    if amounts is None:
        if not hasattr(dates, "items"):
            raise InputError(
                message="xirr takes a mapping of date to amount, or dates and amounts; "
                "given dates alone."
            )
        pairs = list(dates.items())
        dates, amounts = [date for date, _ in pairs], [flow for _, flow in pairs]
    days, values = _parse_flows(dates, amounts)
    return _solve(days, values)


def money_weighted_return(
    sessions: SessionArray, nav: Float64Array1D, cash_flow: Float64Array1D
) -> MoneyWeightedReturn:
    """Return the money-weighted return of an account (XIRR, actual/365).

    What is there on day 0 counts as paid in then, what is there on the last session as
    received then. Without flows it is ``(NAV_T / NAV_0) ** (365 / days) - 1``.

    Parameters
    ----------
    sessions : (n_sessions,) datetime64[D]
    nav : (n_sessions,)
        At the close, after the session's flow.
    cash_flow : (n_sessions,)
        What came in (above 0) or went out (below 0) at the close; day 0 has none.
    """
    amounts = -cash_flow
    amounts[0] -= nav[0] - cash_flow[0]
    amounts[-1] += nav[-1]
    return _solve(sessions.astype("datetime64[D]"), amounts)


def time_weighted_returns(
    nav: Float64Array1D, cash_flow: Float64Array1D
) -> Float64Array1D:
    """Return what each session earned, whatever came in or went out at its close.

    ``(NAV_t - flow_t) / NAV_{t-1} - 1``; 0 where nothing was there before.

    Parameters
    ----------
    nav, cash_flow : (n_sessions,)
        As in ``money_weighted_return``.

    Returns
    -------
    (n_sessions - 1,)
    """
    before = nav[:-1]
    earned = np.ones(len(before))
    np.divide(nav[1:] - cash_flow[1:], before, out=earned, where=before > 0.0)
    returns: Float64Array1D = earned - 1.0
    return returns


def time_weighted_return(nav: Float64Array1D, cash_flow: Float64Array1D) -> float:
    """Return what the account earned over the whole span, flows aside (TWR)."""
    return float(np.prod(1.0 + time_weighted_returns(nav, cash_flow)) - 1.0)


def modified_dietz(
    sessions: SessionArray, nav: Float64Array1D, cash_flow: Float64Array1D
) -> float:
    """Return the Modified Dietz return over the whole span, not a year.

    ``(V_T - V_0 - F) / (V_0 + sum w_i F_i)``, ``w_i`` being the share of the calendar
    days that flow i was there (GIPS; Dietz 1966). NaN where nothing was invested.
    """
    days = (sessions - sessions[0]).astype(np.int64).astype(np.float64)
    flows = cash_flow.copy()
    flows[0] = 0.0
    if days[-1] == 0.0:
        return math.nan
    there = 1.0 - days / days[-1]
    invested = nav[0] + float(there @ flows)
    if invested <= 0.0:
        return math.nan
    return float((nav[-1] - nav[0] - flows.sum()) / invested)


def _parse_flows(dates: Any, amounts: Any) -> tuple[SessionArray, Float64Array1D]:
    try:
        days = np.array(list(dates), dtype="datetime64[D]")
        values = np.array(list(amounts), dtype=np.float64)
    except (ValueError, TypeError):
        raise InputError(
            message="xirr takes dates (YYYY-MM-DD) and one amount for each."
        ) from None
    if len(days) != len(values):
        raise InputError(
            message=f"xirr was given {len(days)} dates and {len(values)} amounts; give "
            "one amount for each date."
        )
    wrong = np.isnat(days) | ~np.isfinite(values)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise InputError(
            message=f"xirr: flow {place} is {values[place]} on {days[place]}; amounts "
            "are finite and have a date. Drop or correct it."
        )
    return days, values


def _solve(dates: SessionArray, amounts: Float64Array1D) -> MoneyWeightedReturn:
    """Return the only rate of flows by their dates, or why there is none."""
    days, inverse = np.unique(dates, return_inverse=True)
    daily = np.bincount(inverse, weights=amounts, minlength=len(days))
    there = daily != 0.0
    days, daily = days[there], daily[there]
    if len(days) < 2:
        return _none("flows of fewer than two days have no rate")
    signs = np.sign(daily)
    if (signs == signs[0]).all():
        direction = "paid in and nothing came back" if signs[0] < 0 else "received"
        return _none(f"everything was {direction}; no rate makes up for it")
    years = (days - days[0]).astype(np.int64) / DAYS_OF_XIRR
    roots = _roots(years, daily)
    if len(roots) > 1:
        rates = ", ".join(f"{math.expm1(root):.2%}" for root in roots)
        return _none(f"several rates fit ({rates}), because flows change sign often")
    if not roots:
        return _none("no rate makes the flows worth nothing together")
    return MoneyWeightedReturn(_polished(days, daily, math.expm1(roots[0])))


def _roots(years: Float64Array1D, amounts: Float64Array1D) -> list[float]:
    """Return the logarithms of growth at which the flows are worth nothing.

    There is one root where flows change sign once (Descartes' rule, which holds for
    real exponents too), or where the balance at that rate never falls below 0 before
    the end (Soper 1959: more growth leaves more, less leaves less). Of others, the
    roots are those that a fine grid sees.
    """
    first = _bisected(_GRID[0], _GRID[-1], years, amounts)
    if np.count_nonzero(np.diff(np.sign(amounts))) == 1:
        return [] if first is None else [first]
    if first is not None and _stays_invested(first, years, amounts):
        return [first]
    worth = np.sign(_worth_at(_GRID, years, amounts))
    turns = np.flatnonzero(worth[:-1] * worth[1:] < 0)
    places = [(_GRID[turn], _GRID[turn + 1]) for turn in turns]
    places += [(_GRID[at], _GRID[at]) for at in np.flatnonzero(worth == 0)]
    roots = [_bisected(low, high, years, amounts) for low, high in sorted(places)]
    return [root for root in roots if root is not None]


def _stays_invested(
    growth: float, years: Float64Array1D, amounts: Float64Array1D
) -> bool:
    """Return whether what was paid in, grown, covers every payout before the last."""
    with np.errstate(over="ignore", invalid="ignore"):
        balances = -np.cumsum(amounts * np.exp(-growth * years))
    return bool((balances[:-1] > 0.0).all())


def _bisected(
    low: float, high: float, years: Float64Array1D, amounts: Float64Array1D
) -> float | None:
    at_low = _worth(low, years, amounts)
    if at_low * _worth(high, years, amounts) > 0.0:
        return None
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        at_middle = _worth(middle, years, amounts)
        if at_middle * at_low > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _worth(growth: float, years: Float64Array1D, amounts: Float64Array1D) -> float:
    return float(_worth_at(np.array([growth]), years, amounts)[0])


def _worth_at(
    growths: Float64Array1D, years: Float64Array1D, amounts: Float64Array1D
) -> Float64Array1D:
    """Return the flows' worth at log growths, scaled so that nothing overflows."""
    worth = np.empty(len(growths))
    for first in range(0, len(growths), _AT_ONCE):
        some = growths[first : first + _AT_ONCE, None]
        since = np.where(some >= 0.0, -some * years, some * (years[-1] - years))
        worth[first : first + _AT_ONCE] = np.exp(since) @ amounts
    return worth


def _polished(days: SessionArray, amounts: Float64Array1D, rate: float) -> float:
    """Return pyxirr's root where it agrees with ours, which brackets it."""
    import pyxirr

    dates: list[dt.date] = days.astype("datetime64[D]").tolist()
    found = pyxirr.xirr(dates, amounts.tolist(), guess=rate, silent=True)
    if found is not None and math.isclose(found, rate, rel_tol=1e-6, abs_tol=1e-9):
        return float(found)
    return rate


def _none(reason: str) -> MoneyWeightedReturn:
    return MoneyWeightedReturn(math.nan, reason)
