"""The candles that the strategy explorer offers, read once each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from foresto_lab.market.candle_table import CandleTable, parse_candles

if TYPE_CHECKING:
    from foresto_lab.lab import Lab

_DAILY = "1d"


class Series(NamedTuple):
    """A symbol's candles of one length."""

    symbol: str
    timeframe: str

    def __str__(self) -> str:
        """Return both, as the page names them."""
        return f"{self.symbol} {self.timeframe}".strip()

    @classmethod
    def parse(cls, text: str) -> Series:
        """Return what ``str`` wrote."""
        symbol, _, timeframe = text.rpartition(" ")
        return cls(symbol, timeframe)

    def with_(self, changes: Mapping[str, Any]) -> Series:
        """Return the series with another symbol or timeframe."""
        return self._replace(**{name: str(value) for name, value in changes.items()})


class CandleShelf:
    """A lab's candles, kept in memory after the first look at them."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._tables: dict[Series, CandleTable] = {}

    def series(self) -> tuple[Series, ...]:
        """Return what there is: stored candles first, then daily prices."""
        stored = [
            Series(str(symbol), str(timeframe))
            for symbol, timeframe in zip(
                *(self._lab.candle_coverage()[name] for name in Series._fields),
                strict=True,
            )
        ]
        daily = [
            Series(str(symbol), _DAILY) for symbol in self._lab.coverage()["symbol"]
        ]
        return tuple(dict.fromkeys([*stored, *daily]))

    def table(self, series: Series) -> CandleTable:
        """Return the candles of a series."""
        if series not in self._tables:
            self._tables[series] = self._load(series)
        return self._tables[series]

    def _load(self, series: Series) -> CandleTable:
        from foresto_lab.runs.backtest_candles import daily_candles

        coverage = self._lab.candle_coverage()
        stored = (coverage["symbol"] == series.symbol) & (
            coverage["timeframe"].astype(str) == series.timeframe
        )
        if stored.any():
            frame = self._lab.candles(series.symbol, series.timeframe)
        else:
            rows = self._lab.storage.series.daily_prices([series.symbol])
            frame = daily_candles(rows)
        return parse_candles(
            frame, symbol=series.symbol, timeframe=series.timeframe or None
        )
