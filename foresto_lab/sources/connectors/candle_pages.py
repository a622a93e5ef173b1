"""Pages of candles as they come in, and what is done of a series so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.findings import Finding, sort_findings
from foresto_lab.market.candle_quality import CandleRows
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.connectors.jobs import Job
from foresto_lab.sources.connectors.report import SymbolUpdate, UpdateStatus
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

LONGEST_MONTH = timedelta(days=31)


@dataclass(slots=True, eq=False)
class CandleSeries:
    """What is done of one series so far."""

    job: Job
    rows_compared: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    first_new: datetime | None = None
    last: datetime | None = None
    reloaded: bool = False
    begin: datetime | None = None
    """From when on a series without candles was asked for."""
    previous: pa.Table | None = None
    """The candle before the next page, for the rules that look at gaps."""
    findings: list[Finding] = field(default_factory=list)

    def add(self, page: pa.Table, inserted: int) -> None:
        """Take a stored page into account."""
        span = pc.min_max(page["open_time"]).as_py()
        self.first_new = self.first_new or span["min"]
        self.last = last_open(page)
        self.previous = page.slice(page.num_rows - 1)
        self.rows_inserted += inserted

    def late_begin(self, page: pa.Table, timeframe: Timeframe) -> tuple[Finding, ...]:
        """Return that the first candle opens later than asked for, where it does."""
        begin, self.begin = self.begin, None
        first = pc.min(page["open_time"]).as_py().astimezone(UTC)
        length = timeframe.length or LONGEST_MONTH
        if begin is None or first < begin + length:
            return ()
        return (
            Finding(
                code="BEGINS_LATER",
                severity=Severity.WARNING,
                message=f"The first candle given opens at {moment_text(first)}, not at "
                f"{moment_text(begin)} as asked for: it was listed then, or the "
                "exchange gives only its newest candles.",
                where=self.job.title,
            ),
        )

    def with_previous(self, page: pa.Table) -> pa.Table:
        """Return a page with the candle before it: a gap between pages shows."""
        return (
            page if self.previous is None else pa.concat_tables([self.previous, page])
        )

    def result(self, *, dry_run: bool) -> SymbolUpdate:
        """Return the series as the report holds it."""
        status = UpdateStatus.UP_TO_DATE
        if self.rows_inserted or self.rows_updated:
            done = UpdateStatus.RELOADED if self.reloaded else UpdateStatus.UPDATED
            status = UpdateStatus.WOULD_UPDATE if dry_run else done
        return SymbolUpdate(
            self.job.symbol,
            self.job.source,
            status,
            self.job.timeframe,
            rows_inserted=self.rows_inserted,
            rows_updated=self.rows_updated,
            rows_compared=self.rows_compared,
            first_new=moment_text(self.first_new),
            last_stored=moment_text(self.last) or self.job.last_stored,
            findings=sort_findings(self.findings),
        )


def last_open(page: pa.Table) -> datetime:
    """Return when the last candle of a page opens, UTC."""
    last: datetime = pc.max(page["open_time"]).as_py()
    return last.astimezone(UTC)


def moment_text(instant: datetime | None) -> str:
    """Return an instant to read; nothing for None."""
    return "" if instant is None else f"{instant:%Y-%m-%dT%H:%MZ}"


def open_times(table: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return when candles open, microseconds since 1970 UTC."""
    times: np.ndarray[tuple[int], np.dtype[np.int64]] = (
        table["open_time"].cast(pa.int64()).to_numpy()
    )
    return times


def candle_rows_of(job: Job, timeframe: Timeframe, table: pa.Table) -> CandleRows:
    """Return a page as the rules over candles look at it."""
    values = {name: table[name].to_numpy() for name in CANDLE_FIELDS}
    nowhere = np.array([], dtype=np.int64)
    return CandleRows(job.symbol, timeframe, open_times(table), values, nowhere)


def candle_frame(table: pa.Table) -> pd.DataFrame:
    """Return a page as a store gives candles."""
    import pandas as pd

    times = pd.DatetimeIndex(open_times(table).view("M8[us]"), name="open_time")
    columns = {name: table[name].to_numpy() for name in CANDLE_FIELDS}
    return pd.DataFrame(columns, index=times.tz_localize("UTC"))
