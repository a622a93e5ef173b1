"""Candles, as a copy sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from foresto_lab.errors import UnknownNameError
from foresto_lab.storage.data_versions import parts_digest
from foresto_lab.storage.layouts import CANDLES
from foresto_lab.storage.sorted_rows import SortedRows, no_rows, parse_rows

if TYPE_CHECKING:
    from foresto_lab.market.protocols import CandleStore

KEY = ["timeframe", "symbol"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A symbol's candles that open from start to end, both included."""

    symbol: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class CandleWindow:
    """Candles of one timeframe, of several symbols or a part of one's."""

    timeframe: str
    stretches: tuple[Stretch, ...]

    def __str__(self) -> str:
        first = self.stretches[0]
        more = f" and {len(self.stretches) - 1} more" if len(self.stretches) > 1 else ""
        return f"{first.symbol} {self.timeframe} from {first.start:%Y-%m-%d}{more}"


@dataclass(frozen=True, slots=True)
class CandleSide:
    """A store's candles; see ``Side``."""

    store: CandleStore

    def version(self) -> str:
        """Return the data version of candles."""
        return self.store.candle_version()

    def read(self, window: CandleWindow, data_version: str | None) -> SortedRows:
        """Return the candles of a window."""
        frames = [
            frame
            for stretch in window.stretches
            if (frame := self._read(window.timeframe, stretch, data_version))
            is not None
        ]
        if not frames:
            return no_rows(CANDLES)
        together = pd.concat(frames, ignore_index=True)
        table = pa.Table.from_pandas(together, preserve_index=False)
        return parse_rows(table, CANDLES, "The copy")

    def _read(
        self, timeframe: str, stretch: Stretch, data_version: str | None
    ) -> pd.DataFrame | None:
        try:
            frame = self.store.candles(
                stretch.symbol,
                timeframe,
                start=stretch.start,
                end=stretch.end,
                data_version=data_version,
            )
        except UnknownNameError as error:
            if error.kind == "data version":
                raise
            return None
        return frame.reset_index().assign(symbol=stretch.symbol)

    def load(self, window: CandleWindow, rows: SortedRows) -> str:
        """Upsert candles."""
        timeframe = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(rows), np.int32)), pa.array([window.timeframe])
        )
        table = rows.arrow.append_column(CANDLES.group, timeframe)
        return self.store.load_candles(table).data_version

    def adopt(self, name: str, only_from: str) -> None:
        """Call the candles of a state by another data version."""
        self.store.adopt_candle_version(name, only_from=only_from)

    def digest(self, window: CandleWindow, rows: SortedRows) -> str:
        """Return the content digest of the candles of a window."""
        return parts_digest({window.timeframe: rows}, CANDLES)


def candle_windows(
    source: CandleStore, target: CandleStore, rows_at_once: int
) -> list[CandleWindow]:
    """Return windows that hold the candles of both stores."""
    both = pd.concat([source.candle_coverage(), target.candle_coverage()])
    spans = both.groupby(KEY, sort=True).agg(
        {"first_open": "min", "last_open": "max", "row_count": "max"}
    )
    windows: list[CandleWindow] = []
    for timeframe, of_timeframe in spans.groupby(level=0, sort=True):
        gathered: list[Stretch] = []
        rows = 0.0
        for stretch, count in _stretches(of_timeframe, rows_at_once):
            if gathered and rows + count > rows_at_once:
                windows.append(CandleWindow(str(timeframe), tuple(gathered)))
                gathered, rows = [], 0.0
            gathered.append(stretch)
            rows += count
        windows.append(CandleWindow(str(timeframe), tuple(gathered)))
    return windows


def _stretches(
    spans: pd.DataFrame, rows_at_once: int
) -> Iterator[tuple[Stretch, float]]:
    """Yield each symbol's candles, by years where they are many, with their number."""
    symbols = spans.index.get_level_values("symbol")
    columns = (spans[name] for name in ("first_open", "last_open", "row_count"))
    for symbol, first, last, count in zip(symbols, *columns, strict=True):
        years = [first.year]
        if count > rows_at_once:
            years = list(range(first.year, last.year + 1))
        for year in years:
            end = last if year == years[-1] else _end_of(year)
            start = first if year == years[0] else datetime(year, 1, 1, tzinfo=UTC)
            stretch = Stretch(str(symbol), _plain(start), _plain(end))
            yield stretch, count / len(years)


def _end_of(year: int) -> datetime:
    return datetime(year + 1, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)


def _plain(instant: datetime) -> datetime:
    return instant.to_pydatetime() if isinstance(instant, pd.Timestamp) else instant
