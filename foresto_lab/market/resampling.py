"""Candles of a longer timeframe from those of a shorter one; never the other way.

A longer candle is named by the instant at which it opens, UTC, and holds every candle
that opens in it: the first open, the highest high, the lowest low, the last close, the
sum of volumes. Minutes, hours and days begin at multiples of their length since
1970-01-01, three days too; a week begins on Monday, a month on its first day. A span
in which no candle opens makes none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
import pandas as pd

from foresto_lab.errors import ResamplingError
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.market.instants import microseconds
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.types import Int64Array1D

Candles = TypeVar("Candles", CandleTable, pd.DataFrame)

_DAY = 86_400_000_000
_EPOCH_TO_MONDAY = 3 * _DAY  # 1970-01-01 was a Thursday: its week began 3 days before


def resample(
    candles: Candles,
    to: str | Timeframe,
    *,
    timeframe: str | Timeframe | None = None,
    complete_only: bool = False,
    known_until: datetime | None = None,
) -> Candles:
    """Return candles of a longer timeframe; a table for a table, a frame for a frame.

    Parameters
    ----------
    candles : CandleTable or DataFrame
        As ``parse_candles`` takes them. Not changed.
    to : Timeframe or str
        At least as long as that of the candles, and made of whole ones: three-minute
        candles make no five-minute ones, weeks no months.
    timeframe : Timeframe or str, optional
        How long the candles last; by default what the table says.
    complete_only : bool
        Leave out the last candle while it may still change; see ``is_last_complete``.
    known_until : datetime, optional
        The instant up to which the candles are known to be complete.

    Raises
    ------
    ResamplingError
        The timeframe asked for is shorter, is not made of whole candles, or that of
        the candles is not known.
    CandleTableError
        The candles are not ones that can be computed on.
    UnknownNameError
        There is no such timeframe.
    """
    table = parse_candles(candles, timeframe=timeframe)
    wanted = Timeframe.parse(to)
    if table.timeframe is None:
        raise ResamplingError(
            message="How long the candles last is not known, and cannot be told from "
            f"{len(table)} of them. Say it: timeframe='1m'."
        )
    require_coarser(table.timeframe, wanted)
    coarse = _resampled(table, wanted)
    if complete_only and not is_last_complete(table, wanted, known_until=known_until):
        coarse = coarse.first(len(coarse) - 1)
    return coarse if isinstance(candles, CandleTable) else coarse.to_frame()


def is_last_complete(
    table: CandleTable, to: str | Timeframe, *, known_until: datetime | None = None
) -> bool:
    """Return whether the last longer candle will not change any more.

    It is complete when the candles reach its end, by the close of the last one or by
    ``known_until``. An exchange's day ends before the day in UTC does: say with
    ``known_until`` that no candle is to come. True where there are no candles.
    """
    if not len(table):
        return True
    last = table.open_times[-1:]
    reached = bin_ends(last, table.timeframe)[0] if table.timeframe else last[0]
    if known_until is not None:
        reached = max(reached, microseconds(known_until))
    return bool(bin_ends(last, Timeframe.parse(to))[0] <= reached)


def can_resample(given: Timeframe, to: Timeframe) -> bool:
    """Return whether candles of one timeframe make whole ones of another."""
    if given == to:
        return True
    if given.length is None:
        return False
    return (to.length or timedelta(days=1)) % given.length == timedelta(0)


def bin_starts(open_times: Int64Array1D, to: Timeframe) -> Int64Array1D:
    """Return when the candle that holds each instant opens, microseconds UTC."""
    if to.length is None:
        months = open_times.view("M8[us]").astype("M8[M]")
        starts: Int64Array1D = months.astype("M8[us]").view(np.int64)
        return starts
    length = to.length // timedelta(microseconds=1)
    shift = _EPOCH_TO_MONDAY if to is Timeframe.ONE_WEEK else 0
    return open_times - (open_times + shift) % length


def bin_ends(open_times: Int64Array1D, to: Timeframe) -> Int64Array1D:
    """Return when the candle that holds each instant ends, microseconds UTC."""
    if to.length is None:
        months = open_times.view("M8[us]").astype("M8[M]") + np.timedelta64(1, "M")
        ends: Int64Array1D = months.astype("M8[us]").view(np.int64)
        return ends
    return bin_starts(open_times, to) + to.length // timedelta(microseconds=1)


def _resampled(table: CandleTable, to: Timeframe) -> CandleTable:
    if not len(table):
        return CandleTable(
            *(table.open_times, table.open, table.high, table.low, table.close),
            volume=table.volume,
            timeframe=to,
            symbol=table.symbol,
        )
    starts = bin_starts(table.open_times, to)
    firsts = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    lasts = np.append(firsts[1:], len(table)) - 1
    coarse = CandleTable(
        open_times=starts[firsts],
        open=table.open[firsts],
        high=np.maximum.reduceat(table.high, firsts),
        low=np.minimum.reduceat(table.low, firsts),
        close=table.close[lasts],
        volume=np.add.reduceat(table.volume, firsts),
        timeframe=to,
        symbol=table.symbol,
    )
    for name in ("open_times", *CANDLE_FIELDS):
        getattr(coarse, name).setflags(write=False)
    return coarse


def require_coarser(given: Timeframe, to: Timeframe) -> None:
    """Refuse a timeframe that is not made of whole candles of the one given.

    Raises
    ------
    ResamplingError
        It is shorter, or would cut candles in two.
    """
    if can_resample(given, to):
        return
    if to < given:
        reason = "a longer candle does not say what happened inside it"
        fix = f"Load candles of {to} or shorter."
    else:
        reason = f"a candle of {to} is not made of whole candles of {given}"
        fitting = (t for t in Timeframe if can_resample(t, to))
        fix = f"Resample from one of {', '.join(map(str, fitting))}."
    raise ResamplingError(
        message=f"Candles of {given} cannot be resampled to {to}: {reason}. {fix}",
        given=str(given),
        to=str(to),
    )
