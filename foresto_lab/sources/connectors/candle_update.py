"""Candles, brought up to date page by page: ask, compare, check, store, record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import InputError, RestatedHistoryError
from foresto_lab.findings import warnings_in
from foresto_lab.market.candle_quality import check_candle_rows
from foresto_lab.market.instants import first_instant, microseconds
from foresto_lab.market.protocols import CandleStore
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.runs.protocols import Catalog
from foresto_lab.sources.connectors.candle_pages import (
    LONGEST_MONTH,
    CandleSeries,
    candle_frame,
    candle_rows_of,
    last_open,
    moment_text,
    open_times,
)
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
from foresto_lab.sources.connectors.options import CandleUpdateOptions
from foresto_lab.sources.connectors.overlap import Overlap, compare_overlap
from foresto_lab.sources.connectors.patience import Patience
from foresto_lab.sources.connectors.protocol import CandleConnector
from foresto_lab.sources.connectors.report import (
    FROM_A_FILE,
    SymbolUpdate,
    UpdateReport,
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
    pass

TABLE = "candles_history"
PRICES = ("open", "high", "low", "close")


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
    shown = {key: moment_text(last) for key, last in opens.items()}
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
            return self._go_on(job, timeframe, first, CandleSeries(job, begin=first))
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
            pa.array(complete_candles(open_times(table), timeframe, self.now))
        )

    # --- comparing ----------------------------------------------------------------

    def _compared(
        self, job: Job, timeframe: Timeframe, last: datetime
    ) -> tuple[CandleSeries, datetime]:
        """Hold the last stored candles against those given now; say where to go on."""
        wanted = self.options.overlap
        length = timeframe.length or LONGEST_MONTH
        tail = self.store.candles(
            job.symbol, timeframe, start=last - wanted * 3 * length
        ).tail(wanted)
        page = self._page(job, timeframe, tail.index[0].to_pydatetime())
        overlap = compare_overlap(tail, candle_frame(page), PRICES)
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
        known = pc.less_equal(
            page["open_time"], pa.scalar(last, page["open_time"].type)
        )
        before = page.filter(known)
        begun = CandleSeries(job, rows_compared=overlap.rows_compared, last=last)
        begun.previous = before.slice(before.num_rows - 1)
        return begun, last + timedelta(microseconds=1)

    def _restated(
        self, job: Job, timeframe: Timeframe, overlap: Overlap
    ) -> tuple[CandleSeries, datetime]:
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
        kept = stored.index.difference(candle_frame(whole).index)
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
        begun = CandleSeries(job, rows_compared=overlap.rows_compared, reloaded=True)
        begun.add(whole, self._store(job, timeframe, whole, begun))
        assert begun.last is not None
        return begun, begun.last + timedelta(microseconds=1)

    def _whole(self, job: Job, timeframe: Timeframe, start: datetime) -> pa.Table:
        """Return all candles from an instant on: they replace others in one load."""
        pages = []
        while len(page := self._page(job, timeframe, start)):
            pages.append(page)
            start = last_open(page) + timedelta(microseconds=1)
            self.progress(f"{job.title} to {start:%Y-%m-%d %H:%M}", 0, 0)
        return pa.concat_tables(pages)

    # --- page by page -------------------------------------------------------------

    def _go_on(
        self, job: Job, timeframe: Timeframe, start: datetime, series: CandleSeries
    ) -> SymbolUpdate:
        while len(page := self._page(job, timeframe, start)):
            series.add(page, self._store(job, timeframe, page, series))
            self.progress(f"{job.title} to {series.last:%Y-%m-%d %H:%M}", 0, 0)
            assert series.last is not None
            start = series.last + timedelta(microseconds=1)
        return series.result(dry_run=self.options.dry_run)

    def _store(
        self, job: Job, timeframe: Timeframe, page: pa.Table, series: CandleSeries
    ) -> int:
        """Check, store and record one page; return how many of its candles are new."""
        whole = series.with_previous(page)
        findings = (
            *series.late_begin(page, timeframe),
            *check_candle_rows(candle_rows_of(job, timeframe, whole)),
        )
        series.findings.extend(findings)
        source = f"{job.source}:{job.symbol}:{job.timeframe}"
        with watching_load(source, TABLE) as watched:
            span = pc.min_max(page["open_time"]).as_py()
            library = library_version(self.connectors[job.source].facts)
            names = (f"{span['min']:%Y-%m-%dT%H:%MZ}", f"{span['max']:%Y-%m-%dT%H:%MZ}")
            recorded = RecordedUpdate(job, library, *names, series.reloaded)
            history = LoadHistory(self.catalog, source, TABLE, recorded, self.now)
            checksum = checksum_of(page)
            recorded_too = not self.options.dry_run
            history.refuse_errors(checksum, tuple(findings), recorded=recorded_too)
            if self.options.dry_run:
                return self._later(job, page)
            outcome = self.store.load_candles(page)
            history.record(checksum, tuple(findings), outcome)
            watched.note(
                outcome, checksum=checksum, warnings=len(warnings_in(findings))
            )
        series.rows_updated += outcome.rows_updated
        return outcome.rows_inserted

    def _later(self, job: Job, page: pa.Table) -> int:
        """Return how many candles of a page follow the last stored one."""
        last = self.stored.get((job.symbol, job.timeframe))
        later = open_times(page) > (-1 if last is None else microseconds(last))
        return int(later.sum())
