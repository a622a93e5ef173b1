"""What the figures read off a backtest: days, times, trades that ended, names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from foresto_lab.figures.bar_buckets import extremes

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult
    from foresto_lab.market.candle_table import CandleTable

Backtests: TypeAlias = "BacktestResult | Mapping[str, BacktestResult]"

SIMULATED_PREFIX: Final = "SIM_"
"""What the symbols of simulated prices begin with."""
_DAYS_PER_YEAR: Final = 365.25
TIME_FORMATS: Final = (
    {"dtickrange": ["M12", None], "value": "%Y"},
    {"dtickrange": ["M1", "M12"], "value": "%Y-%m"},
    {"dtickrange": [86400000, "M1"], "value": "%m-%d"},
    {"dtickrange": [None, 86400000], "value": "%H:%M\n%m-%d"},
)
"""How an axis writes times, from years to minutes, the same in every language."""


@dataclass(frozen=True, eq=False)
class DailyPath:
    """A backtest's equity by UTC day, as the calendar's figures read a result."""

    path: pd.DataFrame
    simulated: bool
    currency: str = "KRW"
    rule: None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    request_hash: str = ""

    @property
    def events(self) -> pd.DataFrame:
        """No rebalancings."""
        return pd.DataFrame()

    @cached_property
    def summary(self) -> pd.Series[Any]:
        """The one measure that the distribution of returns marks."""
        daily = self.path["daily_return"].iloc[1:]
        return pd.Series({"var_95": daily.quantile(0.05)})

    @property
    def sessions_per_year(self) -> float:
        """Days with a bar in a year, counted over the whole span."""
        index = self.path.index
        calendar_days = max((index[-1] - index[0]).days, 1)
        return float((len(index) - 1) / calendar_days * _DAYS_PER_YEAR)


def daily_path(result: BacktestResult) -> DailyPath:
    """Return the equity at each day's last close, and the day's deepest drawdown."""
    equity = result.equity
    index = pd.DatetimeIndex(equity.index)
    days = index.tz_localize(None) if index.tz else index
    by_day = equity.groupby(days.normalize())
    nav = by_day["equity"].last()
    path = pd.DataFrame(
        {
            "nav": nav,
            "daily_return": nav.pct_change().fillna(
                nav.iloc[0] / result.initial_capital - 1.0
            ),
            "drawdown": by_day["drawdown"].min(),
        }
    ).rename_axis("date")
    return DailyPath(
        path,
        is_simulated(result),
        currency_of_backtest(result),
        request_hash=result.request_hash,
    )


def named_backtests(results: Backtests) -> dict[str, BacktestResult]:
    """Return results by name; one alone is called after its strategy."""
    if isinstance(results, Mapping):
        return dict(results)
    return {strategy_name(results): results}


def strategy_name(result: BacktestResult) -> str:
    """Return what a result's strategy is called."""
    return str(getattr(result.strategy, "name", "") or "strategy")


def is_simulated(result: BacktestResult) -> bool:
    """Return whether any of a result's prices were simulated."""
    told = getattr(result, "simulated", None)
    if told is not None:
        return bool(told)
    return any(symbol.startswith(SIMULATED_PREFIX) for symbol in result.symbols)


def any_simulated_backtest(results: Iterable[BacktestResult]) -> bool:
    """Return whether any of the results was made from simulated prices."""
    return any(is_simulated(result) for result in results)


def currency_of_backtest(result: BacktestResult) -> str:
    """Return the currency that a result counts in."""
    return str(getattr(result, "currency", None) or "KRW")


def only_table(result: BacktestResult) -> CandleTable | None:
    """Return the candles of a result on one symbol, if they are at hand."""
    candles = result.candles
    if isinstance(candles, Mapping):
        return next(iter(candles.values())) if len(candles) == 1 else None
    return candles


def ended_trades(result: BacktestResult) -> pd.DataFrame:
    """Return the trades that were closed."""
    trades = result.trades
    return trades[~trades["is_open"].astype(bool)]


def is_intraday(index: pd.Index[Any]) -> bool:
    """Return whether any bar opens at another time than midnight."""
    times = pd.DatetimeIndex(index)
    return bool((times != times.normalize()).any())


def thinned(index: pd.Index[Any], values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return a line over bars as ``x`` and ``y``, its highs and lows kept.

    Times are short texts, values single floats.
    """
    places = extremes(np.asarray(values, dtype=np.float64))
    times = pd.DatetimeIndex(index)[places]
    written = "%Y-%m-%d %H:%M" if is_intraday(index) else "%Y-%m-%d"
    return {
        "x": times.strftime(written).to_numpy(),
        "y": np.asarray(values)[places].astype("float32"),
    }


def hover_format(index: pd.Index[Any]) -> str:
    """Return how a chart over these bars writes the time under the pointer."""
    return "%Y-%m-%d %H:%M" if is_intraday(index) else "%Y-%m-%d"
