"""A table of the lake with rows by symbol and date, read as frames."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from foresto_lab.errors import UnknownNameError
from foresto_lab.storage.lake import query
from foresto_lab.storage.lake.query import Scan
from foresto_lab.storage.lake.snapshot import Snapshot
from foresto_lab.storage.lake.table import LakeTable
from foresto_lab.storage.limits import as_date, as_symbols


class DailyTable(LakeTable):
    """A daily series; see ``LakeTable``."""

    def scan(
        self,
        snapshot: Snapshot,
        symbols: Sequence[str] | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> Scan:
        """Return the rows of some symbols and dates, to be queried."""
        symbols = None if symbols is None else as_symbols(symbols)
        return self.scan_of(snapshot, symbols, as_date(start), as_date(end))

    def long_rows(
        self,
        fields: Sequence[str],
        symbols: Sequence[str] | None,
        start: date | None,
        end: date | None,
        data_version: str | None,
    ) -> pd.DataFrame:
        """Return ``symbol, date, *fields`` by symbol, then date."""
        scan = self.scan(self.snapshot(data_version), symbols, start, end)
        columns = ", ".join(["symbol", "date", *fields])
        return query.read_frame(
            f"SELECT {columns} FROM {{}} ORDER BY symbol, date", scan
        )

    def matrix(
        self,
        field: str,
        symbols: Sequence[str],
        start: date | None,
        end: date | None,
        data_version: str | None,
    ) -> pd.DataFrame:
        """Return one column per symbol, NaN where one has no row; index ``date``."""
        wanted = as_symbols(symbols)
        snapshot = self.snapshot(data_version)
        scan = self.scan(snapshot, wanted, start, end)
        rows = query.read_frame(f"SELECT symbol, date, {field} FROM {{}}", scan)
        columns = pd.Index(wanted, dtype="str").get_indexer(pd.Index(rows["symbol"]))
        absent = set(range(len(wanted))) - set(np.unique(columns).tolist())
        if absent:
            self._require_known([wanted[i] for i in sorted(absent)], snapshot)
        dates, places = np.unique(rows["date"].to_numpy(), return_inverse=True)
        values = np.full((len(dates), len(wanted)), np.nan)
        values[places, columns] = rows[field].to_numpy()
        index = pd.DatetimeIndex(dates, name="date")
        return pd.DataFrame(values, index=index, columns=pd.Index(wanted, dtype="str"))

    def _require_known(self, symbols: Sequence[str], snapshot: Snapshot) -> None:
        names = query.read_frame(
            "SELECT DISTINCT symbol FROM {} ORDER BY symbol", self.scan(snapshot)
        )["symbol"]
        known = tuple(names)
        for symbol in symbols:
            if symbol not in known:
                raise UnknownNameError(kind="symbol", given=symbol, allowed=known)

    def cross_section(self, session: date, data_version: str | None) -> pd.DataFrame:
        """Return the rows of one date, index ``symbol``, one column per field."""
        scan = self.scan(self.snapshot(data_version), None, session, session)
        columns = ", ".join(["symbol", *self._layout.fields])
        rows = query.read_frame(f"SELECT {columns} FROM {{}} ORDER BY symbol", scan)
        return rows.set_index("symbol")

    def monthly_last(self, field: str, data_version: str | None) -> pd.DataFrame:
        """Return ``symbol, month, close``: the last known value of every month."""
        return query.read_frame(
            "SELECT symbol, CAST(date_trunc('month', date) AS DATE) AS month, "
            f"arg_max({field}, date) AS close FROM {{}} "
            "GROUP BY ALL ORDER BY symbol, month",
            self.scan(self.snapshot(data_version)),
        )

    def coverage(self) -> pd.DataFrame:
        """Return ``symbol, first_date, last_date, row_count`` by symbol."""
        return query.read_frame(
            "SELECT symbol, min(date) AS first_date, max(date) AS last_date, "
            "count(*) AS row_count FROM {} GROUP BY symbol ORDER BY symbol",
            self.scan(self.snapshot()),
        )
