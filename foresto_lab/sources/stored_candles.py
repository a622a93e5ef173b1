"""Candles out of the store, resampled from shorter ones where that is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from foresto_lab.market.instants import (
    Moment,
    first_instant,
    last_instant,
    microseconds,
)
from foresto_lab.market.timeframes import Timeframe

if TYPE_CHECKING:
    import pandas as pd

AUTO = "auto"


class CandleReader(Protocol):
    """What candles are read from: a store, or one together with a recent source."""

    def candles(
        self,
        symbol: str,
        timeframe: str | Timeframe,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return candles by open time; see ``CandleStore.candles``."""

    def candle_coverage(self) -> pd.DataFrame:
        """Return what is stored; see ``CandleStore.candle_coverage``."""


def stored_candles(
    store: CandleReader,
    symbol: str,
    timeframe: str | Timeframe,
    start: Moment | None = None,
    end: Moment | None = None,
    resample_from: str | Timeframe | None = None,
    data_version: str | None = None,
) -> pd.DataFrame:
    """Return candles that open from start to end, both included.

    Made from shorter ones, each holds all of these that the store has, also those
    after ``end``: a candle never depends on where a span was cut.

    Parameters
    ----------
    resample_from : Timeframe or str, optional
        The timeframe of the stored candles to make them from; ``"auto"`` takes the
        stored ones of the timeframe itself, else the longest that can make them.

    Raises
    ------
    UnknownNameError
        There are no such candles.
    ResamplingError
        The timeframe asked for is not made of whole candles of the other.
    """
    wanted = Timeframe.parse(timeframe)
    given = _timeframe_to_read(store, symbol, wanted, resample_from)
    first, last = first_instant(start), last_instant(end)
    if given == wanted:
        return store.candles(
            symbol, wanted, start=first, end=last, data_version=data_version
        )
    from foresto_lab.market.resampling import require_coarser, resample

    require_coarser(given, wanted)
    frame = store.candles(
        symbol,
        given,
        start=None if first is None else _bin_edge(first, wanted, of="start"),
        end=None if last is None else _bin_edge(last, wanted, of="end"),
        data_version=data_version,
    )
    made = resample(frame, wanted, timeframe=given)
    kept = made.index == made.index
    if first is not None:
        kept &= made.index >= first
    if last is not None:
        kept &= made.index <= last
    return made[kept]


def _timeframe_to_read(
    store: CandleReader,
    symbol: str,
    wanted: Timeframe,
    resample_from: str | Timeframe | None,
) -> Timeframe:
    if resample_from is None:
        return wanted
    if resample_from != AUTO:
        return Timeframe.parse(resample_from)
    from foresto_lab.market.resampling import can_resample

    covered = store.candle_coverage()
    own = covered.loc[covered["symbol"] == symbol, "timeframe"]
    fitting = [t for t in map(Timeframe.parse, own) if can_resample(t, wanted)]
    return max(fitting, default=wanted)


def _bin_edge(instant: datetime, timeframe: Timeframe, *, of: str) -> datetime:
    """Return the start of the candle that holds an instant, or its last microsecond."""
    import numpy as np

    from foresto_lab.market.resampling import bin_ends, bin_starts

    time = np.array([microseconds(instant)])
    edge = (
        bin_starts(time, timeframe) if of == "start" else bin_ends(time, timeframe) - 1
    )
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(edge[0]))
