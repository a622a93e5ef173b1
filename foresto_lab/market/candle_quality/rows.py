"""Candles as arrays, in the order that the rules look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from foresto_lab.errors import CandleTableError
from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.market.candle_table import time_text
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.resampling import bin_starts
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D

Places = npt.NDArray[np.int64]

BLOCK = 128
"""Candles whose median range stands for what is usual around each of them."""
SMALLEST_RANGE = 5e-4
"""Of the close: a quieter stretch counts as having this usual range."""


@dataclass(frozen=True, eq=False)
class CandleRows:
    """The candles of one symbol and timeframe, ascending by open time, unchecked.

    Parameters
    ----------
    symbol : str
    timeframe : Timeframe
    open_times : (n_bars,), microseconds since 1970 UTC
        Ascending; the same one may come more than once.
    values : mapping of (n_bars,) float64
        ``open, high, low, close, volume``; NaN where there is none.
    descents : (n_descents,) int64
        Rows that came after a row of a later time; they are in their place here.
    calendar : TradingCalendar, optional
        Whose sessions the candles are of; without one they are expected at all times.
    """

    symbol: str
    timeframe: Timeframe
    open_times: Int64Array1D
    values: Mapping[str, Float64Array1D]
    descents: Places
    calendar: TradingCalendar | None = None

    def __len__(self) -> int:
        """Return the number of candles."""
        return len(self.open_times)

    def time(self, place: int) -> str:
        """Return when a candle opens, to read."""
        return time_text(int(self.open_times[place]))

    @cached_property
    def bins(self) -> Int64Array1D:
        """When the span of the timeframe begins that each candle opens in."""
        return bin_starts(self.open_times, self.timeframe)

    @cached_property
    def steps(self) -> Int64Array1D:
        """Spans of the timeframe from each candle to the next, (n_bars - 1,)."""
        length = self.timeframe.length
        if length is not None:
            steps: Int64Array1D = np.diff(self.bins) // int(
                length.total_seconds() * 1e6
            )
            return steps
        months = self.bins.view("M8[us]").astype("M8[M]")
        return np.diff(months).astype(np.int64)

    @cached_property
    def days(self) -> npt.NDArray[np.datetime64]:
        """The date, UTC, on which each candle opens."""
        return self.open_times.view("M8[us]").astype("M8[D]")

    @cached_property
    def usual_range(self) -> Float64Array1D:
        """The median of high less low around each candle, (n_bars,).

        Taken over blocks of 128 candles; never less than five hundredths of a per cent
        of the close.
        """
        ranges = self.values["high"] - self.values["low"]
        size = min(BLOCK, len(ranges))
        n_blocks = len(ranges) // size if size else 0
        blocks = np.nan_to_num(ranges[: n_blocks * size]).reshape(n_blocks, size or 1)
        usual = np.repeat(np.median(blocks, axis=1), size) if n_blocks else ranges[:0]
        tail = np.full(len(ranges) - len(usual), usual[-1] if len(usual) else np.nan)
        floor = SMALLEST_RANGE * np.abs(self.values["close"])
        spread: Float64Array1D = np.fmax(np.concatenate([usual, tail]), floor)
        return spread


def parse_candle_rows(
    candles: pd.DataFrame,
    timeframe: str | Timeframe,
    *,
    symbol: str = "",
    calendar: TradingCalendar | None = None,
) -> CandleRows:
    """Return candles in any order as rows; nothing is dropped, nothing changed.

    Parameters
    ----------
    candles : DataFrame
        Columns ``open, high, low, close, volume``, numbers; index: the open times, with
        a time zone, in any order.

    Raises
    ------
    CandleTableError
        A column is missing, or the index is not one of instants with a time zone.
    """
    index = candles.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        raise CandleTableError(
            message="The index of candles must be instants with a time zone: "
            "candles.tz_localize('UTC')."
        )
    for name in CANDLE_FIELDS:
        if name not in candles.columns:
            raise CandleTableError(
                message=f"Column {name!r} of candles is not there.", column=name
            )
    values = {
        name: candles[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in CANDLE_FIELDS
    }
    times = index.as_unit("us").asi8
    return candle_rows(times, values, timeframe, symbol=symbol, calendar=calendar)


def candle_rows(
    open_times: Int64Array1D,
    values: Mapping[str, Float64Array1D],
    timeframe: str | Timeframe,
    *,
    symbol: str = "",
    calendar: TradingCalendar | None = None,
) -> CandleRows:
    """Return arrays as rows, put in order where they are not."""
    known = Timeframe.parse(timeframe)
    late = np.maximum.accumulate(open_times) if len(open_times) else open_times
    descents = np.flatnonzero(open_times < late)
    if not len(descents):
        nowhere = descents.astype(np.int64)
        return CandleRows(symbol, known, open_times, values, nowhere, calendar)
    order = np.argsort(open_times, kind="stable")
    moved = np.zeros(len(order), dtype=np.bool_)
    moved[descents] = True
    return CandleRows(
        symbol,
        known,
        open_times[order],
        {name: column[order] for name, column in values.items()},
        np.flatnonzero(moved[order]),
        calendar,
    )


def follows(rows: CandleRows) -> BoolArray1D:
    """Return whether each candle but the first opens one span after the one before."""
    return np.asarray(rows.steps == 1)
