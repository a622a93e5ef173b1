"""Candles, brought up to date page by page: ask, compare, check, store, record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import InputError, QualityError, RestatedHistoryError
from foresto_lab.findings import Finding, errors_in, sort_findings, warnings_in
from foresto_lab.market.candle_quality import CandleRows, check_candle_rows
from foresto_lab.market.instants import Moment, first_instant
from foresto_lab.market.protocols import CANDLE_FIELDS, CandleStore
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.runs.protocols import Catalog
from foresto_lab.sources.connectors.complete_sessions import complete_candles
from foresto_lab.sources.connectors.jobs import (
    Job,
    Key,
    RecordedUpdate,
    jobs_named,
    jobs_stored,
    last_sources,
)
from foresto_lab.sources.connectors.libraries import import_library, library_version
from foresto_lab.sources.connectors.names import candle_connector
from foresto_lab.sources.connectors.overlap import Overlap, compare_overlap
from foresto_lab.sources.connectors.patience import Patience
from foresto_lab.sources.connectors.protocol import CandleConnector
from foresto_lab.sources.connectors.report import (
    FROM_A_FILE,
    SymbolUpdate,
    UpdateReport,
    UpdateStatus,
    not_tried,
)
from foresto_lab.sources.connectors.updating import (
    Progress,
    checksum_of,
    no_progress,
    run_jobs,
)
from foresto_lab.sources.history import LoadHistory
from foresto_lab.telemetry.loads import watching_load

if TYPE_CHECKING:
    import pandas as pd

TABLE = "candles_history"
PRICES = ("open", "high", "low", "close")
OVERLAP_CANDLES = 20
_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleUpdateOptions:
    """How candles are brought up to date.

    Parameters
    ----------
    source : str, optional
        ``ccxt:EXCHANGE``; left out, each series' last one.
    timeframes : sequence of str
        Those of the symbols named; left out, the stored ones.
    start : day or instant, optional
        Where a series without candles begins; it must be given for one.
    overlap : int
        Stored candles that are asked for again and compared, at least 1.
    accept_restated : bool
        Load the whole series anew where the exchange restated it.
    dry_run : bool
        Ask and compare, and store nothing.

    Raises
    ------
    InputError
        The overlap is less than one candle.
    UnknownNameError
        There is no such timeframe or source.
    """

    source: str | None = None
    timeframes: Sequence[str] = ()
    start: Moment | None = None
    overlap: int = OVERLAP_CANDLES
    accept_restated: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked before anything is asked."""
        if self.overlap < 1:
            raise InputError(
                message=f"overlap is {self.overlap}; it must be 1 or more: without a "
                "candle to compare, a restated history would go unnoticed."
            )
        for timeframe in self.timeframes:
            Timeframe.parse(timeframe)
        if self.source:
            candle_connector(self.source)


def update_candles(
    symbols: Sequence[str] | None,
    *,
    store: CandleStore,
    catalog: Catalog,
    now: datetime,
    options: CandleUpdateOptions | None = None,
    patience: Patience | None = None,
    connectors: Mapping[str, CandleConnector] | None = None,
    credentials: Mapping[str, str] | None = None,
    progress: Progress = no_progress,
) -> UpdateReport:
    """Bring candles up to date from their exchanges, one series after the other.

    A series goes on from its last stored candle. Every page of candles is stored in one
    atomic load, so that an interrupted update goes on where it stopped. A candle that
    is still forming is not stored.

    Parameters
    ----------
    symbols : sequence of str, optional
        Left out, every stored series (with a source: all that came from it last).
    now : datetime
        The instant, with a zone, by which candles are over, and that is recorded.
    credentials : mapping, optional
        ``apiKey``, ``secret``, ``password`` for the exchange; they are stored nowhere.

    Raises
    ------
    InputError
        A series has never come from a connector, and no source is named; or it has no
        candle, and no start is given.
    MissingExtraError
        The library is not installed.
    """
    chosen = options or CandleUpdateOptions()
    covered = store.candle_coverage()
    keys = zip(covered["symbol"], covered["timeframe"], strict=True)
    opens = dict(zip(keys, covered["last_open"], strict=True))
    jobs, files = _jobs(symbols, opens, chosen, catalog)
    ready = dict(connectors or {})
    for name in {job.source: None for job in jobs}:
        if name not in ready:
            ready[name] = candle_connector(name, credentials)
            import_library(ready[name].facts)
    update = _CandleUpdate(
        store=store,
        catalog=catalog,
        now=now,
        options=chosen,
        stored={key: last.to_pydatetime() for key, last in opens.items()},
        connectors=ready,
        patience={
            name: replace(patience or Patience(), pause=connector.facts.pause_seconds)
            for name, connector in ready.items()
        },
        progress=progress,
    )
    report = run_jobs(jobs, update.update, progress, dry_run=chosen.dry_run)
    left = (not_tried(job, FROM_A_FILE) for job in files)
    return replace(report, updates=(*report.updates, *left))


