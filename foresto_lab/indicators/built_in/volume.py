"""Price and volume together: VWAP since an anchor or over a window, volume's mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foresto_lab.indicators.built_in.declared import (
    BuiltInIndicator,
    Params,
    before,
    period,
    ratio,
)
from foresto_lab.indicators.built_in.windows import moments, weighted_mean
from foresto_lab.indicators.indicator import CandleColumns
from foresto_lab.indicators.parameters import Parameter
from foresto_lab.indicators.prices import price
from foresto_lab.types import Float64Array1D, Int64Array1D

GROUP = "Volume Indicators"
ANCHORS = {"day": 1_440, "week": 10_080, "month": 44_640, "year": 527_040}
"""Anchor -> the minutes of its longest span, the most bars that it can remember."""
_DAY = 86_400_000_000
_MONDAY = 3
"""1970-01-01, day 0, was a Thursday: three days after a Monday."""


def _anchor_groups(open_times: Int64Array1D, anchor: str) -> Int64Array1D:
    """Return a number per bar that changes where the anchor's next span begins."""
    if anchor in ("month", "year"):
        times = open_times.view("datetime64[us]")
        return times.astype(f"datetime64[{anchor[0].upper()}]").view(np.int64)
    days = open_times // _DAY
    return days if anchor == "day" else (days + _MONDAY) // 7


def _vwap(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    from foresto_lab.engine.indicators import anchored_mean_kernel

    groups = _anchor_groups(table.open_times, params["anchor"])
    values = np.empty(len(table))
    anchored_mean_kernel(price(table, "hlc3"), table.column("volume"), groups, values)
    return (values,)


def _vwap_rolling(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    typical, volume = price(table, "hlc3"), table.column("volume")
    return (weighted_mean(typical, volume, params["timeperiod"]),)


def _volume_sma(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    mean, _ = moments(table.column("volume"), params["timeperiod"])
    return (mean,)


def _volume_ratio(table: CandleColumns, params: Params) -> Sequence[Float64Array1D]:
    mean, _ = moments(table.column("volume"), params["timeperiod"])
    return (ratio(table.column("volume"), mean),)


INDICATORS = (
    BuiltInIndicator(
        name="vwap",
        summary="Mean of the typical prices by volume since the day, week, month or "
        "year began in UTC; NaN until something traded. A span cut off at the front "
        "is a mean of what is left of it.",
        group=GROUP,
        parameters=(
            Parameter(
                name="anchor",
                kind="choice",
                default="day",
                aliases=("session",),
                choices=tuple(ANCHORS),
            ),
        ),
        inputs=("high", "low", "close", "volume"),
        outputs=("vwap",),
        formula=_vwap,
        front=lambda given: 0,
        memory=lambda given: ANCHORS[given["anchor"]],
    ),
    BuiltInIndicator(
        name="vwap_rolling",
        summary="Mean of the last typical prices by volume; NaN where nothing traded.",
        group=GROUP,
        parameters=(period(20),),
        inputs=("high", "low", "close", "volume"),
        outputs=("vwap_rolling",),
        formula=_vwap_rolling,
        front=before,
    ),
    BuiltInIndicator(
        name="volume_sma",
        summary="Simple mean of the last volumes.",
        group=GROUP,
        parameters=(period(20),),
        inputs=("volume",),
        outputs=("volume_sma",),
        formula=_volume_sma,
        front=before,
    ),
    BuiltInIndicator(
        name="volume_ratio",
        summary="Volume against its simple mean, this bar included; NaN where nothing "
        "traded.",
        group=GROUP,
        parameters=(period(20),),
        inputs=("volume",),
        outputs=("volume_ratio",),
        formula=_volume_ratio,
        front=before,
    ),
)
