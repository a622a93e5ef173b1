"""The figures of a backtest, by name: of its equity and of its trades."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from foresto_lab.engine.backtest_figures import (
    BACKTEST_FIGURES,
    N_BACKTEST_FIGURES,
    backtest_figures_kernel,
)
from foresto_lab.metrics.bar_periods import MICROSECONDS_PER_DAY, bar_spacing
from foresto_lab.metrics.periods import DAYS_PER_YEAR
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

WHOLE_COUNTS: Final = frozenset(
    {
        "total_trades",
        "open_trades",
        "max_consecutive_wins",
        "max_consecutive_losses",
        "liquidations",
    }
)


def backtest_figures(
    equity: Float64Array1D,
    trades: Float64Array2D,
    open_times: Int64Array1D,
    *,
    initial_capital: float,
    bars_held: float,
    periods_per_year: float,
    spacing: int | None = None,
) -> dict[str, Any]:
    """Return the figures of a backtest by name.

    Returns are those from close to close, the first from the initial capital.
    ``annual_return`` compounds over bars / ``periods_per_year``, ``cagr`` over the time
    from the first open to the last close, in years of 365.25 days. Figures of the
    results of trades look at closed trades. Durations are days. Undefined figures are
    NaN. ``docs/backtest.md`` has the formula of each.

    Parameters
    ----------
    equity : (n_bars,), money
        At each close, 0 or more; at least one bar.
    trades : (n_trades, N_TRADE_FIELDS)
        As ``backtest_kernel`` records them.
    open_times : (n_bars,)
        Microseconds since 1970 UTC.
    initial_capital : money
    bars_held : float
        Bars at whose close a position was open.
    periods_per_year : float
        Bars in a year.
    spacing : int, optional
        Microseconds that a bar lasts; by default the most frequent spacing.
    """
    length = bar_spacing(open_times[:20_000]) if spacing is None else spacing
    lasted = float(open_times[-1] - open_times[0]) + length
    figures = np.empty(N_BACKTEST_FIGURES)
    backtest_figures_kernel(
        equity,
        open_times,
        trades,
        initial_capital,
        float(bars_held),
        float(length),
        lasted / MICROSECONDS_PER_DAY / DAYS_PER_YEAR,
        periods_per_year,
        figures,
    )
    named: dict[str, Any] = dict(zip(BACKTEST_FIGURES, figures.tolist(), strict=True))
    for name in WHOLE_COUNTS:
        named[name] = int(named[name])
    named["periods_per_year"] = periods_per_year
    return named
