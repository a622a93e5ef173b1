"""Distributions: from prices with and without them, and as yields on sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from foresto_lab.errors import PriceTableError
from foresto_lab.types import Float64Array1D, SessionArray

if TYPE_CHECKING:
    import pandas as pd

ADJUSTMENT_NOISE: Final = 1e-5
"""Changes of the adjustment factor up to this are rounding, not distributions.

Yahoo writes adjusted closes with about seven digits: the factor of SPY moves by up to
1.4e-6 on days without a distribution, 1993 to 2025.
"""
_STEPS: Final = (1.0, 0.01, 0.0001)
"""What prices may be rounded to: whole won, cents, hundredths of cents."""


def distributions_from_adjusted(
    close: pd.DataFrame,
    adjusted_close: pd.DataFrame,
    *,
    noise: float | None = None,
) -> pd.DataFrame:
    """Return cash per share on each ex date, from closes with and without it.

    On an ex date the factor ``f = adjusted / close`` rises by the distribution:
    ``f[t-1] / f[t] = 1 - cash / close[t-1]``, so
    ``cash = close[t-1] * (1 - f[t-1] / f[t])``. Splits must be in neither or both.

    Parameters
    ----------
    close, adjusted_close : DataFrame
        The same sessions and columns; NaN before an asset's first price.
    noise : float, optional
        Relative changes of the factor of this size or less are taken as none. Left
        out: 1e-5, or what rounding explains where adjusted closes are whole won or
        have two or four decimals, ``step / 2 * (1 / adjusted[t-1] + 1 / adjusted[t])``.
        A distribution smaller than that is not found.

    Returns
    -------
    DataFrame
        Cash per share in the quote currency; 0 where there was none.

    Raises
    ------
    PriceTableError
        The tables differ in sessions or columns, or a factor falls: a capital
        increase, or prices of two sources.
    """
    if not close.index.equals(adjusted_close.index) or not close.columns.equals(
        adjusted_close.columns
    ):
        raise PriceTableError(
            message="close and adjusted_close differ in sessions or columns; give both "
            "from one source, with the same rows."
        )
    factor = adjusted_close / close
    drop = 1.0 - factor.shift() / factor
    slack = _slack(adjusted_close) if noise is None else drop * 0.0 + noise
    falling = drop < -slack
    if falling.to_numpy().any():
        asset = falling.columns[falling.any()][0]
        place = int(np.argmax(falling[asset].to_numpy()))
        size = -float(drop[asset].to_numpy()[place])
        raise PriceTableError(
            message=f"The adjustment of {asset} falls on {close.index[place]:%Y-%m-%d} "
            f"by {size:.2e}; distributions only make it rise. Correct the row, or set "
            "noise above that if prices are rounded.",
            asset=asset,
        )
    return (close.shift() * drop).where(drop > slack, 0.0)


def _slack(adjusted: pd.DataFrame) -> pd.DataFrame:
    """Return how far rounding alone may move each factor."""
    steps = adjusted.apply(_rounding_step)
    rounding = 0.505 * steps * (1.0 / adjusted + 1.0 / adjusted.shift())
    return rounding.clip(lower=ADJUSTMENT_NOISE)


def _rounding_step(prices: pd.Series[float]) -> float:
    """Return what all prices are multiples of, as far as that is a usual step."""
    numbers = prices.dropna().to_numpy(dtype=np.float64)
    for step in _STEPS:
        units = numbers / step
        if (np.abs(units - np.round(units)) < 1e-8 * np.maximum(units, 1.0)).all():
            return step
    return 0.0


def yields_on(
    cash: Float64Array1D,
    ex_dates: SessionArray,
    close_dates: SessionArray,
    closes: Float64Array1D,
    price_dates: SessionArray,
) -> Float64Array1D:
    """Return gross distribution / price of the ex date, on the session that shows it.

    Parameters
    ----------
    cash, ex_dates : (n_distributions,)
    close_dates, closes : (n_rows,)
        The asset's own closes; the price of an ex date that is no session of its own is
        the one after.
    price_dates : (n_sessions,)
        The date of the close that each session holds: a distribution falls on the first
        session whose close is of its ex date or later. Those not after day 0's close
        were paid before the asset was bought, and those after the last are not paid
        yet.
    """
    yields = np.zeros(len(price_dates))
    for amount, date in zip(cash, ex_dates, strict=True):
        session = int(price_dates.searchsorted(date, side="left"))
        row = int(close_dates.searchsorted(date, side="left"))
        if 0 < session < len(yields) and row < len(closes):
            yields[session] += amount / closes[row]
    return yields
