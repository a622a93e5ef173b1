"""How long TA-Lib's recursive functions remember where they started.

An exponential mean with weight a on the newest bar keeps (1 - a)^k of its start after
k bars. Of d such means, one of another, the start keeps the chance of fewer than d
successes in k trials of chance a. Means of different weights need at most the bars of
both. A function not listed reads a fixed window and remembers nothing beyond its
lookback.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

FORGOTTEN: Final = 1e-7
"""Share of the start that no longer counts: ratios of means may lose a digit."""

_Params: TypeAlias = Mapping[str, Any]

_HILBERT_BARS: Final = 400
"""Twice what was measured on 20,000 hours of BTCUSDT: the loop adapts, no formula."""
_REVERSAL_BARS: Final = 500
"""More than thrice what was measured there: a stop forgets when it reverses."""


@lru_cache(maxsize=1024)
def forgetting_bars(weight: float, depth: int = 1) -> int:
    """Return the bars after which ``depth`` nested means have forgotten the start."""
    if weight >= 1:
        return 0
    high = 1
    while _kept(weight, depth, high) > FORGOTTEN:
        high *= 2
    low = high // 2
    while low + 1 < high:
        middle = (low + high) // 2
        if _kept(weight, depth, middle) > FORGOTTEN:
            low = middle
        else:
            high = middle
    return high


def _kept(weight: float, depth: int, n_bars: int) -> float:
    """Return the share of the start that nested means keep after some bars."""
    return math.fsum(
        math.comb(n_bars, hits) * weight**hits * (1 - weight) ** (n_bars - hits)
        for hits in range(min(depth, n_bars + 1))
    )


def kama_bars(timeperiod: int) -> int:
    """Return the bars in which Kaufman's mean forgets its start on a random walk.

    Its weight follows the efficiency of the price, 1 / root n on a random walk; in a
    market without any direction it forgets far more slowly.
    """
    efficiency = 1 / math.sqrt(timeperiod)
    return forgetting_bars((efficiency * (2 / 3 - 2 / 31) + 2 / 31) ** 2)


def ema_bars(timeperiod: int, depth: int = 1) -> int:
    """Return the bars in which an EMA, weight 2 / (n + 1), forgets its start."""
    return forgetting_bars(2 / (timeperiod + 1), depth)


def wilder_bars(timeperiod: int, depth: int = 1) -> int:
    """Return the bars in which Wilder's mean, weight 1 / n, forgets its start."""
    return forgetting_bars(1 / timeperiod, depth)


def mean_bars(timeperiod: int, matype: int) -> int:
    """Return the bars in which one of TA-Lib's moving averages forgets its start."""
    bars = _MEANS.get(matype)
    return bars(timeperiod) if bars else 0


_MEANS: Final[Mapping[int, Callable[[int], int]]] = {
    1: ema_bars,
    3: lambda period: ema_bars(period, 2),
    4: lambda period: ema_bars(period, 3),
    6: kama_bars,
    7: lambda period: _HILBERT_BARS + forgetting_bars(0.05),
    8: lambda period: ema_bars(period, 6),
    11: wilder_bars,
    12: ema_bars,
    13: wilder_bars,
}
"""TA-Lib's number of a moving average -> how long it remembers; others do not."""


def _period(bars: Callable[..., int], depth: int = 1) -> Callable[[_Params], int]:
    return lambda given: bars(given["timeperiod"], depth)


def _slow_and_signal(given: _Params) -> int:
    return ema_bars(given.get("slowperiod", 26)) + ema_bars(given["signalperiod"])


def _price_oscillator(given: _Params) -> int:
    slowest = max(given["fastperiod"], given["slowperiod"])
    return mean_bars(slowest, given["matype"])


def _extended_macd(given: _Params) -> int:
    return max(
        mean_bars(given["fastperiod"], given["fastmatype"]),
        mean_bars(given["slowperiod"], given["slowmatype"]),
    ) + mean_bars(given["signalperiod"], given["signalmatype"])


