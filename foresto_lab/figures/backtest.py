"""The figures of a backtest, by the names under which reports call them.

>>> from foresto_lab import figures                               # doctest: +SKIP
>>> figures.backtest.price(result, language="en")                 # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from foresto_lab.figures import calendar_returns
from foresto_lab.figures.backtest_curves import (
    costs,
    equity,
    exposure,
    overview,
    rolling_sharpe,
    underwater,
)
from foresto_lab.figures.backtest_path import Backtests, daily_path, named_backtests
from foresto_lab.figures.backtest_trades import (
    excursions,
    exit_reasons,
    trade_returns,
)
from foresto_lab.figures.candle_chart import price

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult

__all__ = [
    "annual_bars",
    "costs",
    "equity",
    "excursions",
    "exit_reasons",
    "exposure",
    "monthly_heatmap",
    "overview",
    "price",
    "rolling_sharpe",
    "trade_returns",
    "underwater",
]


def monthly_heatmap(result: BacktestResult, *, language: str = "ko") -> go.Figure:
    """Return each month's return in percent, one row a year, the year's at the right.

    The first month starts at the first day's close.
    """
    return calendar_returns.monthly_heatmap(daily_path(result), language=language)


def annual_bars(results: Backtests, *, language: str = "ko") -> go.Figure:
    """Return each calendar year's return, a bar a result."""
    paths = {name: daily_path(one) for name, one in named_backtests(results).items()}
    return calendar_returns.annual_bars(paths, language=language)
