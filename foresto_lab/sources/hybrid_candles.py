"""The last hours from a recent source, everything before from the store.

Rule of the two: of the last 48 hours, a candle of the recent source is taken before one
of the store, as a live feed has corrected its own; where the source has none, the
store's is taken. Everything older is the store's. Where both have a candle and they
differ, a finding tells how many and which. A source that is away, slow or wrong is told
as a finding too, and the store alone answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import RecentSourceError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.market.candle_table import CandleTable, parse_candles, time_text
from foresto_lab.market.instants import (
    Moment,
    first_instant,
    last_instant,
    microseconds,
)
from foresto_lab.market.protocols import (
    CANDLE_FIELDS,
    CandleStore,
    RecentCandleSource,
)
from foresto_lab.market.resampling import bin_ends
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

RECENT = timedelta(hours=48)
SAMPLES = 5
TOLERANCE = 1e-9
"""Relative: prices and volumes this close are equal."""


class HybridCandles:
    """Candles of a store with those of a recent source; reads as a store does.

    Parameters
    ----------
    store : CandleStore
    source : RecentCandleSource
    now : datetime
        The instant that the last 48 hours are counted from, UTC; a candle that ends
        later is still forming and left out.

    Attributes
    ----------
    findings : list of Finding
        What the reads so far came upon.
    """

    def __init__(
        self, store: CandleStore, source: RecentCandleSource, *, now: datetime
    ) -> None:
        self._store = store
        self._source = source
        self._now = now
        self.findings: list[Finding] = []

    def candle_coverage(self) -> pd.DataFrame:
        """Return what the store has; see ``CandleStore.candle_coverage``."""
        return self._store.candle_coverage()

    def candles(
        self,
        symbol: str,
        timeframe: str | Timeframe,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        fields: Sequence[str] = CANDLE_FIELDS,
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return one column per field by open time; see ``CandleStore.candles``.

        Raises
        ------
        UnknownNameError
            Neither the store nor the source has such candles.
        """
        wanted = Timeframe.parse(timeframe)
        first, last = first_instant(start), last_instant(end)
        stored, unknown = self._stored(symbol, wanted, first, last, data_version)
        since = self._now - RECENT
        recent = None
        if last is None or last >= since:
            recent = self._recent(symbol, wanted, max(since, first or since), last)
        if unknown is not None and (recent is None or not len(recent)):
            raise unknown
        joined = stored if recent is None else self._joined(stored, recent, wanted)
        return joined.to_frame()[list(fields)]

    # --- the two sides ----------------------------------------------------------------

    def _stored(
        self,
        symbol: str,
        timeframe: Timeframe,
        first: datetime | None,
        last: datetime | None,
        data_version: str | None,
    ) -> tuple[CandleTable, UnknownNameError | None]:
        """Return the store's candles, or none and why."""
        try:
            frame = self._store.candles(
                symbol, timeframe, start=first, end=last, data_version=data_version
            )
        except UnknownNameError as error:
            if error.facts.get("kind") != "candles":
                raise
            none = np.empty(0)
            table = CandleTable(np.empty(0, np.int64), none, none, none, none, none)
            return table, error
        return parse_candles(frame, symbol=symbol, timeframe=timeframe), None

    def _recent(
        self,
        symbol: str,
        timeframe: Timeframe,
        since: datetime,
        last: datetime | None,
    ) -> CandleTable | None:
        """Return the source's whole candles of the span; None where it is of no use."""
        try:
            table = self._source.fetch_recent(symbol, timeframe)
        except RecentSourceError as error:
            self._note(
                "RECENT_SOURCE_UNUSABLE",
                Severity.WARNING,
                f"{error.facts['reason']} The candles are the store's alone.",
                fix=error.facts["fix"],
            )
            return None
        whole = bin_ends(table.open_times, timeframe) <= microseconds(self._now)
        if not whole.all():
            self._note(
                "CANDLE_FORMING",
                Severity.INFO,
                f"Candles of {symbol} {timeframe} that are not over yet were left out.",
                count=int((~whole).sum()),
                samples=(time_text(int(table.open_times[np.argmin(whole)])),),
            )
        in_span = whole & (table.open_times >= microseconds(since))
        if last is not None:
            in_span &= table.open_times <= microseconds(last)
        found = _chosen(table, np.flatnonzero(in_span))
        if not len(found):
            newest = time_text(int(table.open_times[-1])) if len(table) else "none"
            self._note(
                "RECENT_CANDLES_NONE",
                Severity.WARNING,
                f"The source has no whole candle of {symbol} {timeframe} in the span "
                f"asked for within the last 48 hours; its newest: {newest}. The "
                "candles are the store's alone.",
                fix="See that the feed runs.",
            )
            return None
        return found

    # --- together ---------------------------------------------------------------------

    def _joined(
        self, stored: CandleTable, recent: CandleTable, timeframe: Timeframe
    ) -> CandleTable:
        """Return the recent candles, and the store's at all other times."""
        self._tell_differences(stored, recent, timeframe)
        self._tell_gap(stored, recent, timeframe)
        others = ~np.isin(stored.open_times, recent.open_times)
        kept = _chosen(stored, np.flatnonzero(others))
        self._note(
            "RECENT_CANDLES_USED",
            Severity.INFO,
            f"{len(recent):,} candles of {recent.symbol} {timeframe} are the source's, "
            f"{recent.time(0)} to {recent.time(len(recent) - 1)}; {len(kept):,} are "
            "the store's.",
            count=len(recent),
        )
        times = np.concatenate([kept.open_times, recent.open_times])
        order = np.argsort(times, kind="stable")
        columns = {
            name: np.concatenate([kept.column(name), recent.column(name)])[order]
            for name in CANDLE_FIELDS
        }
        return CandleTable(
            times[order], **columns, timeframe=timeframe, symbol=recent.symbol
        )

    def _tell_differences(
        self, stored: CandleTable, recent: CandleTable, timeframe: Timeframe
    ) -> None:
        _, ours, theirs = np.intersect1d(
            stored.open_times, recent.open_times, return_indices=True
        )
        unlike = [
            ~np.isclose(
                stored.column(name)[ours],
                recent.column(name)[theirs],
                rtol=TOLERANCE,
                atol=0.0,
            )
            for name in CANDLE_FIELDS
        ]
        differing = np.flatnonzero(np.logical_or.reduce(unlike))
        if not len(differing):
            return
        self._note(
            "RECENT_CANDLES_DIFFER",
            Severity.WARNING,
            f"{len(differing):,} of {len(ours):,} candles of {recent.symbol} "
            f"{timeframe} that both have differ; the source's were taken.",
            fix="Load the span into the store anew once it is over.",
            count=len(differing),
            samples=tuple(
                f"{stored.time(ours[i])} close {stored.close[ours[i]]:.10g} in the "
                f"store, {recent.close[theirs[i]]:.10g} in the source"
                for i in differing[:SAMPLES]
            ),
        )

    def _tell_gap(
        self, stored: CandleTable, recent: CandleTable, timeframe: Timeframe
    ) -> None:
        older = stored.open_times[stored.open_times < recent.open_times[0]]
        if not len(older) or bin_ends(older[-1:], timeframe)[0] >= recent.open_times[0]:
            return
        self._note(
            "RECENT_CANDLES_GAP",
            Severity.WARNING,
            f"The store has no candle of {recent.symbol} {timeframe} after "
            f"{time_text(int(older[-1]))}, and the source none before "
            f"{recent.time(0)}.",
            fix="Load the candles between them.",
        )

    def _note(
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        fix: str = "",
        count: int = 1,
        samples: tuple[str, ...] = (),
    ) -> None:
        self.findings.append(
            Finding(
                code=code,
                severity=severity,
                message=message,
                where=self._source.name,
                fix=fix,
                count=count,
                samples=samples,
            )
        )


def _chosen(table: CandleTable, bars: npt.NDArray[np.intp]) -> CandleTable:
    """Return some of a table's bars."""
    columns = {name: table.column(name)[bars] for name in CANDLE_FIELDS}
    return CandleTable(
        table.open_times[bars],
        **columns,
        timeframe=table.timeframe,
        symbol=table.symbol,
    )
