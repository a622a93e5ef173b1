"""What a provider says of a symbol's days, beside what is stored of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import RestatedHistoryError
from foresto_lab.findings import Finding
from foresto_lab.market.protocols import DAILY_PRICE_FIELDS, SeriesStore
from foresto_lab.sources.connectors.jobs import Job
from foresto_lab.sources.connectors.options import DailyUpdateOptions
from foresto_lab.sources.connectors.overlap import Overlap, compare_overlap
from foresto_lab.sources.connectors.protocol import DailyAnswer
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

PRICES = ("open", "high", "low", "close", "adj_close")
FIRST_DAY = date(1980, 1, 1)
"""Where a new symbol's history is asked for from, unless a start is given."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """An answer, and what of it is new beside what is stored."""

    answer: DailyAnswer
    fresh: pa.Table
    findings: tuple[Finding, ...]
    rows_compared: int = 0
    reloaded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class DailyComparer:
    """Asks for what follows the stored rows, and holds the last of them against it.

    Parameters
    ----------
    series : SeriesStore
    options : DailyUpdateOptions
    ask : callable
        Returns a job's answer from a first to a last day.
    """

    series: SeriesStore
    options: DailyUpdateOptions
    ask: Callable[[Job, date, date], DailyAnswer]

    def compare(self, job: Job, last: date | None, end: date) -> Comparison:
        """Ask for what is new, and for the last stored rows again.

        Raises
        ------
        RestatedHistoryError
            They differ, or none of them is given.
        """
        if last is None:
            answer = self.ask(job, self.options.start or FIRST_DAY, end)
            return Comparison(answer, answer.table, answer.findings)
        tail = self._stored_tail(job.symbol, last)
        answer = self.ask(job, tail.index[0].date(), max(end, last))
        overlap = compare_overlap(tail, _frame(answer.table), PRICES)
        if overlap.restatement is not None:
            return self._restated(job, overlap, max(end, last))
        if not overlap.rows_compared:
            raise RestatedHistoryError(
                provider=job.source,
                symbol=job.symbol,
                reason=f"it gives none of the last {len(tail)} stored rows, so nothing "
                "shows that old and new are of one scale.",
                fix="Its stored rows stay as they are.",
            )
        fresh = _fresh(answer.table, tail, overlap)
        found = (*answer.findings, *_overlap_findings(job, overlap))
        return Comparison(answer, fresh, found, overlap.rows_compared)

    def _stored_tail(self, symbol: str, last: date) -> pd.DataFrame:
        """Return the last stored rows by date, those that are to be compared."""
        wanted = self.options.overlap
        first = last - timedelta(days=2 * wanted + 15)
        rows = self.series.daily_prices([symbol], start=first)
        if len(rows) < wanted:
            rows = self.series.daily_prices([symbol])
        return _by_date(rows).tail(wanted)

    def _restated(self, job: Job, overlap: Overlap, end: date) -> Comparison:
        """Refuse a restated history, or ask for all of it where that was accepted."""
        restatement = overlap.restatement
        if not self.options.accept_restated:
            raise RestatedHistoryError(
                provider=job.source,
                symbol=job.symbol,
                reason=str(restatement),
                fix="Nothing of it was stored. Load its whole history anew with "
                "--accept-restated.",
                restatement=restatement,
            )
        stored = _by_date(self.series.daily_prices([job.symbol]))
        answer = self.ask(job, stored.index[0].date(), end)
        kept = stored.index.difference(_frame(answer.table).index)
        if len(kept):
            raise RestatedHistoryError(
                provider=job.source,
                symbol=job.symbol,
                reason=f"{restatement} It no longer gives {len(kept):,} of the "
                f"{len(stored):,} stored rows, the first of {kept[0]:%Y-%m-%d}, so old "
                "and new prices would stand side by side.",
                fix="Nothing was stored. Load its whole history from a file that has "
                "it (`foresto data load`).",
                restatement=restatement,
            )
        reloaded = Finding(
            code="HISTORY_RELOADED",
            severity=Severity.WARNING,
            message=f"The provider restated its history: {restatement} All of it "
            f"{'would be' if self.options.dry_run else 'was'} loaded anew, as asked "
            "for.",
            where=job.symbol,
            count=len(stored),
            details={} if restatement is None else restatement.to_dict(),
        )
        found = (*answer.findings, reloaded)
        compared = overlap.rows_compared
        return Comparison(answer, answer.table, found, compared, reloaded=True)


def _by_date(rows: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    index = pd.DatetimeIndex(rows["date"], name="date").as_unit("s")
    return rows.set_axis(index, axis="index")[list(DAILY_PRICE_FIELDS)]


def _frame(table: pa.Table) -> pd.DataFrame:
    return _by_date(table.drop_columns("symbol").to_pandas())


def _fresh(table: pa.Table, tail: pd.DataFrame, overlap: Overlap) -> pa.Table:
    """Return the rows that are not stored yet, and those whose volume was revised."""
    known = tail.index.difference(overlap.revised_volume)
    held = pa.array(known.to_numpy().astype("M8[D]"), pa.date32())
    return table.filter(pc.invert(pc.is_in(table["date"], held)))


def with_day_before(table: pa.Table, fresh: pa.Table, last: date | None) -> pa.Table:
    """Return the new rows with those from the last stored one on: jumps show there."""
    first = pc.min(fresh["date"]).as_py()
    begin = first if last is None else min(first, last)
    return table.filter(pc.greater_equal(table["date"], pa.scalar(begin, pa.date32())))


def _overlap_findings(job: Job, overlap: Overlap) -> tuple[Finding, ...]:
    found = []
    if len(overlap.revised_volume):
        found.append(
            Finding(
                code="VOLUME_REVISED",
                severity=Severity.INFO,
                message="The provider gives another volume for stored rows, at equal "
                "prices; the new one was stored.",
                where=job.symbol,
                count=len(overlap.revised_volume),
                samples=tuple(f"{d:%Y-%m-%d}" for d in overlap.revised_volume[:5]),
            )
        )
    if len(overlap.not_given):
        found.append(
            Finding(
                code="STORED_ROW_NOT_GIVEN",
                severity=Severity.WARNING,
                message="The provider no longer gives rows that are stored; they stay.",
                where=job.symbol,
                fix="Look whether they were trading days.",
                count=len(overlap.not_given),
                samples=tuple(f"{d:%Y-%m-%d}" for d in overlap.not_given[:5]),
            )
        )
    return tuple(found)
