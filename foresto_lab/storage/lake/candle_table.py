"""The lake's table of candles, read as frames."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.storage.lake import query
from foresto_lab.storage.lake.snapshot import Snapshot
from foresto_lab.storage.lake.table import LakeTable

_COVERAGE = """
SELECT symbol, epoch_us(min(open_time)) AS first_open,
    epoch_us(max(open_time)) AS last_open, count(*) AS row_count
FROM {} GROUP BY symbol ORDER BY symbol
"""


class CandleTable(LakeTable):
    """Candles of every timeframe; see ``LakeTable``."""

    def candles(
        self,
        symbol: str,
        timeframe: Timeframe,
        fields: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        data_version: str | None,
    ) -> pd.DataFrame:
        """Return one column per field, index ``open_time`` ascending.

        The files of a symbol are read in their order, so that as a rule there is
        nothing to sort.
        """
        snapshot = self.snapshot(data_version)
        group = str(timeframe)
        scan = self.scan_of(snapshot, [symbol], start, end, group=group)
        columns = ", ".join(dict.fromkeys(["open_time", *fields]))
        arrays = query.read_arrays(f"SELECT {columns} FROM {{}}", scan)
        times = arrays["open_time"]
        if not len(times):
            self._require_known(symbol, group, snapshot)
        if not (times[1:] > times[:-1]).all():
            order = np.argsort(times, kind="stable")
            arrays = {name: column[order] for name, column in arrays.items()}
        index = pd.DatetimeIndex(arrays["open_time"], name="open_time", tz="UTC")
        return pd.DataFrame(
            {name: arrays[name] for name in fields}, index=index, copy=False
        )

    def _require_known(self, symbol: str, group: str, snapshot: Snapshot) -> None:
        coverage = self.coverage(snapshot)
        known = tuple(coverage["symbol"] + " " + coverage["timeframe"])
        if f"{symbol} {group}" not in known:
            raise UnknownNameError(
                kind="candles", given=f"{symbol} {group}", allowed=known
            )

    def coverage(self, snapshot: Snapshot | None = None) -> pd.DataFrame:
        """Return ``symbol, timeframe, first_open, last_open, row_count``."""
        snapshot = snapshot or self.snapshot()
        timeframes = sorted(map(Timeframe.parse, snapshot.groups))
        parts = [self._coverage_of(snapshot, timeframe) for timeframe in timeframes]
        if not parts:
            parts = [self._coverage_of(snapshot, Timeframe.ONE_DAY)]
        covered = pd.concat(parts, ignore_index=True)
        return covered.sort_values("symbol", kind="stable", ignore_index=True)

    def _coverage_of(self, snapshot: Snapshot, timeframe: Timeframe) -> pd.DataFrame:
        scan = self.scan_of(snapshot, None, None, None, group=str(timeframe))
        covered = query.read_frame(_COVERAGE, scan)
        covered["symbol"] = covered["symbol"].astype("str")
        covered.insert(1, "timeframe", pd.Series(str(timeframe), covered.index, "str"))
        for name in ("first_open", "last_open"):
            instants = covered[name].to_numpy().astype("datetime64[us]")
            covered[name] = pd.DatetimeIndex(instants, tz="UTC")
        return covered
