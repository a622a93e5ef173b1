"""Pages of candles as they come in, and what is done of a series so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
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

if TYPE_CHECKING:
    import pandas as pd


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
    findings: list[Finding] = field(default_factory=list)

    def add(self, page: pa.Table, inserted: int) -> None:
        """Take a stored page into account."""
        span = pc.min_max(page["open_time"]).as_py()
        self.first_new = self.first_new or span["min"]
        self.last = last_open(page)
        self.rows_inserted += inserted

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
