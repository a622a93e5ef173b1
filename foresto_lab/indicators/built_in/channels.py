"""Bands around the price: channels, clouds, stops that trail, pivots."""

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
from foresto_lab.indicators.built_in.windows import (
    highest,
    lowest,
    moments,
    sliding_sum,
)
from foresto_lab.indicators.indicator import CandleColumns
from foresto_lab.indicators.parameters import Parameter
from foresto_lab.indicators.prices import PRICES, SOURCE, price
from foresto_lab.indicators.talib_settling import ema_bars, wilder_bars
from foresto_lab.types import Float64Array1D

GROUP = "Overlap Studies"


def _donchian(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    upper = highest(table.column("high"), params["timeperiod"])
    lower = lowest(table.column("low"), params["timeperiod"])
    return upper, (upper + lower) / 2, lower


def _middle(table: CandleColumns, n_bars: int) -> Float64Array1D:
    return (
        highest(table.column("high"), n_bars) + lowest(table.column("low"), n_bars)
    ) / 2


def _ichimoku(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    tenkan = _middle(table, params["tenkan"])
    kijun = _middle(table, params["kijun"])
    later = params["displacement"]
    senkou_a = shifted((tenkan + kijun) / 2, later)
    senkou_b = shifted(_middle(table, params["senkou"]), later)
    return tenkan, kijun, senkou_a, senkou_b


def _ichimoku_front(params: Params) -> int:
    longest = max(params["tenkan"], params["kijun"], params["senkou"])
    return int(longest - 1 + params["displacement"])


def _average_range(table: CandleColumns, n_bars: int) -> Float64Array1D:
    import talib

    ranges: Float64Array1D = talib.ATR(
        table.column("high"), table.column("low"), table.column("close"), n_bars
    )
    return ranges


def _keltner(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    import talib

    middle = talib.EMA(price(table, params["source"]), params["timeperiod"])
    width = params["multiplier"] * _average_range(table, params["atrperiod"])
    return middle + width, middle, middle - width


def _chandelier(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    n_bars = params["timeperiod"]
    width = params["multiplier"] * _average_range(table, n_bars)
    long = highest(table.column("high"), n_bars) - width
    return long, lowest(table.column("low"), n_bars) + width


def _pivot(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    n_bars = params["timeperiod"]
    high = shifted(highest(table.column("high"), n_bars), 1)
    low = shifted(lowest(table.column("low"), n_bars), 1)
    middle = (high + low + shifted(table.column("close"), 1)) / 3
    span = high - low
    return middle, 2 * middle - low, 2 * middle - high, middle + span, middle - span


def _highest(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    return (highest(price(table, params["source"]), params["timeperiod"]),)


def _lowest(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    return (lowest(price(table, params["source"]), params["timeperiod"]),)


def _percent_b(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    mean, deviation = moments(series, params["timeperiod"])
    width = params["deviations"] * deviation
    return (ratio(series - mean + width, 2 * width),)


def _bandwidth(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    series = price(table, params["source"])
    mean, deviation = moments(series, params["timeperiod"])
    return (ratio(2 * params["deviations"] * deviation, mean),)


def _atr_percent(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    ranges = _average_range(table, params["timeperiod"])
    return (100 * ranges / table.column("close"),)


def _choppiness(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    import talib

    n_bars = params["timeperiod"]
    high, low = table.column("high"), table.column("low")
    ranges = talib.TRANGE(high, low, table.column("close"))
    ranges[0] = 0.0
    span = highest(high, n_bars) - lowest(low, n_bars)
    with np.errstate(divide="ignore", invalid="ignore"):
        path = np.log10(ratio(sliding_sum(ranges, n_bars), span))
    path[~np.isfinite(path)] = np.nan
    return (100 * path / np.log10(n_bars),)


def _heikin_ashi(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    import talib

    columns = [table.column(name) for name in ("open", "high", "low", "close")]
    made: Sequence[Float64Array1D] = talib.HA(*columns)
    return made


def _reading(default: str) -> Parameter:
    others = tuple(name for name in PRICES if name != default)
    return Parameter(
        name="source",
        kind="choice",
        default=default,
        aliases=SOURCE.aliases,
        choices=(default, *others),
    )


_MULTIPLIER = ("factor", "deviations")

INDICATORS = (
    BuiltInIndicator(
        name="donchian",
        summary="Highest high and lowest low of the last bars, this one included, and "
        "their middle; compare with upper[-1] for a breakout.",
        group=GROUP,
        parameters=(period(20),),
        inputs=("high", "low"),
        outputs=("upper", "middle", "lower"),
        formula=_donchian,
        front=before,
    ),
    BuiltInIndicator(
        name="ichimoku",
        summary="Ichimoku's lines; the cloud over a bar was known displacement bars "
        "before, and there is no lagging span, as that is a later close.",
        group=GROUP,
        parameters=(
            period(9, "tenkan"),
            period(26, "kijun"),
            period(52, "senkou"),
            period(26, "displacement", low=0),
        ),
        inputs=("high", "low"),
        outputs=("tenkan", "kijun", "senkou_a", "senkou_b"),
        formula=_ichimoku,
        front=_ichimoku_front,
    ),
    BuiltInIndicator(
        name="keltner",
        summary="EMA of the price, and multiplier times Wilder's ATR around it.",
        group=GROUP,
        parameters=(
            period(20),
            period(10, "atrperiod", aliases=("atr_period",)),
            number("multiplier", 2.0, aliases=_MULTIPLIER),
            SOURCE,
        ),
        inputs=("high", "low", "close"),
        outputs=("upper", "middle", "lower"),
        formula=_keltner,
        front=lambda given: max(int(given["timeperiod"]) - 1, int(given["atrperiod"])),
        memory=lambda given: max(
            ema_bars(given["timeperiod"]), wilder_bars(given["atrperiod"])
        ),
    ),
    BuiltInIndicator(
        name="chandelier",
        summary="Stops that hang multiplier times Wilder's ATR from the highest high "
        "(long) and stand it above the lowest low (short).",
        group=GROUP,
        parameters=(
            period(22),
            number("multiplier", 3.0, aliases=_MULTIPLIER),
        ),
        inputs=("high", "low", "close"),
        outputs=("long_stop", "short_stop"),
        formula=_chandelier,
        front=changes,
        memory=lambda given: wilder_bars(given["timeperiod"]),
    ),
    BuiltInIndicator(
        name="pivot",
        summary="Floor traders' pivot, two resistances and supports, of the "
        "timeperiod bars before this one.",
        group=GROUP,
        parameters=(period(1),),
        inputs=("high", "low", "close"),
        outputs=("pivot", "r1", "s1", "r2", "s2"),
        formula=_pivot,
        front=changes,
    ),
    BuiltInIndicator(
        name="highest",
        summary="Highest of the last bars, this one included; of the highs by default.",
        group="Math Operators",
        parameters=(period(20), _reading("high")),
        inputs=("high",),
        outputs=("highest",),
        formula=_highest,
        front=before,
    ),
    BuiltInIndicator(
        name="lowest",
        summary="Lowest of the last bars, this one included; of the lows by default.",
        group="Math Operators",
        parameters=(period(20), _reading("low")),
        inputs=("low",),
        outputs=("lowest",),
        formula=_lowest,
        front=before,
    ),
    BuiltInIndicator(
        name="percent_b",
        summary="Place of the price between Bollinger's bands, 0 on the lower and 1 on "
        "the upper; NaN where nothing in the window changed.",
        group=GROUP,
        parameters=(
            period(20, low=2),
            number("deviations", 2.0, 0.01, aliases=("nbdev", "multiplier")),
            SOURCE,
        ),
        inputs=("close",),
        outputs=("percent_b",),
        formula=_percent_b,
        front=before,
    ),
    BuiltInIndicator(
        name="bandwidth",
        summary="Distance of Bollinger's bands as a fraction of their middle.",
        group="Volatility Indicators",
        parameters=(
            period(20, low=2),
            number("deviations", 2.0, 0.01, aliases=("nbdev", "multiplier")),
            SOURCE,
        ),
        inputs=("close",),
        outputs=("bandwidth",),
        formula=_bandwidth,
        front=before,
    ),
    BuiltInIndicator(
        name="atr_percent",
        summary="Wilder's ATR in percent of the close.",
        group="Volatility Indicators",
        parameters=(period(14),),
        inputs=("high", "low", "close"),
        outputs=("atr_percent",),
        formula=_atr_percent,
        front=changes,
        memory=lambda given: wilder_bars(given["timeperiod"]),
    ),
    BuiltInIndicator(
        name="choppiness",
        summary="Path of the true ranges against the span they covered, 100 at its "
        "most sideways; NaN where the price stood still.",
        group="Volatility Indicators",
        parameters=(period(14, low=2),),
        inputs=("high", "low", "close"),
        outputs=("choppiness",),
        formula=_choppiness,
        front=changes,
    ),
    BuiltInIndicator(
        name="heikin_ashi",
        summary="Smoothed candles: the close is the mean of the four prices, the open "
        "the middle of the smoothed candle before.",
        group="Price Transform",
        inputs=("open", "high", "low", "close"),
        outputs=("ha_open", "ha_high", "ha_low", "ha_close"),
        formula=_heikin_ashi,
        front=lambda given: 0,
        memory=lambda given: 20,
    ),
)
