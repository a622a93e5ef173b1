"""Loading: read a file, hold it against the rules, refuse it or store it, record it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from foresto_lab.errors import DataFileError
from foresto_lab.findings import Finding, sort_findings, warnings_in
from foresto_lab.market.calendars import get_calendar
from foresto_lab.market.protocols import LoadOutcome, SeriesStore
from foresto_lab.market.quality import check_daily_prices
from foresto_lab.runs.protocols import Catalog
from foresto_lab.sources.daily_table import rows_by_symbol
from foresto_lab.sources.files import PriceFile, file_checksum, read_price_file
from foresto_lab.sources.history import LoadHistory, as_finding
from foresto_lab.sources.instruments import known_calendar, register_instruments
from foresto_lab.sources.load_report import FileLoadReport
from foresto_lab.sources.options import LoadOptions
from foresto_lab.telemetry.loads import watching_load

TABLE = "daily_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport(FileLoadReport):
    """What a load of daily prices read, found and changed."""

    symbols: Mapping[str, int]
    """The number of rows of each symbol."""
    first_date: date
    last_date: date

    def held(self) -> dict[str, Any]:
        """Return the symbols and the span, as plain JSON-ready values."""
        return {
            "symbols": dict(self.symbols),
            "first_date": self.first_date.isoformat(),
            "last_date": self.last_date.isoformat(),
        }

    def __str__(self) -> str:
        """Return the report as lines of text."""
        done = self.outcome
        head = (
            f"{self.path.name}: {done.rows_received:,} rows of "
            f"{len(self.symbols):,} symbols, {self.first_date} to {self.last_date}; "
            f"{done.rows_inserted:,} new, {done.rows_updated:,} changed, "
            f"{done.rows_unchanged:,} as before; "
            f"{len(warnings_in(self.findings))} warnings."
        )
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])


def load_file(
    path: Path,
    *,
    series: SeriesStore,
    catalog: Catalog,
    loaded_at: datetime,
    options: LoadOptions | None = None,
) -> LoadReport:
    """Load a file of daily prices, whole or not at all.

    The file is read, then held against every quality rule. An error-level finding
    refuses it; warnings are recorded with the load in ``source_load_history``, as is a
    refusal with its reason. The prices change in one atomic commit.

    Parameters
    ----------
    loaded_at : datetime
        The instant, UTC, that the history records.

    Raises
    ------
    DataFileError
        The file cannot be read as daily prices.
    QualityError
        Rows break an error-level rule.
    UnknownNameError
        The options name an unknown calendar, or a column that is not there.
    StorageError
        The store cannot be written.
    """
    options = options or LoadOptions()
    if options.calendar:
        get_calendar(options.calendar)
    with watching_load(str(path), TABLE) as watched:
        report = _load(path, series, catalog, loaded_at, options)
        watched.note(
            report.outcome,
            checksum=report.checksum,
            symbols=len(report.symbols),
            warnings=len(warnings_in(report.findings)),
        )
    return report


def _load(
    path: Path,
    series: SeriesStore,
    catalog: Catalog,
    loaded_at: datetime,
    options: LoadOptions,
) -> LoadReport:
    history = LoadHistory(catalog, path, TABLE, options, loaded_at)
    try:
        file = read_price_file(path, options)
    except DataFileError as error:
        history.record_refusal(file_checksum(path), (as_finding(error),))
        raise
    counts = dict(rows_by_symbol(file.table))
    calendar = options.calendar or known_calendar(counts, catalog)
    history = replace(history, options=replace(options, calendar=calendar))
    found = check_daily_prices(file.table, calendar=get_calendar(calendar))
    findings = sort_findings((*file.findings, *found))
    history.refuse_errors(file.checksum, findings)
    outcome = series.load_daily_prices(file.table)
    register_instruments(counts, calendar, catalog)
    history.record(file.checksum, findings, outcome)
    return _report(file, counts, findings, outcome)


def _report(
    file: PriceFile,
    counts: Mapping[str, int],
    findings: tuple[Finding, ...],
    outcome: LoadOutcome,
) -> LoadReport:
    span = pc.min_max(file.table["date"]).as_py()
    return LoadReport(
        path=file.path,
        outcome=outcome,
        findings=findings,
        symbols=counts,
        first_date=span["min"],
        last_date=span["max"],
        columns=file.columns,
        unused=file.unused,
        checksum=file.checksum,
    )
