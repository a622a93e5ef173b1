"""What a Lab does with providers of prices: bring what is stored up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from foresto_lab.runs.plan import parse_date
from foresto_lab.telemetry.logs import get_logger

if TYPE_CHECKING:
    from foresto_lab.settings import Settings
    from foresto_lab.sources.connectors import UpdateReport
    from foresto_lab.storage import Storage

log = get_logger(__name__)


class UpdateVerbs:
    """The part of a Lab about providers of prices; see ``Lab``."""

    storage: Storage
    settings: Settings

    def update_data(
        self,
        symbols: Sequence[str] | str | None = None,
        *,
        source: str | None = None,
        start: str | date | None = None,
        calendar: str | None = None,
        overlap: int = 20,
        accept_restated: bool = False,
        recheck: bool = False,
        dry_run: bool = False,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> UpdateReport:
        """Bring daily prices up to date from their providers.

        Each symbol goes on from its last stored row; its new rows are stored in one
        atomic load. The last stored rows are asked for again: where the provider now
        says something else of them (a split, a dividend, a correction), the symbol is
        left as it is and reported. Stopped by Ctrl-C, what was done is kept, and the
        report says so; the next update goes on.

        Parameters
        ----------
        symbols : sequence of str, or one, optional
            Left out, all stored ones (with a source: those that came from it last).
        source : {"pykrx", "fdr", "yfinance"}, optional
            Left out, for each symbol the one that it came from last.
        start : date, optional
            Where a symbol without rows begins; left out, as early as there is.
        calendar : str, optional
            The exchange of symbols without rows, where the source does not know it.
        overlap : int
            Stored rows that are asked for again and compared.
        accept_restated : bool
            Load the whole history of a symbol anew where the provider restated it.
        recheck : bool
            Compare also what has every session that is over.
        dry_run : bool
            Ask and compare, and store nothing.
        progress : callable, optional
            Is told the symbol, and how many of how many are done.

        Raises
        ------
        InputError
            A symbol has never come from a connector, and no source is named.
        MissingExtraError
            The provider's library is not installed; the sentence says the command.
        UnknownNameError
            There is no such source or calendar.
        """
        from foresto_lab.sources.connectors import update_daily_prices
        from foresto_lab.sources.connectors.options import DailyUpdateOptions
        from foresto_lab.sources.connectors.updating import no_progress

        report = update_daily_prices(
            _listed(symbols),
            series=self.storage.series,
            catalog=self.storage.catalog,
            now=datetime.now(UTC),
            options=DailyUpdateOptions(
                source=source,
                start=parse_date(start, "start"),
                calendar=calendar,
                overlap=overlap,
                accept_restated=accept_restated,
                recheck=recheck,
                dry_run=dry_run,
            ),
            progress=progress or no_progress,
        )
        log.info("data updated", outcome=report.headline())
        return report

    def update_candles(
        self,
        symbols: Sequence[str] | str | None = None,
        *,
        timeframe: Sequence[str] | str | None = None,
        source: str | None = None,
        start: str | date | datetime | None = None,
        overlap: int = 20,
        accept_restated: bool = False,
        dry_run: bool = False,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> UpdateReport:
        """Bring candles up to date from their exchanges.

        As :meth:`update_data`, for candles: a series goes on from its last stored
        candle, page by page; one that is still forming is not stored.

        Parameters
        ----------
        symbols : sequence of str, or one, optional
            ``BTC/USDT``, or as the exchange calls it, ``BTCUSDT``; candles are stored
            under the name given. Left out, every stored series.
        timeframe : str or sequence of str, optional
            ``1m``, ``1h``, ``1d``, ...; left out, the stored ones.
        source : str, optional
            ``ccxt:EXCHANGE``, e.g. ``ccxt:binance``; left out, each series' last one.
        start : day or instant, optional
            Where a series without candles begins; for one it must be given.

        Raises
        ------
        InputError
            No source or start is given where one is needed.
        MissingExtraError
            The library is not installed; the sentence says the command.
        UnknownNameError
            There is no such source or timeframe.
        """
        from foresto_lab.sources.connectors import update_candles
        from foresto_lab.sources.connectors.options import CandleUpdateOptions
        from foresto_lab.sources.connectors.updating import no_progress

        report = update_candles(
            _listed(symbols),
            store=self.storage.candles,
            catalog=self.storage.catalog,
            now=datetime.now(UTC),
            options=CandleUpdateOptions(
                source=source,
                timeframes=tuple(_listed(timeframe) or ()),
                start=start,
                overlap=overlap,
                accept_restated=accept_restated,
                dry_run=dry_run,
            ),
            credentials=self.settings.ccxt_credentials(),
            progress=progress or no_progress,
        )
        log.info("candles updated", outcome=report.headline())
        return report


def _listed(given: Sequence[str] | str | None) -> Sequence[str] | None:
    return [given] if isinstance(given, str) else given
