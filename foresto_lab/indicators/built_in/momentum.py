"""Speed and position of the price: Cutler's RSI, z-score, returns, breadth of days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foresto_lab.indicators.built_in.declared import (
    BuiltInIndicator,
    Params,
    before,
    changes,
    number,
    period,
    ratio,
    shifted,
)
from foresto_lab.indicators.built_in.windows import highest, moments, sliding_sum
from foresto_lab.indicators.indicator import CandleColumns
from foresto_lab.indicators.prices import SOURCE, price
from foresto_lab.types import Float64Array1D

GROUP = "Momentum Indicators"


def _rsi_sma(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    from foresto_lab.engine.indicators import cutler_rsi_kernel

    values = np.empty(len(table))
    series = price(table, params["source"])
    cutler_rsi_kernel(series, params["timeperiod"], values)
    return (values,)


def _z_score(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    mean, deviation = moments(series, params["timeperiod"])
    return (ratio(series - mean, deviation),)


def _rolling_return(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    return (ratio(series, shifted(series, params["timeperiod"])) - 1,)


def _momentum(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    start = shifted(series, params["timeperiod"])
    return (ratio(shifted(series, params["skip"]), start) - 1,)


def _momentum_front(params: Params) -> int:
    return int(max(params["timeperiod"], params["skip"]))


def _disparity(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    mean, _ = moments(series, params["timeperiod"])
    return (100 * ratio(series, mean),)


def _psychological(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    rises = np.zeros(len(series))
    rises[1:] = series[1:] > series[:-1]
    n_bars = params["timeperiod"]
    return (100 * sliding_sum(rises, n_bars) / n_bars,)


def _drawdown(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    return (ratio(series, highest(series, params["timeperiod"])) - 1,)


def _volatility(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    n_returns = params["timeperiod"]
    logs = np.log(table.column("close"))
    returns = logs - shifted(logs, 1)
    returns[0] = 0.0
    _, deviation = moments(returns, n_returns)
    sample = np.sqrt(n_returns / (n_returns - 1) * params["periods_per_year"])
    return (deviation * sample,)


INDICATORS = (
    BuiltInIndicator(
        name="rsi_sma",
        summary="Cutler's RSI: simple means of gains and losses, where RSI has "
        "Wilder's; NaN where no price of the window changed.",
        group=GROUP,
        parameters=(period(14), SOURCE),
        inputs=("close",),
        outputs=("rsi_sma",),
        formula=_rsi_sma,
        front=changes,
    ),
    BuiltInIndicator(
        name="zscore",
        summary="Distance from the mean of the window in its population standard "
        "deviations; NaN where nothing in the window changed.",
        group="Statistic Functions",
        parameters=(period(20, low=2), SOURCE),
        inputs=("close",),
        outputs=("zscore",),
        formula=_z_score,
        front=before,
    ),
    BuiltInIndicator(
        name="rolling_return",
        summary="Return over the last bars, a fraction.",
        group=GROUP,
        parameters=(period(20), SOURCE),
        inputs=("close",),
        outputs=("rolling_return",),
        formula=_rolling_return,
        front=changes,
    ),
    BuiltInIndicator(
        name="momentum",
        summary="Return from timeperiod bars ago to skip bars ago, a fraction: "
        "twelve months without the last, by default.",
        group=GROUP,
        parameters=(period(252), period(21, "skip", low=0), SOURCE),
        inputs=("close",),
        outputs=("momentum",),
        formula=_momentum,
        front=_momentum_front,
    ),
    BuiltInIndicator(
        name="disparity",
        summary="Price in percent of its simple mean (이격도).",
        group=GROUP,
        parameters=(period(20), SOURCE),
        inputs=("close",),
        outputs=("disparity",),
        formula=_disparity,
        front=before,
    ),
    BuiltInIndicator(
        name="psychological",
        summary="Percent of the last bars that closed above the bar before "
        "(투자심리도).",
        group=GROUP,
        parameters=(period(12), SOURCE),
        inputs=("close",),
        outputs=("psychological",),
        formula=_psychological,
        front=changes,
    ),
    BuiltInIndicator(
        name="drawdown",
        summary="Distance below the highest price of the last bars, a fraction, "
        "0 or less.",
        group=GROUP,
        parameters=(period(252), SOURCE),
        inputs=("close",),
        outputs=("drawdown",),
        formula=_drawdown,
        front=before,
    ),
    BuiltInIndicator(
        name="volatility",
        summary="Sample standard deviation of the last log returns, times the root of "
        "periods_per_year: 1 leaves it per bar.",
        group="Volatility Indicators",
        parameters=(
            period(20, low=2),
            number("periods_per_year", 1.0, 0.0, aliases=("annual",)),
        ),
        inputs=("close",),
        outputs=("volatility",),
        formula=_volatility,
        front=changes,
    ),
)
