"""The candles of a backtest: which table they come from, in which state, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.runs.backtest_request import CANDLES, DAILY_PRICES, BacktestRequest

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import CandleStore, SeriesStore

SEPARATOR = ","


class BacktestData:
    """What a backtest reads.

    Parameters
    ----------
    candles : CandleStore
    series : SeriesStore
        Daily prices, which stand for candles of a day where a symbol has none.
    """

    def __init__(self, candles: CandleStore, series: SeriesStore) -> None:
        self._candles = candles
        self._series = series

    def tables_of(self, symbols: Sequence[str], timeframe: Timeframe) -> dict[str, str]:
        """Return the table that each symbol's candles are in.

        Raises
        ------
        UnknownNameError
            A symbol has no candles of the timeframe, nor daily prices for a day's.
        """
        if timeframe is not Timeframe.ONE_DAY:
            return dict.fromkeys(symbols, CANDLES)
        covered = self._candles.candle_coverage()
        with_candles = set(covered.loc[covered["timeframe"] == "1d", "symbol"])
        missing = [symbol for symbol in symbols if symbol not in with_candles]
        with_prices = set(self._series.coverage()["symbol"]) if missing else set()
        for symbol in missing:
            if symbol not in with_prices:
                raise UnknownNameError(
                    kind="symbol with daily candles or prices",
                    given=symbol,
                    allowed=tuple(sorted(with_candles | with_prices)),
                )
        return {s: CANDLES if s in with_candles else DAILY_PRICES for s in symbols}

    def version_of(self, tables: Mapping[str, str], *, finer: bool = False) -> str:
        """Return the state that the tables are in now, as a run records it."""
        versions = []
        if finer or CANDLES in tables.values():
            versions.append(self._candles.candle_version())
        if DAILY_PRICES in tables.values():
            versions.append(self._series.data_version())
        return SEPARATOR.join(versions)

    def now(self, data_version: str) -> str:
        """Return the state now of the tables that a data version names."""
        return self.version_of({table: table for table in _by_table(data_version)})

    def load(
        self, request: BacktestRequest, data_version: str
    ) -> dict[str, CandleTable]:
        """Return the candles of each symbol within the request's span."""
        versions = _by_table(data_version)
        return {
            symbol: parse_candles(
                self._frame(symbol, request, versions),
                symbol=symbol,
                timeframe=request.timeframe,
            )
            for symbol in request.symbols
        }

    def load_finer(
        self, request: BacktestRequest, data_version: str
    ) -> pd.DataFrame | None:
        """Return the finer candles of a request; None where it asks for none."""
        if request.finer is None:
            return None
        versions = _by_table(data_version)
        return self._stored(request.symbols[0], request.finer, request, versions)

    def _frame(
        self, symbol: str, request: BacktestRequest, versions: Mapping[str, str]
    ) -> pd.DataFrame:
        if request.candles_from[symbol] == CANDLES:
            return self._stored(symbol, request.timeframe, request, versions)
        return self._daily(symbol, request, versions)

    def _stored(
        self,
        symbol: str,
        timeframe: str,
        request: BacktestRequest,
        versions: Mapping[str, str],
    ) -> pd.DataFrame:
        return self._candles.candles(
            symbol,
            timeframe,
            start=request.start,
            end=request.end,
            data_version=versions[CANDLES],
        )

    def _daily(
        self, symbol: str, request: BacktestRequest, versions: Mapping[str, str]
    ) -> pd.DataFrame:
        """Return daily prices as candles, adjusted by ``adj_close / close``.

        A day opens at 00:00 UTC of its date. What a price table may lack is its close.
        """
        rows = self._series.daily_prices(
            [symbol],
            start=None if request.start is None else _day(request.start),
            end=None if request.end is None else _day(request.end),
            data_version=versions[DAILY_PRICES],
        )
        return daily_candles(rows)


def daily_candles(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of daily prices of one symbol as candles of a day.

    Prices are adjusted by ``adj_close / close``; a missing open, high or low is the
    close, a missing volume 0. Rounding never puts a close outside high and low.
    """
    import numpy as np
    import pandas as pd

    close = rows["close"].to_numpy(float)
    adjusted = rows["adj_close"].to_numpy(float)
    adjusted = np.where(np.isnan(adjusted), close, adjusted)
    prices: dict[str, Any] = {"close": adjusted}
    for name in ("open", "high", "low"):
        given = rows[name].to_numpy(float)
        given = np.where(np.isnan(given), close, given)
        prices[name] = given * (adjusted / close)
    prices["high"] = np.maximum.reduce([prices["high"], prices["open"], adjusted])
    prices["low"] = np.minimum.reduce([prices["low"], prices["open"], adjusted])
    volume = rows["volume"].to_numpy(float)
    prices["volume"] = np.where(np.isnan(volume), 0.0, volume)
    times = pd.DatetimeIndex(rows["date"]).as_unit("us").tz_localize("UTC")
    columns = ["open", "high", "low", "close", "volume"]
    return pd.DataFrame(prices, index=times.rename("open_time"), columns=columns)


def _by_table(data_version: str) -> dict[str, str]:
    """Return the version of each table that a data version names."""
    versions = data_version.split(SEPARATOR)
    return {version.partition("@")[0]: version for version in versions}


def _day(instant: str) -> date:
    return datetime.fromisoformat(instant).date()
