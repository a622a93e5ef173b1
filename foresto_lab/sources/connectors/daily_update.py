"""Daily prices, brought up to date: ask, compare, check, store, record; by symbol."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from foresto_lab.errors import (
    InputError,
    NothingGivenError,
)
from foresto_lab.findings import Finding, errors_in, sort_findings, warnings_in
from foresto_lab.market.calendars import get_calendar
from foresto_lab.market.protocols import LoadOutcome, SeriesStore
from foresto_lab.market.quality import check_daily_prices
from foresto_lab.runs.protocols import Catalog
from foresto_lab.sources.connectors.complete_sessions import last_complete_session
from foresto_lab.sources.connectors.daily_comparison import (
    Comparison,
    DailyComparer,
    with_day_before,
)
from foresto_lab.sources.connectors.jobs import (
    Job,
    RecordedUpdate,
    jobs_named,
    jobs_stored,
    last_sources,
)
from foresto_lab.sources.connectors.libraries import import_library, library_version
from foresto_lab.sources.connectors.names import daily_connector
from foresto_lab.sources.connectors.options import DailyUpdateOptions
from foresto_lab.sources.connectors.patience import Patience
from foresto_lab.sources.connectors.protocol import DailyAnswer, DailyConnector
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
from foresto_lab.sources.instruments import register_instruments
from foresto_lab.telemetry.loads import watching_load
from foresto_lab.types import Severity

if TYPE_CHECKING:
    pass

TABLE = "daily_price"
SILENT_DAYS = 10
"""Calendar days without a row after which a symbol may be halted or delisted."""


def update_daily_prices(
    symbols: Sequence[str] | None,
    *,
    series: SeriesStore,
    catalog: Catalog,
    now: datetime,
    options: DailyUpdateOptions | None = None,
    patience: Patience | None = None,
    connectors: Mapping[str, DailyConnector] | None = None,
    progress: Progress = no_progress,
) -> UpdateReport:
    """Bring daily prices up to date from their providers, symbol by symbol.

    Each symbol's new rows are stored in one atomic load, as soon as they are there; an
    update that was interrupted goes on with the next one. The last stored rows are
    asked for again: where they differ, the symbol is left as it is and reported.

    Parameters
    ----------
    symbols : sequence of str, optional
        Left out, all stored ones (with a source: all that came from it last).
    now : datetime
        The instant, with a zone, by which sessions are over, and that is recorded.
    patience : Patience, optional
        How long to wait for a provider; each has its own, with its own pause.
    connectors : mapping of str to DailyConnector, optional
        Used in place of those that the names stand for.

    Raises
    ------
    InputError
        A symbol has never come from a connector, and no source is named.
    MissingExtraError
        The library of a source is not installed.
    """
    chosen = options or DailyUpdateOptions()
    covered = series.coverage()
    days = {
        s: _as_date(d)
        for s, d in zip(covered["symbol"], covered["last_date"], strict=True)
    }
    stored = {(symbol, ""): str(last) for symbol, last in days.items()}
    last = last_sources(catalog, TABLE)
    if symbols is None:
        jobs, files = jobs_stored(stored, chosen.source, last)
    else:
        named = [(_as_written(symbol, days), "") for symbol in symbols]
        jobs, files = jobs_named(named, stored, chosen.source, last), []
    ready = dict(connectors or {})
    for name in {job.source: None for job in jobs}:
        if name not in ready:
            ready[name] = daily_connector(name)
            import_library(ready[name].facts)
    update = _DailyUpdate(
        series=series,
        catalog=catalog,
        now=now,
        options=chosen,
        stored=days,
        connectors=ready,
        patience={
            name: replace(patience or Patience(), pause=connector.facts.pause_seconds)
            for name, connector in ready.items()
        },
    )
    report = run_jobs(jobs, update.update, progress, dry_run=chosen.dry_run)
    left = (not_tried(job, FROM_A_FILE) for job in files)
    return replace(report, updates=(*report.updates, *left))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _DailyUpdate:
    """The update of one symbol after the other, with what they share."""

    series: SeriesStore
    catalog: Catalog
    now: datetime
    options: DailyUpdateOptions
    stored: Mapping[str, date]
    connectors: Mapping[str, DailyConnector]
    patience: Mapping[str, Patience]
    calendars: dict[str, str] = field(default_factory=dict)

    def update(self, job: Job) -> SymbolUpdate:
        calendar = self._calendar(job)
        last_session = last_complete_session(calendar, self.now)
        last = self.stored.get(job.symbol)
        if last is not None and last >= last_session and not self._asks_anyway():
            return SymbolUpdate(
                job.symbol, job.source, UpdateStatus.UP_TO_DATE, last_stored=str(last)
            )
        try:
            comparer = DailyComparer(self.series, self.options, self._ask)
            compared = comparer.compare(job, last, last_session)
        except NothingGivenError as error:
            if last is None:
                raise
            return self._silent(job, last, error)
        return self._store(job, calendar, last, compared)

    def _asks_anyway(self) -> bool:
        return self.options.recheck or self.options.accept_restated

    def _calendar(self, job: Job) -> str:
        """Return the symbol's calendar: as known, as given, or as its source knows."""
        if not self.calendars:
            known = self.catalog.instruments()
            self.calendars.update({item.symbol: item.calendar for item in known})
        if job.symbol in self.stored and job.symbol in self.calendars:
            return self.calendars[job.symbol]
        given = self.options.calendar or self.connectors[job.source].calendar_of(
            job.symbol
        )
        if given is None:
            raise InputError(
                message=f"{job.source} does not say on which exchange {job.symbol} "
                "trades. Name its calendar: --calendar XKRX, XNYS, XTKS, 24/7, ..."
            )
        return given

    def _ask(self, job: Job, start: date, end: date) -> DailyAnswer:
        connector = self.connectors[job.source]
        return self.patience[job.source].ask(
            lambda: connector.fetch_daily(job.symbol, start, end)
        )

    # --- storing ------------------------------------------------------------------

    def _store(
        self, job: Job, calendar: str, last: date | None, compared: Comparison
    ) -> SymbolUpdate:
        fresh, findings = compared.fresh, compared.findings
        if not len(fresh):
            silent = self._silence(job, last)
            return SymbolUpdate(
                job.symbol,
                job.source,
                UpdateStatus.UP_TO_DATE,
                rows_compared=compared.rows_compared,
                last_stored=str(last or ""),
                findings=sort_findings((*findings, *silent)),
            )
        checked = with_day_before(compared.answer.table, fresh, last)
        found = check_daily_prices(checked, calendar=get_calendar(calendar))
        findings = sort_findings((*findings, *found))
        span = pc.min_max(fresh["date"]).as_py()
        outcome = None
        if errors_in(findings) or not self.options.dry_run:
            outcome = self._load(job, calendar, compared, findings)
        later = [d for d in fresh["date"].to_pylist() if last is None or d > last]
        inserted, updated = len(later), fresh.num_rows - len(later)
        if outcome is not None:
            inserted, updated = outcome.rows_inserted, outcome.rows_updated
        return SymbolUpdate(
            job.symbol,
            job.source,
            self._status(compared),
            rows_inserted=inserted,
            rows_updated=updated,
            rows_compared=compared.rows_compared,
            first_new=str(min(later, default=span["min"])),
            last_stored=str(max(span["max"], last or span["max"])),
            findings=findings,
        )

    def _status(self, compared: Comparison) -> UpdateStatus:
        if self.options.dry_run:
            return UpdateStatus.WOULD_UPDATE
        return UpdateStatus.RELOADED if compared.reloaded else UpdateStatus.UPDATED

    def _load(
        self,
        job: Job,
        calendar: str,
        compared: Comparison,
        findings: tuple[Finding, ...],
    ) -> LoadOutcome:
        """Store the new rows in one commit and record them, or record the refusal."""
        fresh = compared.fresh
        span = pc.min_max(fresh["date"]).as_py()
        library = library_version(self.connectors[job.source].facts)
        recorded = RecordedUpdate(
            job, library, str(span["min"]), str(span["max"]), compared.reloaded
        )
        source, checksum = f"{job.source}:{job.symbol}", checksum_of(fresh)
        history = LoadHistory(self.catalog, source, TABLE, recorded, self.now)
        with watching_load(source, TABLE) as watched:
            recorded_too = not self.options.dry_run
            history.refuse_errors(checksum, findings, recorded=recorded_too)
            outcome = self.series.load_daily_prices(fresh)
            register_instruments(
                [job.symbol], calendar, self.catalog, compared.answer.currency
            )
            history.record(checksum, findings, outcome)
            watched.note(
                outcome, checksum=checksum, warnings=len(warnings_in(findings))
            )
        return outcome

    # --- nothing new --------------------------------------------------------------

    def _silent(self, job: Job, last: date, error: NothingGivenError) -> SymbolUpdate:
        finding = Finding(
            code="NOTHING_GIVEN",
            severity=Severity.WARNING,
            message=f"{error.reason[0].upper()}{error.reason[1:]} Its stored rows, to "
            f"{last}, stay as they are.",
            where=job.symbol,
            fix=error.fix,
        )
        return SymbolUpdate(
            job.symbol,
            job.source,
            UpdateStatus.NOTHING_GIVEN,
            last_stored=str(last),
            findings=(finding,),
        )

    def _silence(self, job: Job, last: date | None) -> tuple[Finding, ...]:
        """Return that a symbol has been without rows for long: halted or delisted."""
        if last is None or (self.now.date() - last).days <= SILENT_DAYS:
            return ()
        return (
            Finding(
                code="NO_ROWS_SINCE",
                severity=Severity.WARNING,
                message=f"The provider has no row after {last}: it is halted, or was "
                "delisted.",
                where=job.symbol,
            ),
        )


# --- rows -------------------------------------------------------------------------


def _as_written(symbol: str, stored: Collection[str]) -> str:
    """Return a symbol as it is stored, or in capitals, as providers write them."""
    given = symbol.strip()
    return given if given in stored else given.upper()


def _as_date(given: object) -> date:
    if isinstance(given, datetime):
        return given.date()
    assert isinstance(given, date)
    return given
