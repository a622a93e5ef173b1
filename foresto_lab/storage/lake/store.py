"""The embedded store of daily series: ``SeriesStore`` on Delta tables and DuckDB."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.protocols import DAILY_PRICE_FIELDS, LoadOutcome, SeriesStore
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.layouts import DAILY_PRICE, DAILY_RETURN, TableLayout

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from foresto_lab.storage.lake.daily import DailyTable


class LakeSeriesStore(SeriesStore):
    """Daily prices and returns as Delta tables; see ``SeriesStore`` for the contract.

    Making one reads nothing and imports nothing heavy. One object may be used by any
    number of threads, and after a fork.

    Frames have symbols as ``str`` and dates as tz-naive ``datetime64[us]``, which is
    the resolution that pandas 3 gives dates by itself. Null comes as NaN.

    Parameters
    ----------
    lake : path or URL
        The folder that holds the tables; made by the first load.
    """

    def __init__(self, lake: str | os.PathLike[str]) -> None:
        self._lake = Location.of(lake)

    def __repr__(self) -> str:
        """Return the class and where the lake lies."""
        return f"{type(self).__name__}({str(self._lake)!r})"

    @cached_property
    def _prices(self) -> DailyTable:
        return self._table(DAILY_PRICE)

    @cached_property
    def _returns(self) -> DailyTable:
        return self._table(DAILY_RETURN, (DAILY_PRICE.name,))

    def _table(self, layout: TableLayout, rests_on: tuple[str, ...] = ()) -> DailyTable:
        from foresto_lab.storage.lake.daily import DailyTable

        return DailyTable(self._lake.child(layout.name), layout, rests_on)

    # --- writing ----------------------------------------------------------------

    def load_daily_prices(self, table: pa.Table) -> LoadOutcome:
        """Upsert rows; see ``SeriesStore.load_daily_prices``.

        Rows may come in any order. Null and NaN are the same. Symbols may be strings
        or, quicker, a dictionary of strings.

        Raises
        ------
        InputError
            A column is missing or of another type, or a symbol or date is null.
        QualityError
            Two rows have the same symbol and date.
        WorkspaceReadOnlyError, DiskFullError
            Nothing was written; the table reads as before.
        WriteConflictError
            Other processes kept winning the race for the same version.
        CorruptStoreError
            A file that the rows must be compared with is damaged.
        """
        from foresto_lab.storage.lake.upsert import Upsert
        from foresto_lab.storage.sorted_rows import parse_parts

        parts = parse_parts(table, DAILY_PRICE, "The load")
        wanted = Upsert(DAILY_PRICE, parts)
        if not len(wanted):
            return LoadOutcome(0, 0, 0, 0, self.data_version())
        return self._prices.upsert(lambda: wanted)

    def update_returns(self) -> LoadOutcome:
        """Bring daily_return up to date; see ``SeriesStore.update_returns``.

        The return of a date is adj_close over the symbol's last known adj_close before
        it, minus 1; the first date of a symbol has none. Only dates from the first
        changed adj_close of a symbol on are computed. Raises as loads do.
        """
        from foresto_lab.storage.lake.returns import changed_returns

        return self._returns.upsert(
            lambda: changed_returns(self._prices, self._returns)
        )

    def adopt_version(self, name: str, *, only_from: str | None = None) -> None:
        """Call the present rows by a name; see ``SeriesStore.adopt_version``.

        Raises
        ------
        InputError
            It is not a data version of daily prices, or names other rows already.
        WorkspaceReadOnlyError, DiskFullError
            The rows keep their name.
        WriteConflictError
            The rows are not at ``only_from`` any more.
        """
        self._prices.adopt_version(name, only_from)

    def compact(self) -> None:
        """Merge every period's files into one, and delete what killed loads left.

        Changes no rows, no data version, and nothing that an earlier version reads.
        """
        for table in (self._prices, self._returns):
            table.compact()

    def drop_damaged_files(self) -> tuple[str, ...]:
        """Take files that are missing or damaged out of the tables; return them.

        Their rows are gone and the data version is a new one: load them again. The
        files themselves stay where they are.
        """
        dropped = self._prices.drop_damaged(), self._returns.drop_damaged()
        return (*dropped[0], *dropped[1])

    # --- reading ----------------------------------------------------------------

    def data_version(self) -> str:
        """Return the state of daily prices, e.g. ``daily_price@3-9f3c2a7b41de``.

        A table without rows is ``daily_price@none``.
        """
        return self._prices.snapshot().data_version

    def daily_prices(
        self,
        symbols: Sequence[str] | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
        fields: Sequence[str] = DAILY_PRICE_FIELDS,
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return long rows; see ``SeriesStore.daily_prices``.

        Symbols without rows are left out.

        Raises
        ------
        UnknownNameError
            A field or the data version is unknown.
        CorruptStoreError
            A file or the log is damaged.
        """
        for name in fields:
            _require_field(name)
        return self._prices.long_rows(fields, symbols, start, end, data_version)

    def price_matrix(
        self,
        symbols: Sequence[str],
        *,
        start: date | None = None,
        end: date | None = None,
        field: str = "adj_close",
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return one column per symbol; see ``SeriesStore.price_matrix``.

        A symbol that has rows, but none between start and end, is a column of NaN.

        Raises
        ------
        UnknownNameError
            A symbol without any row, an unknown field or data version.
        """
        _require_field(field)
        return self._prices.matrix(field, symbols, start, end, data_version)

    def cross_section(
        self, session: date, *, data_version: str | None = None
    ) -> pd.DataFrame:
        """Return one date's rows, index ``symbol``, one column per field."""
        return self._prices.cross_section(session, data_version)

    def monthly_closes(self, *, data_version: str | None = None) -> pd.DataFrame:
        """Return ``symbol, month, close``; ``month`` is its first day.

        The close is the last adj_close known in the month. Rows by symbol, then month.
        """
        return self._prices.monthly_last("adj_close", data_version)

    def coverage(self) -> pd.DataFrame:
        """Return ``symbol, first_date, last_date, row_count`` by symbol."""
        return self._prices.coverage()

    def return_coverage(self) -> pd.DataFrame:
        """Return the same of daily_return."""
        return self._returns.coverage()

    def daily_returns(
        self,
        symbols: Sequence[str] | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
    ) -> pd.DataFrame:
        """Return long rows of daily_return; see ``SeriesStore.daily_returns``."""
        return self._returns.long_rows(DAILY_RETURN.fields, symbols, start, end, None)


def _require_field(name: str) -> None:
    if name not in DAILY_PRICE_FIELDS:
        raise UnknownNameError(kind="field", given=name, allowed=DAILY_PRICE_FIELDS)
