"""What a Lab does with candles: load, read, resample, and say how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.candle_quality import CandleQualityReport
    from foresto_lab.settings import Settings
    from foresto_lab.sources import CandleLoadReport
    from foresto_lab.storage import Storage


class CandleVerbs:
    """The part of a Lab about candles; see ``Lab``."""

    storage: Storage
    settings: Settings

    def load_candles(
        self,
        path: str | Path,
        *,
        symbol: str | None = None,
        timeframe: str | None = None,
        **options: Any,
    ) -> CandleLoadReport:
        """Load a CSV or Parquet file of candles, whole or not at all.

        The other options are those of :class:`foresto_lab.sources.CandleOptions`.
        Loading the same file twice changes nothing.

        Raises
        ------
        DataFileError
            The file cannot be read as candles.
        QualityError
            Candles break an error-level rule; nothing was written.
        """
        from foresto_lab.sources.candle_loading import load_candle_file
        from foresto_lab.sources.candle_options import CandleOptions

        return load_candle_file(
            Path(path),
            store=self.storage.candles,
            catalog=self.storage.catalog,
            options=CandleOptions(symbol=symbol, timeframe=timeframe, **options),
            loaded_at=datetime.now(UTC),
        )

    def candles(
        self,
        symbol: str,
        timeframe: str,
        start: str | date | None = None,
        end: str | date | None = None,
        *,
        resample_from: str | None = None,
    ) -> pd.DataFrame:
        """Return stored candles: open, high, low, close, volume by UTC open time.

        Parameters
        ----------
        start, end : date, datetime or str, optional
            Of the open times, both included; a day is one of UTC, an end all of it.
        resample_from : str, optional
            A shorter timeframe to make the candles from; ``"auto"`` takes the longest
            stored one that can make them, where they are not stored themselves.

        Raises
        ------
        UnknownNameError
            There are no such candles.
        ResamplingError
            The timeframe asked for is not made of whole candles of the other.
        """
        from foresto_lab.sources.stored_candles import stored_candles

        return stored_candles(
            self.storage.candles, symbol, timeframe, start, end, resample_from
        )

    def candle_coverage(self) -> pd.DataFrame:
        """Return each series of candles with its first and last open and row count."""
        return self.storage.candles.candle_coverage()

    def candle_quality(
        self,
        symbols: Sequence[str] | None = None,
        timeframes: Sequence[str] | None = None,
        calendar: str | None = None,
    ) -> CandleQualityReport:
        """Return the rule report over the stored candles."""
        from foresto_lab.market.candle_quality import check_stored_candles

        return check_stored_candles(
            self.storage.candles, symbols, timeframes, calendar=calendar
        )