def _jobs(
    symbols: Sequence[str] | None,
    opens: Mapping[Key, datetime],
    options: CandleUpdateOptions,
    catalog: Catalog,
) -> tuple[list[Job], list[Job]]:
    """Return whom to ask for which series, and those that came from files alone."""
    wanted = options.timeframes
    shown = {key: _moment(last) for key, last in opens.items()}
    last = last_sources(catalog, TABLE)
    if symbols is None:
        chosen = {k: v for k, v in shown.items() if not wanted or k[1] in wanted}
        return jobs_stored(chosen, options.source, last)
    named = []
    for symbol in symbols:
        own = [timeframe for name, timeframe in opens if name == symbol]
        named += [(symbol, t) for t in wanted or own or _no_timeframe(symbol)]
    for symbol, timeframe in named:
        if (symbol, timeframe) not in opens and options.start is None:
            raise InputError(
                message=f"{symbol} has no candles of {timeframe} yet. Say from when "
                "on to fetch them: --start 2024-01-01."
            )
    return jobs_named(named, shown, options.source, last), []


def _no_timeframe(symbol: str) -> Sequence[str]:
    raise InputError(
        message=f"{symbol} has no candles yet. Name how long they should last: "
        "--timeframe 1m, 1h, 1d, ..."
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _CandleUpdate:
    """The update of one series after the other, with what they share."""

    store: CandleStore
    catalog: Catalog
    now: datetime
    options: CandleUpdateOptions
    stored: Mapping[Key, datetime]
    connectors: Mapping[str, CandleConnector]
    patience: Mapping[str, Patience]
    progress: Progress = field(default=no_progress)

    def update(self, job: Job) -> SymbolUpdate:
        timeframe = Timeframe.parse(job.timeframe)
        last = self.stored.get((job.symbol, job.timeframe))
        if last is None:
            first = first_instant(self.options.start, "start")
            assert first is not None
            return self._go_on(job, timeframe, first, _Series(job))
        begun, start = self._compared(job, timeframe, last)
        return self._go_on(job, timeframe, start, begun)

    def _page(self, job: Job, timeframe: Timeframe, start: datetime) -> pa.Table:
        """Return the next candles that are over, from an instant on."""
        connector = self.connectors[job.source]
        answer = self.patience[job.source].ask(
            lambda: connector.fetch_candles(job.symbol, timeframe, start, self.now)
        )
        table = answer.table
        if not len(table):
            return table
        return table.filter(
            pa.array(complete_candles(_times(table), timeframe, self.now))
        )

    # --- comparing ----------------------------------------------------------------

    def _compared(
        self, job: Job, timeframe: Timeframe, last: datetime
    ) -> tuple[_Series, datetime]:
        """Hold the last stored candles against those given now; say where to go on."""
        wanted = self.options.overlap
        length = timeframe.length or _MONTH
        tail = self.store.candles(
            job.symbol, timeframe, start=last - wanted * 3 * length
        ).tail(wanted)
        page = self._page(job, timeframe, tail.index[0].to_pydatetime())
        overlap = compare_overlap(tail, _frame(page), PRICES)
        if overlap.restatement is not None:
            return self._restated(job, timeframe, overlap)
        if not overlap.rows_compared:
            raise RestatedHistoryError(
                provider=job.source,
                symbol=f"{job.symbol} {job.timeframe}",
                reason=f"it gives none of the last {len(tail)} stored candles, so "
                "nothing shows that old and new are of the same market.",
                fix="Its stored candles stay as they are.",
            )
        begun = _Series(job, rows_compared=overlap.rows_compared, last=last)
        return begun, last + timedelta(microseconds=1)

    def _restated(
        self, job: Job, timeframe: Timeframe, overlap: Overlap
    ) -> tuple[_Series, datetime]:
        if not self.options.accept_restated:
            raise RestatedHistoryError(
                provider=job.source,
                symbol=f"{job.symbol} {job.timeframe}",
                reason=str(overlap.restatement),
                fix="Nothing of it was stored. Load its whole history anew with "
                "--accept-restated.",
                restatement=overlap.restatement,
            )
        stored = self.store.candles(job.symbol, timeframe)
        whole = self._whole(job, timeframe, stored.index[0].to_pydatetime())
        kept = stored.index.difference(_frame(whole).index)
        if len(kept):
            raise RestatedHistoryError(
                provider=job.source,
                symbol=f"{job.symbol} {job.timeframe}",
                reason=f"{overlap.restatement} It no longer gives {len(kept):,} of the "
                f"{len(stored):,} stored candles, so old and new ones would stand side "
                "by side.",
                fix="Nothing was stored. Load its whole history from a file that has "
                "it (`foresto candles load`).",
                restatement=overlap.restatement,
            )
        begun = _Series(job, rows_compared=overlap.rows_compared, reloaded=True)
        begun.add(whole, self._store(job, timeframe, whole, begun))
        assert begun.last is not None
        return begun, begun.last + timedelta(microseconds=1)

    def _whole(self, job: Job, timeframe: Timeframe, start: datetime) -> pa.Table:
        """Return all candles from an instant on: they replace others in one load."""
        pages = []
        while len(page := self._page(job, timeframe, start)):
            pages.append(page)
            start = _last_open(page) + timedelta(microseconds=1)
            self.progress(f"{job.title} to {start:%Y-%m-%d %H:%M}", 0, 0)
        return pa.concat_tables(pages)

    # --- page by page -------------------------------------------------------------

    def _go_on(
        self, job: Job, timeframe: Timeframe, start: datetime, series: _Series
    ) -> SymbolUpdate:
        while len(page := self._page(job, timeframe, start)):
            series.add(page, self._store(job, timeframe, page, series))
            self.progress(f"{job.title} to {series.last:%Y-%m-%d %H:%M}", 0, 0)
            assert series.last is not None
            start = series.last + timedelta(microseconds=1)
        return series.result(self.options)

    def _store(
        self, job: Job, timeframe: Timeframe, page: pa.Table, series: _Series
    ) -> int:
        """Check, store and record one page; return how many of its candles are new."""
        findings = check_candle_rows(_rows(job, timeframe, page))
        series.findings.extend(findings)
        source = f"{job.source}:{job.symbol}"
        with watching_load(source, TABLE) as watched:
            span = pc.min_max(page["open_time"]).as_py()
            library = library_version(self.connectors[job.source].facts)
            names = (f"{span['min']:%Y-%m-%dT%H:%MZ}", f"{span['max']:%Y-%m-%dT%H:%MZ}")
            recorded = RecordedUpdate(job, library, *names, series.reloaded)
            history = LoadHistory(self.catalog, source, TABLE, recorded, self.now)
            checksum = checksum_of(page)
            if errors_in(findings):
                if not self.options.dry_run:
                    history.record_refusal(checksum, tuple(findings))
                raise QualityError(source=source, findings=errors_in(findings))
            if self.options.dry_run:
                return int(page.num_rows)
            outcome = self.store.load_candles(page)
            history.record(checksum, tuple(findings), outcome)
            watched.note(
                outcome, checksum=checksum, warnings=len(warnings_in(findings))
            )
        series.rows_updated += outcome.rows_updated
        return outcome.rows_inserted


@dataclass(slots=True, eq=False)
class _Series:
    """What is done of one series so far."""

    job: Job
    rows_compared: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    first_new: datetime | None = None
    last: datetime | None = None
    reloaded: bool = False
    findings: list[Finding] = field(default_factory=list)

    def add(self, page: pa.Table, inserted: int) -> None:
        """Take a stored page into account."""
        span = pc.min_max(page["open_time"]).as_py()
        self.first_new = self.first_new or span["min"]
        self.last = _last_open(page)
        self.rows_inserted += inserted

    def result(self, options: CandleUpdateOptions) -> SymbolUpdate:
        """Return the series as the report holds it."""
        status = UpdateStatus.UP_TO_DATE
        if self.rows_inserted or self.rows_updated:
            done = UpdateStatus.RELOADED if self.reloaded else UpdateStatus.UPDATED
            status = UpdateStatus.WOULD_UPDATE if options.dry_run else done
        return SymbolUpdate(
            self.job.symbol,
            self.job.source,
            status,
            self.job.timeframe,
            rows_inserted=self.rows_inserted,
            rows_updated=self.rows_updated,
            rows_compared=self.rows_compared,
            first_new=_moment(self.first_new),
            last_stored=_moment(self.last) or self.job.last_stored,
            findings=sort_findings(self.findings),
        )


def _last_open(page: pa.Table) -> datetime:
    last: datetime = pc.max(page["open_time"]).as_py()
    return last.astimezone(UTC)


def _moment(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%dT%H:%MZ}"


def _times(table: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    times: np.ndarray[tuple[int], np.dtype[np.int64]] = (
        table["open_time"].cast(pa.int64()).to_numpy()
    )
    return times


def _rows(job: Job, timeframe: Timeframe, table: pa.Table) -> CandleRows:
    values = {name: table[name].to_numpy() for name in CANDLE_FIELDS}
    nowhere = np.array([], dtype=np.int64)
    return CandleRows(job.symbol, timeframe, _times(table), values, nowhere)


def _frame(table: pa.Table) -> pd.DataFrame:
    import pandas as pd

    times = pd.DatetimeIndex(_times(table).view("M8[us]"), name="open_time")
    columns = {name: table[name].to_numpy() for name in CANDLE_FIELDS}
    return pd.DataFrame(columns, index=times.tz_localize("UTC"))