def _slow_stochastic(given: _Params) -> int:
    return mean_bars(given["slowk_period"], given["slowk_matype"]) + mean_bars(
        given["slowd_period"], given["slowd_matype"]
    )


def _fast_stochastic(given: _Params) -> int:
    return mean_bars(given["fastd_period"], given["fastd_matype"])


def _averaged(given: _Params) -> int:
    return mean_bars(given["timeperiod"], given["matype"])


def _adaptive(given: _Params) -> int:
    slowest = min(given["fastlimit"], given["slowlimit"])
    return _HILBERT_BARS + forgetting_bars(slowest, 2)


SETTLING: Final[Mapping[str, Callable[[_Params], int]]] = {
    "ADOSC": lambda given: ema_bars(max(given["fastperiod"], given["slowperiod"])),
    "ADX": _period(wilder_bars, 2),
    "ADXR": _period(wilder_bars, 2),
    "APO": _price_oscillator,
    "ATR": _period(wilder_bars),
    "BBANDS": _averaged,
    "CMO": _period(wilder_bars),
    "CVI": _period(ema_bars),
    "DEMA": _period(ema_bars, 2),
    "DX": _period(wilder_bars),
    "EFI": _period(ema_bars),
    "EMA": _period(ema_bars),
    "ERI": _period(ema_bars),
    "HA": lambda given: forgetting_bars(0.5),
    "HT_DCPERIOD": lambda given: _HILBERT_BARS,
    "HT_DCPHASE": lambda given: _HILBERT_BARS,
    "HT_PHASOR": lambda given: _HILBERT_BARS,
    "HT_SINE": lambda given: _HILBERT_BARS,
    "HT_TRENDLINE": lambda given: _HILBERT_BARS,
    "HT_TRENDMODE": lambda given: _HILBERT_BARS,
    "KAMA": lambda given: kama_bars(given["timeperiod"]),
    "KC": lambda given: max(
        ema_bars(given["timeperiod"]), wilder_bars(given["atrperiod"])
    ),
    "KDJ": _slow_stochastic,
    "MA": _averaged,
    "MACD": _slow_and_signal,
    "MACDEXT": _extended_macd,
    "MACDFIX": _slow_and_signal,
    "MAMA": _adaptive,
    "MASSI": lambda given: ema_bars(given["fastperiod"], 2),
    "MINUS_DI": _period(wilder_bars),
    "MINUS_DM": _period(wilder_bars),
    "NATR": _period(wilder_bars),
    "PLUS_DI": _period(wilder_bars),
    "PLUS_DM": _period(wilder_bars),
    "PPO": _price_oscillator,
    "PVO": _price_oscillator,
    "RMA": _period(wilder_bars),
    "RSI": _period(wilder_bars),
    "RVI": _period(wilder_bars),
    "SAR": lambda given: _REVERSAL_BARS,
    "SAREXT": lambda given: _REVERSAL_BARS,
    "SMI": lambda given: (
        ema_bars(given["fastperiod"])
        + ema_bars(given["slowperiod"])
        + ema_bars(given["signalperiod"])
    ),
    "STOCH": _slow_stochastic,
    "STOCHF": _fast_stochastic,
    "STOCHRSI": lambda given: (
        wilder_bars(given["timeperiod"])
        + given["fastk_period"]
        + _fast_stochastic(given)
    ),
    "SUPERTREND": _period(wilder_bars, 2),
    "T3": _period(ema_bars, 6),
    "TEMA": _period(ema_bars, 3),
    "TRIX": _period(ema_bars, 3),
    "TSI": lambda given: (
        ema_bars(given["firstperiod"]) + ema_bars(given["secondperiod"])
    ),
    "ZLEMA": _period(ema_bars),
}
"""Function -> bars beyond its lookback until its start is forgotten."""

NEVER_FORGETTING: Final = frozenset(
    {"AD", "CUMSUM", "NVI", "OBV", "PVI", "PVT", "WAD"}
    | {"MAXINDEX", "MININDEX", "MINMAXINDEX"}
)
"""Running totals and bars counted from the first candle: it matters for ever."""
