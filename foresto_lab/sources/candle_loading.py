"""Loading candles: read a file, hold it against the rules, refuse or store, record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from foresto_lab.errors import DataFileError
from foresto_lab.findings import sort_findings, warnings_in
from foresto_lab.market.calendars import get_calendar
from foresto_lab.market.candle_quality import CandleRows, check_candle_rows
from foresto_lab.market.protocols import CANDLE_FIELDS, CandleStore
from foresto_lab.runs.protocols import Catalog
from foresto_lab.sources.candle_files import CandleFile, read_candle_file
from foresto_lab.sources.candle_options import CandleOptions
from foresto_lab.sources.files import file_checksum
from foresto_lab.sources.history import LoadHistory, as_finding
from foresto_lab.sources.instruments import register_instruments
from foresto_lab.sources.load_report import FileLoadReport
from foresto_lab.telemetry.loads import watching_load

TABLE = "candles_history"


@dataclass(frozen=True, slots=True)
class LoadedSeries:
    """The candles of one symbol and timeframe that a load brought."""

    symbol: str
    timeframe: str
    row_count: int
    first_open: str
    last_open: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON-ready values."""
        return {
            "symbol": self.symbol,
            "timeframe": self.timeframe,
            "row_count": self.row_count,
            "first_open": self.first_open,
            "last_open": self.last_open,
        }

    def __str__(self) -> str:
        """Return the series, its rows and its span."""
        return (
            f"{self.symbol} {self.timeframe}: {self.row_count:,} candles, "
            f"{self.first_open} to {self.last_open}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleLoadReport(FileLoadReport):
    """What a load of candles read, found and changed."""

    series: tuple[LoadedSeries, ...]

    def held(self) -> dict[str, Any]:
        """Return the series, as plain JSON-ready values."""
        return {"series": [series.to_dict() for series in self.series]}

    def __str__(self) -> str:
        """Return the report as lines of text."""
        done = self.outcome
        head = (
            f"{self.path.name}: {done.rows_inserted:,} candles new, "
            f"{done.rows_updated:,} changed, {done.rows_unchanged:,} as before; "
            f"{len(warnings_in(self.findings))} warnings."
        )
        return "\n".join(
            [head, *(f"  {each}" for each in (*self.series, *self.findings))]
        )


def load_candle_file(
    path: Path,
    *,
    store: CandleStore,
    catalog: Catalog,
    loaded_at: datetime,
    options: CandleOptions | None = None,
) -> CandleLoadReport:
    """Load a file of candles, whole or not at all.

    The file is read, then held against every rule over candles. An error-level finding
    refuses it; warnings are recorded with the load in ``source_load_history``, as is a
    refusal with its reason. The candles change in one atomic commit.

    Parameters
    ----------
    loaded_at : datetime
        The instant, UTC, that the history records.

    Raises
    ------
    DataFileError
        The file cannot be read as candles.
    QualityError
        Candles break an error-level rule; nothing was written.
    UnknownNameError
        The options name a column or a calendar that is not there.
    """
    options = options or CandleOptions()
    calendar = get_calendar(options.calendar) if options.calendar else None
    with watching_load(str(path), TABLE) as watched:
        history = LoadHistory(catalog, path, TABLE, options, loaded_at)
        try:
            file = read_candle_file(path, options, calendar=calendar)
        except DataFileError as error:
            history.record_refusal(file_checksum(path), (as_finding(error),))
            raise
        report = _store(file, store, history)
        if options.calendar:
            symbols = [series.symbol for series in report.series]
            register_instruments(symbols, options.calendar, catalog)
        watched.note(
            report.outcome,
            checksum=report.checksum,
            symbols=len(report.series),
            warnings=len(warnings_in(report.findings)),
        )
    return report


def _store(
    file: CandleFile, store: CandleStore, history: LoadHistory
) -> CandleLoadReport:
    found = (f for rows in file.series for f in check_candle_rows(rows))
    findings = sort_findings((*file.findings, *found))
    history.refuse_errors(file.checksum, findings)
    outcome = store.load_candles(candle_rows_as_arrow(file.series))
    series = _loaded(file.series)
    named = history.options.to_dict() | {"series": [str(each) for each in series]}
    replace(history, options=_Named(named)).record(file.checksum, findings, outcome)
    return CandleLoadReport(
        path=file.path,
        outcome=outcome,
        findings=findings,
        series=series,
        columns=file.columns,
        unused=file.unused,
        checksum=file.checksum,
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """Options together with the series that they were used on."""

    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return dict(self.facts)


def candle_rows_as_arrow(series: tuple[CandleRows, ...]) -> pa.Table:
    """Return the candles of some symbols as the stores load them."""
    lengths = [len(rows) for rows in series]
    codes = np.repeat(np.arange(len(series), dtype=np.int32), lengths)
    names = {
        "symbol": [rows.symbol for rows in series],
        "timeframe": [str(rows.timeframe) for rows in series],
    }
    times = np.concatenate([rows.open_times for rows in series])
    keys = {
        name: pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(values)).cast(
            pa.dictionary(pa.int32(), pa.string())
        )
        for name, values in names.items()
    }
    columns = {
        name: np.concatenate([rows.values[name] for rows in series])
        for name in CANDLE_FIELDS
    }
    instants = pa.array(times).view(pa.timestamp("us", "UTC"))
    return pa.table({**keys, "open_time": instants, **columns})


def _loaded(series: tuple[CandleRows, ...]) -> tuple[LoadedSeries, ...]:
    return tuple(
        LoadedSeries(
            rows.symbol,
            str(rows.timeframe),
            len(rows),
            rows.time(0),
            rows.time(len(rows) - 1),
        )
        for rows in series
    )
