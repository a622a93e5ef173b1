"""What a Lab does with candles: load, read, resample, and say how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import SettingsError, UnknownNameError
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.runs.plan import parse_date
from foresto_lab.telemetry.logs import get_logger
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.candle_quality import CandleQualityReport
    from foresto_lab.settings import Settings
    from foresto_lab.sources import CandleLoadReport
    from foresto_lab.sources.hybrid_candles import HybridCandles
    from foresto_lab.storage import Storage


log = get_logger(__name__)


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
        recent: bool = False,
    ) -> pd.DataFrame:
        """Return candles: open, high, low, close, volume by UTC open time.

        Of a symbol without candles of a day, its daily prices stand for them, adjusted
        by ``adj_close / close``.

        Parameters
        ----------
        start, end : date, datetime or str, optional
            Of the open times, both included; a day is one of UTC, an end all of it.
        resample_from : str, optional
            A shorter timeframe to make the candles from; ``"auto"`` takes the longest
            stored one that can make them, where they are not stored themselves.
        recent : bool
            Take the last 48 hours from Redis (``FORESTO_REDIS_URL``) and the rest from
            the store. What was found on the way, and that Redis was away, stands in
            ``frame.attrs["findings"]`` and in the log; the store then answers alone.

        Raises
        ------
        UnknownNameError
            There are no such candles.
        ResamplingError
            The timeframe asked for is not made of whole candles of the other.
        SettingsError
            Recent candles are asked for, and FORESTO_REDIS_URL is not set.
        """
        from foresto_lab.sources.stored_candles import stored_candles

        asked = (symbol, timeframe, start, end, resample_from)
        if not recent:
            try:
                return stored_candles(self.storage.candles, *asked)
            except UnknownNameError:
                if timeframe != str(Timeframe.ONE_DAY):
                    raise
                daily = self._daily_candles(symbol, start, end)
                if daily is None:
                    raise
                return daily
        hybrid = self._recent_candles()
        frame = stored_candles(hybrid, *asked)
        for finding in hybrid.findings:
            tell = log.warning if finding.severity is Severity.WARNING else log.info
            tell("recent candles", code=finding.code, found=finding.message)
        frame.attrs["findings"] = [finding.to_dict() for finding in hybrid.findings]
        return frame

    def _daily_candles(
        self, symbol: str, start: str | date | None, end: str | date | None
    ) -> pd.DataFrame | None:
        """Return daily prices as candles, as backtests take them; None without any."""
        from foresto_lab.runs.backtest_candles import daily_candles

        if symbol not in set(self.storage.series.coverage()["symbol"]):
            return None
        rows = self.storage.series.daily_prices(
            [symbol], start=parse_date(start, "start"), end=parse_date(end, "end")
        )
        return daily_candles(rows)

    def _recent_candles(self) -> HybridCandles:
        from foresto_lab.sources.hybrid_candles import HybridCandles
        from foresto_lab.sources.redis_candles import RedisCandleSource

        url = self.settings.redis_url
        if url is None:
            raise SettingsError(
                message="Recent candles come from Redis, and FORESTO_REDIS_URL is not "
                "set. Set it to redis://HOST:PORT/NUMBER, in the environment or in "
                "the workspace's .env; or leave recent out for the stored candles."
            )
        source = RedisCandleSource(url.get_secret_value())
        return HybridCandles(self.storage.candles, source, now=datetime.now(UTC))

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
