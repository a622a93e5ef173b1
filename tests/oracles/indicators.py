"""Slow and obvious versions of the package's own indicators, one bar at a time.

Each takes a frame of ``open, high, low, close, volume`` and returns its outputs as
lists; a bar without a value is NaN. Only Python's own arithmetic is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import pandas as pd

NAN = math.nan
Columns = dict[str, list[float]]


def _rows(frame: pd.DataFrame, name: str) -> list[float]:
    return [float(value) for value in frame[name]]


def _window(
    values: Sequence[float], period: int, of: Callable[[Sequence[float]], float]
) -> list[float]:
    return [
        of(values[bar - period + 1 : bar + 1]) if bar >= period - 1 else NAN
        for bar in range(len(values))
    ]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _deviation(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _divided(above: float, below: float) -> float:
    return above / below if below else NAN


def _later(values: Sequence[float], bars: int) -> list[float]:
    return [values[bar - bars] if bar >= bars else NAN for bar in range(len(values))]


def _typical(frame: pd.DataFrame) -> list[float]:
    return [
        (high + low + close) / 3
        for high, low, close in zip(
            _rows(frame, "high"),
            _rows(frame, "low"),
            _rows(frame, "close"),
            strict=True,
        )
    ]


def _true_ranges(frame: pd.DataFrame) -> list[float]:
    high, low, close = (_rows(frame, name) for name in ("high", "low", "close"))
    return [
        max(high[b], close[b - 1]) - min(low[b], close[b - 1]) if b else NAN
        for b in range(len(close))
    ]


def wilder_atr(frame: pd.DataFrame, period: int) -> list[float]:
    """Wilder (1978): first the mean of ``period`` ranges, then 1 / n of each."""
    ranges = _true_ranges(frame)
    values = [NAN] * len(ranges)
    for bar in range(period, len(ranges)):
        if bar == period:
            values[bar] = _mean(ranges[1 : period + 1])
        else:
            values[bar] = (values[bar - 1] * (period - 1) + ranges[bar]) / period
    return values


def _ema(values: Sequence[float], period: int) -> list[float]:
    means = [NAN] * len(values)
    for bar in range(period - 1, len(values)):
        if bar == period - 1:
            means[bar] = _mean(values[:period])
        else:
            means[bar] = means[bar - 1] + 2 / (period + 1) * (
                values[bar] - means[bar - 1]
            )
    return means


def rsi_sma(frame: pd.DataFrame, timeperiod: int = 14) -> Columns:
    close = _rows(frame, "close")
    values = [NAN] * len(close)
    for bar in range(timeperiod, len(close)):
        moves = [close[b] - close[b - 1] for b in range(bar - timeperiod + 1, bar + 1)]
        gains = math.fsum(move for move in moves if move > 0)
        losses = math.fsum(-move for move in moves if move < 0)
        values[bar] = 100 * _divided(gains, gains + losses)
    return {"rsi_sma": values}


def zscore(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    def of(window: Sequence[float]) -> float:
        return _divided(window[-1] - _mean(window), _deviation(window))

    return {"zscore": _window(_rows(frame, "close"), timeperiod, of)}


def rolling_return(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    close = _rows(frame, "close")
    ago = _later(close, timeperiod)
    return {
        "rolling_return": [now / then - 1 for now, then in zip(close, ago, strict=True)]
    }


def momentum(frame: pd.DataFrame, timeperiod: int = 252, skip: int = 21) -> Columns:
    close = _rows(frame, "close")
    return {
        "momentum": [
            close[bar - skip] / close[bar - timeperiod] - 1
            if bar >= max(timeperiod, skip)
            else NAN
            for bar in range(len(close))
        ]
    }


def disparity(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    return {
        "disparity": _window(
            _rows(frame, "close"), timeperiod, lambda w: 100 * w[-1] / _mean(w)
        )
    }


def psychological(frame: pd.DataFrame, timeperiod: int = 12) -> Columns:
    def of(window: Sequence[float]) -> float:
        rises = sum(window[i] > window[i - 1] for i in range(1, len(window)))
        return 100 * rises / timeperiod

    return {"psychological": _window(_rows(frame, "close"), timeperiod + 1, of)}


def drawdown(frame: pd.DataFrame, timeperiod: int = 252) -> Columns:
    return {
        "drawdown": _window(
            _rows(frame, "close"), timeperiod, lambda w: w[-1] / max(w) - 1
        )
    }


def volatility(
    frame: pd.DataFrame, timeperiod: int = 20, periods_per_year: float = 1
) -> Columns:
    def of(window: Sequence[float]) -> float:
        returns = [math.log(b / a) for a, b in pairwise(window)]
        mean = _mean(returns)
        squares = math.fsum((value - mean) ** 2 for value in returns)
        return math.sqrt(squares / (timeperiod - 1) * periods_per_year)

    return {"volatility": _window(_rows(frame, "close"), timeperiod + 1, of)}


def donchian(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    upper = _window(_rows(frame, "high"), timeperiod, max)
    lower = _window(_rows(frame, "low"), timeperiod, min)
    middle = [(a + b) / 2 for a, b in zip(upper, lower, strict=True)]
    return {"upper": upper, "middle": middle, "lower": lower}


def ichimoku(
    frame: pd.DataFrame,
    tenkan: int = 9,
    kijun: int = 26,
    senkou: int = 52,
    displacement: int = 26,
) -> Columns:
    """Hosoda: the middles of three windows; the cloud is drawn ahead of its bar."""
    fast = donchian(frame, tenkan)["middle"]
    slow = donchian(frame, kijun)["middle"]
    lead = [(a + b) / 2 for a, b in zip(fast, slow, strict=True)]
    slowest = donchian(frame, senkou)["middle"]
    return {
        "tenkan": fast,
        "kijun": slow,
        "senkou_a": _later(lead, displacement),
        "senkou_b": _later(slowest, displacement),
    }


def keltner(
    frame: pd.DataFrame,
    timeperiod: int = 20,
    atrperiod: int = 10,
    multiplier: float = 2,
) -> Columns:
    middle = _ema(_rows(frame, "close"), timeperiod)
    width = [multiplier * value for value in wilder_atr(frame, atrperiod)]
    return {
        "upper": [a + b for a, b in zip(middle, width, strict=True)],
        "middle": middle,
        "lower": [a - b for a, b in zip(middle, width, strict=True)],
    }


def chandelier(
    frame: pd.DataFrame, timeperiod: int = 22, multiplier: float = 3
) -> Columns:
    width = [multiplier * value for value in wilder_atr(frame, timeperiod)]
    high = _window(_rows(frame, "high"), timeperiod, max)
    low = _window(_rows(frame, "low"), timeperiod, min)
    return {
        "long_stop": [a - b for a, b in zip(high, width, strict=True)],
        "short_stop": [a + b for a, b in zip(low, width, strict=True)],
    }


def pivot(frame: pd.DataFrame, timeperiod: int = 1) -> Columns:
    high, low, close = (_rows(frame, name) for name in ("high", "low", "close"))
    columns: Columns = {name: [] for name in ("pivot", "r1", "s1", "r2", "s2")}
    for bar in range(len(close)):
        if bar < timeperiod:
            levels = (NAN,) * 5
        else:
            top = max(high[bar - timeperiod : bar])
            bottom = min(low[bar - timeperiod : bar])
            p = (top + bottom + close[bar - 1]) / 3
            span = top - bottom
            levels = (p, 2 * p - bottom, 2 * p - top, p + span, p - span)
        for name, level in zip(columns, levels, strict=True):
            columns[name].append(level)
    return columns


def highest(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    return {"highest": _window(_rows(frame, "high"), timeperiod, max)}


def lowest(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    return {"lowest": _window(_rows(frame, "low"), timeperiod, min)}


def percent_b(
    frame: pd.DataFrame, timeperiod: int = 20, deviations: float = 2
) -> Columns:
    def of(window: Sequence[float]) -> float:
        width = deviations * _deviation(window)
        return _divided(window[-1] - (_mean(window) - width), 2 * width)

    return {"percent_b": _window(_rows(frame, "close"), timeperiod, of)}


def bandwidth(
    frame: pd.DataFrame, timeperiod: int = 20, deviations: float = 2
) -> Columns:
    def of(window: Sequence[float]) -> float:
        return 2 * deviations * _deviation(window) / _mean(window)

    return {"bandwidth": _window(_rows(frame, "close"), timeperiod, of)}


def atr_percent(frame: pd.DataFrame, timeperiod: int = 14) -> Columns:
    ranges, close = wilder_atr(frame, timeperiod), _rows(frame, "close")
    return {"atr_percent": [100 * a / b for a, b in zip(ranges, close, strict=True)]}


def choppiness(frame: pd.DataFrame, timeperiod: int = 14) -> Columns:
    """Dreiss: log10 of path over span, against log10 of the bars."""
    ranges, values = _true_ranges(frame), []
    high, low = _rows(frame, "high"), _rows(frame, "low")
    for bar in range(len(ranges)):
        inside = slice(bar - timeperiod + 1, bar + 1)
        if bar < timeperiod:
            values.append(NAN)
            continue
        span = max(high[inside]) - min(low[inside])
        path = math.fsum(ranges[inside])
        value = 100 * math.log10(path / span) / math.log10(timeperiod) if span else NAN
        values.append(value)
    return {"choppiness": values}


def heikin_ashi(frame: pd.DataFrame) -> Columns:
    columns: Columns = {
        name: [] for name in ("ha_open", "ha_high", "ha_low", "ha_close")
    }
    for open_, high, low, close in zip(
        *(_rows(frame, name) for name in ("open", "high", "low", "close")), strict=True
    ):
        smooth = (open_ + high + low + close) / 4
        if columns["ha_open"]:
            first = (columns["ha_open"][-1] + columns["ha_close"][-1]) / 2
        else:
            first = (open_ + close) / 2
        columns["ha_open"].append(first)
        columns["ha_high"].append(max(high, first, smooth))
        columns["ha_low"].append(min(low, first, smooth))
        columns["ha_close"].append(smooth)
    return columns


def vwap(frame: pd.DataFrame, anchor: str = "day") -> Columns:
    spans: dict[object, list[tuple[float, float]]] = {}
    values = []
    for time, typical, volume in zip(
        frame.index, _typical(frame), _rows(frame, "volume"), strict=True
    ):
        moment = datetime.fromtimestamp(time.timestamp(), UTC)
        key = {
            "day": moment.date(),
            "week": moment.isocalendar()[:2],
            "month": (moment.year, moment.month),
            "year": moment.year,
            "first": None,
        }[anchor]
        traded = spans.setdefault(key, [])
        traded.append((typical, volume))
        total = math.fsum(price * amount for price, amount in traded)
        values.append(_divided(total, math.fsum(amount for _, amount in traded)))
    return {"vwap": values}


def vwap_rolling(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    typical, volume = _typical(frame), _rows(frame, "volume")
    values = []
    for bar in range(len(typical)):
        inside = range(bar - timeperiod + 1, bar + 1)
        if bar < timeperiod - 1:
            values.append(NAN)
            continue
        total = math.fsum(typical[b] * volume[b] for b in inside)
        values.append(_divided(total, math.fsum(volume[b] for b in inside)))
    return {"vwap_rolling": values}


def volume_sma(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    return {"volume_sma": _window(_rows(frame, "volume"), timeperiod, _mean)}


def volume_ratio(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    return {
        "volume_ratio": _window(
            _rows(frame, "volume"), timeperiod, lambda w: _divided(w[-1], _mean(w))
        )
    }


def _wma(values: Sequence[float], period: int) -> list[float]:
    weights = range(1, period + 1)
    total = period * (period + 1) / 2

    def of(window: Sequence[float]) -> float:
        return math.fsum(w * v for w, v in zip(weights, window, strict=True)) / total

    return _window(values, period, of)


def hma(frame: pd.DataFrame, timeperiod: int = 20) -> Columns:
    """Hull (2005): WMA over root n bars of 2 x WMA(n / 2) - WMA(n)."""
    close = _rows(frame, "close")
    half, whole = _wma(close, timeperiod // 2), _wma(close, timeperiod)
    raw = [2 * a - b for a, b in zip(half, whole, strict=True)]
    return {"hma": _wma(raw, int(math.sqrt(timeperiod)))}


def supertrend(
    frame: pd.DataFrame, timeperiod: int = 10, multiplier: float = 3
) -> Columns:
    """Seban: the band that the close has not crossed, ratcheted; up is +1."""
    high, low, close = (_rows(frame, name) for name in ("high", "low", "close"))
    ranges = wilder_atr(frame, timeperiod)
    lines, trends = [NAN] * len(close), [NAN] * len(close)
    upper = lower = NAN
    for bar in range(timeperiod, len(close)):
        middle = (high[bar] + low[bar]) / 2
        new_upper = middle + multiplier * ranges[bar]
        new_lower = middle - multiplier * ranges[bar]
        if bar > timeperiod:
            before = close[bar - 1]
            upper = new_upper if new_upper < upper or before > upper else upper
            lower = new_lower if new_lower > lower or before < lower else lower
            was_up = trends[bar - 1] > 0
            is_up = close[bar] >= lower if was_up else close[bar] > upper
        else:
            upper, lower, is_up = new_upper, new_lower, True
        trends[bar] = 1.0 if is_up else -1.0
        lines[bar] = lower if is_up else upper
    return {"supertrend": lines, "trend": trends}
